"""Starts its worker without asking whether it is the main module, in a Python that spawns its processes.

That is the default from Python 3.14 on, and everywhere but on Linux.
"""

import multiprocessing

import runpod


def handler(job: dict[str, object]) -> object:
    return job["input"]


if multiprocessing.get_start_method(allow_none=True) is None:
    multiprocessing.set_start_method("spawn")
runpod.serverless.start({"handler": handler})
