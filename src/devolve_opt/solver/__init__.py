"""The one boundary to HiGHS, and the strategy that makes it prove plans."""
