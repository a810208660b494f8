"""What may have stopped a case from going faster, one kind of resource in a module each."""
