"""Doubts: why a result may not be what it seems, one cause in a function each, all told from the record alone."""
