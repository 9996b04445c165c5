"""The outside world, one file for each thing in it, and the same in memory for tests.

Nothing but `contracts` knows what the things mean; these only know how to reach them.
"""
