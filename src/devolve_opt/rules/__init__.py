"""What holds before and beside the model: the legality filter, the ratio rule, the post formulas, the workload."""
