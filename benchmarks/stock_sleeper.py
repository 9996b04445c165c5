"""The SDK's worker loop with its defaults and a plain handler, as its documentation shows it; stages sleep.

Started by `benchmarks.overlap`.
"""

from typing import Any

import runpod

from benchmarks.sleeping_stages import SleepingStages

stages = SleepingStages.from_command_line()


def handler(_job: dict[str, Any]) -> dict[str, Any]:
    """Generate, encode, upload, write: one after the other."""
    stages.use_gpu()
    stages.do_the_rest()
    return {"outcome": "completed"}


runpod.serverless.start({"handler": handler})
