"""`python -m chaos.storage_preconditions --port N`: in front of the Storage emulator, until SIGTERM or Ctrl-C."""

import argparse
import signal
import sys

from chaos.storage_preconditions.faults import Faults
from chaos.storage_preconditions.serving import storage_preconditions
from local.ports import address

STOPS = {signal.SIGINT, signal.SIGTERM}


def main(arguments: list[str]) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m chaos.storage_preconditions", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="where to listen; 0 takes a free one")
    parser.add_argument("--emulator", default=f"http://{address('storage')}", help="its base URL")
    parser.add_argument("--seed", type=int, default=0, help="what goes wrong is drawn from it")
    for fault in ("unavailable", "busy", "reset"):
        parser.add_argument(f"--{fault}", type=float, default=0.0, help="how likely it is, from 0 to 1")
    asked = parser.parse_args(arguments)
    faults = Faults(asked.seed, unavailable=asked.unavailable, busy=asked.busy, reset=asked.reset)
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # before any thread begins, which would take them
    with storage_preconditions(asked.emulator, port=asked.port, faults=faults) as url:
        print(url, flush=True)
        signal.sigwait(STOPS)
    print(dict(faults.fired), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
