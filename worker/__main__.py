"""`python -m worker`: set up once, then serve. A worker that cannot work says why and exits with 1."""

import gc
import importlib
import sys
from concurrent.futures import ThreadPoolExecutor

from adapters.alerting import call_operator
from adapters.json_logs import log_as_json
from worker.cannot_start import CannotStart
from worker.settings import Settings

BESIDE = ("worker.handler", "worker.connection")
"""What is imported while the models are loaded and warmed up: RunPod's SDK, and Google's clients."""


def main() -> int:
    """Read the settings, load the models, take jobs."""
    gc.disable()  # what is imported and loaded stays: to look through it again and again finds nothing
    log_as_json("adapters", "worker")
    try:
        settings = Settings.from_environment()
        with ThreadPoolExecutor(1) as beside:
            imported = beside.map(importlib.import_module, BESIDE)
            from worker.wiring import build_worker

            worker = build_worker(settings)
            handler, _ = imported
    except CannotStart as reason:
        call_operator(reason.code, str(reason))
        print(f"The worker cannot start: {reason}", file=sys.stderr)
        return 1
    gc.collect()  # or what is garbage by now would be frozen with the rest
    gc.freeze()
    gc.enable()
    handler.serve(worker.workplace, held=worker.held, lost=worker.lost)
    return 0


if __name__ == "__main__":
    sys.exit(main())
