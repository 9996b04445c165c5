"""The GPU process: set up once, then one job after another.

Reading order: `__main__`, `handler`, `generate`, `heartbeat`, `engine`, `files`, `uploads`.
"""
