"""How many jobs a worker holds at once.

RunPod's SDK asks for more work at once while it holds fewer than it may, and once a second while it is full
(runpod 1.12, rp_scale.py). So the GPU stays busy if those that are held last until the SDK has looked again and
the next ones have come to their turn; what is held beyond that only waits here instead of at another worker.
"""

import math

LOOK_SECONDS = 1.0
"""How long the SDK sleeps when it is full."""
MOST = 64
"""Each one is a thread, and a claim when its turn comes."""


def jobs_held(gpu_seconds: float, after_seconds: float, together: int = 1) -> int:
    """How many: those on the GPU, and those who keep it busy until others have come.

    Args:
        gpu_seconds: what one job takes on the GPU: its share, where several go together.
        after_seconds: what it takes afterwards.
        together: how many go together, and must be here for that before those on the GPU are done.

    """
    until_others_come = math.ceil((LOOK_SECONDS + after_seconds) / max(gpu_seconds, 0.001))
    return min(MOST, together + max(together, until_others_come))
