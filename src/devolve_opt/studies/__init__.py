"""What a user does with a model: solve, compare, sweep."""
