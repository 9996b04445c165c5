"""How often a generation is tried, and for how long."""

from datetime import timedelta

MAX_FAILURES = 3
"""Attempts that RunPod accepted and that came to nothing, before the generation has failed."""
GIVE_UP_AFTER = timedelta(hours=24)
"""Of a generation's age: nobody waits longer for a picture, however busy RunPod is."""
