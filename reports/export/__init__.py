"""Saved results in the forms of other programs."""
