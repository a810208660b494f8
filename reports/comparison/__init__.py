"""Saved runs beside each other: which cases got faster or slower, which do not compare, and what else has changed."""
