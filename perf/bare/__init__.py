"""What our loop is measured against: each client in the tightest loop that one would write by hand."""
