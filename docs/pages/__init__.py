"""What makes pages of the documentation from the code: nothing that the code says is written twice."""
