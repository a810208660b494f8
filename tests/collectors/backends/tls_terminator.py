"""A TLS terminator that insists on ALPN, as AWS IoT Core does on port 443 and Mosquitto 2.0 cannot."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator

PROTOCOL = "x-amzn-mqtt-ca"


@contextlib.contextmanager
def tls_terminator(certificate: str, key: str, ca: str, target: tuple[str, int]) -> Iterator[int]:
    """Yield a loopback port where clients with a certificate of `ca` that negotiate `PROTOCOL` reach `target`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols([PROTOCOL])
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        server = asyncio.run_coroutine_threadsafe(_serve(context, target), loop).result(10)
        yield server.sockets[0].getsockname()[1]
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _serve(context: ssl.SSLContext, target: tuple[str, int]) -> asyncio.Server:
    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        negotiated = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        writers = [writer]
        try:
            if negotiated == PROTOCOL:
                inner_reader, inner_writer = await asyncio.open_connection(*target)
                writers.append(inner_writer)
                await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))
        finally:
            for one in writers:
                one.transport.abort()  # a TLS goodbye would take as long as the other end likes
                await _close(one)

    return await asyncio.start_server(forward, "127.0.0.1", 0, ssl=context)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
