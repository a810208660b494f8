"""A saved run as one page that needs no network."""
