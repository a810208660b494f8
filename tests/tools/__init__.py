"""What readies a machine."""
