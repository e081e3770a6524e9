"""Reading and writing cases: whatever is wrong with them is told at once, with place, value and remedy."""
