"""Figures, measured: `make bench` runs them all, `python -m benchmarks.NAME` one.

Each module has `measure() -> list[Row]`. All figures are ratios of what was taken in one run.
"""
