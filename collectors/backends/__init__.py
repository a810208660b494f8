"""One module per backend: what speaks to that server, and the only place that imports its client."""
