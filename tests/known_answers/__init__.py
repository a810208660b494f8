"""Cases whose limit is known, because it was made: each must be named right, every time."""
