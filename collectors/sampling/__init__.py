"""What a host does while a load runs, once a second, from /proc and /sys alone."""
