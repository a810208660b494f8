"""What a model of the cells of a grid that were measured says of those that were not."""
