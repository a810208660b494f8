"""A case over all its saved runs: one line a run, and where its throughput changed."""
