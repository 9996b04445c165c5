"""How the shipped models are made: a small painted world, its captions, and the training on both.

Nothing here runs in production. `python -m training --help` lists the steps; docs/training.md explains them.
"""
