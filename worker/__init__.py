"""The GPU process: set up once, then one job after another.

Reading order: `__main__`, `handler`, `generate`, `lane`, `making`, `engine`, `files`, `heartbeat`.
"""
