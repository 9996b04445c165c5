"""Our worker as it is deployed, with the shipped model and documents in memory.

Started by `benchmarks.batching`.
"""

import json
import sys

from benchmarks.serving import serve_in_memory
from worker import batching
from worker.settings import MODELS_FOLDER, Settings
from worker.wiring import build_worker

ALONE = "alone"
"""Told to let no two jobs share a call."""


def main() -> None:
    """Serve so many documents with this request."""
    jobs, request_data, how = int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
    if how == ALONE:
        batching.LARGEST = 1
    settings = Settings(firebase=None, models_folder=MODELS_FOLDER, models=("safelight-image",))
    worker = build_worker(settings)
    serve_in_memory(worker.workplace.engine, held=worker.held, jobs=jobs, request_data=request_data)


if __name__ == "__main__":
    main()
