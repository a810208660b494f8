"""A server further away than it is: every byte to and from it takes some time longer, and nobody is busy meanwhile.

Run as a program, with the port to listen on, the port of the server, and the milliseconds of one way.
"""

from __future__ import annotations

import asyncio
import sys


class Line:
    """Passes connections on, on loopback.

    Args:
        port: of the server.
        seconds: of one way.
    """

    def __init__(self, port: int, seconds: float) -> None:
        self._port = port
        self._seconds = seconds

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on until both sides have ended."""
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._port)
        await asyncio.gather(self._pass(reader, server_writer), self._pass(server_reader, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        try:
            while data := await reader.read(1 << 16):
                loop.call_later(self._seconds, writer.write, data)
        except ConnectionError:
            pass
        loop.call_later(self._seconds, writer.close)


async def main(listen: str, port: str, milliseconds: str) -> None:
    """Pass connections on until ended from outside."""
    line = Line(int(port), float(milliseconds) / 1000)
    async with await asyncio.start_server(line.connect, "127.0.0.1", int(listen)) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
