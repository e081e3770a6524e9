"""Benchmarks: what is measured, always as ratios within one run on one machine; `python -m benchmarks --help`."""
