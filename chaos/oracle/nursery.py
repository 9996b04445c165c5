"""`python -m chaos.oracle.nursery`: runs proofs and tests in copies of the code, and starts each in a moment.

Most of what a run imports is other people's, and the same for every mutant: it is imported once, here, and each
run is a fork that imports only our own code, from its copy. Reads a line of JSON for each run and prints its exit
status: not zero too where it was not over in time.
"""

import importlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

OURS = (
    "adapters",
    "chaos",
    "contracts",
    "emulator_tests",
    "local",
    "runpod_emulator",
    "tests",
    "triggers",
    "worker",
)
IMPORTING = (
    "pytest", "hypothesis.stateful", "chaos.proofs", "chaos.model.scenes", "chaos.machine.run",
    "chaos.simulation.run", "adapters.firestore_generations", "adapters.storage_objects",
    "adapters.pubsub_endings", "triggers.sweep", "worker.generate",
)  # fmt: skip
POLL_SECONDS = 0.02


def main() -> None:
    """Serve until the input ends."""
    for name in IMPORTING:
        importlib.import_module(name)
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    print("ready", flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(wanted["module"], wanted["arguments"], Path(wanted["copy"]))
        print(_wait(child, wanted["seconds"]), flush=True)


def _run(module: str, arguments: Sequence[str], copy: Path) -> None:
    """As `python -m module` would, in that folder; quietly."""
    os.setsid()
    status = 1
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for theirs in (0, 1, 2):
            os.dup2(nothing, theirs)
        os.chdir(copy)
        sys.path[:0] = [str(copy)]
        sys.argv = [module, *arguments]
        status = int(importlib.import_module(module).main(list(arguments)))
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - whatever it was, this process must not go on as the nursery
        traceback.print_exc()
    finally:
        os._exit(status)


def _wait(child: int, seconds: float) -> int:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(POLL_SECONDS)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 1


if __name__ == "__main__":
    main()
