"""Real processes on the real emulators: the functions and the worker as deployed, and faults."""
