"""Measurements: `python -m benchmarks`, or `make bench`. Ratios are what counts; machines differ."""
