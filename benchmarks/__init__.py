"""Figures, measured: `make bench` runs them all, `python -m benchmarks.NAME` one.

Each module that `__main__` names has `measure() -> list[Row]`. All figures are of what was taken in one run.
"""
