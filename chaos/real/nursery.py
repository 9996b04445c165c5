"""`python -m chaos.real.nursery`: workers that start in a moment, for what they import is there already.

It reads a line of JSON for each worker, its environment and its log, and prints a line with its process id. Each
is the leader of a process group of its own, like one that was started by hand.
"""

import functools
import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping

import cpuinfo

HEAVY = ("runpod", "worker.connection", "worker.generate")


def main() -> None:
    """Serve until the input ends."""
    # runpod asks for the processor's name whenever it is imported, and takes a second for it.
    cpuinfo.get_cpu_info = functools.cache(cpuinfo.get_cpu_info)
    for name in HEAVY:
        importlib.import_module(name)
    for name in [name for name in sys.modules if name.partition(".")[0] == "runpod"]:
        del sys.modules[name]  # it reads its environment when it is imported: each worker does that by itself
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who are killed
    print("ready", flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        child = os.fork()
        if child == 0:
            _be_worker(wanted["environment"], wanted["log"])
        print(child, flush=True)


def _be_worker(environment: Mapping[str, str], log: str) -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, theirs in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(ours, theirs)
    try:
        importlib.import_module("chaos.real.worker").main()
    except BaseException:  # noqa: BLE001 - whatever it was, this process must not go on as the nursery
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(1)


if __name__ == "__main__":
    main()
