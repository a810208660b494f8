"""How throughput grows with the load put on: where it bends, what law it follows, and which rate is sustained."""
