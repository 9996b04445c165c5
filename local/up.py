"""`python -m local.up` (make up): all services in the foreground, until Ctrl-C, SIGTERM or the terminal's end."""

import sys

from local.errors import LocalError
from local.interrupts import raise_when_told_to_stop, wait_until_interrupted
from local.layout import LOGS, shown
from local.ports import address
from local.services import RUNPOD_URL, Services


def main() -> int:
    """Start, wait, stop. The exit status: 1 if something ended by itself."""
    raise_when_told_to_stop()
    try:
        with Services() as services:
            print(f"Page            http://{address('hosting')}")
            print(f"Firestore       http://{address('firestore')}")
            print(f"RunPod emulator {RUNPOD_URL}")
            print(f"Logs            {shown(LOGS)}")
            print("Safelight is ready. Stop it with Ctrl-C.", flush=True)
            wait_until_interrupted(services.require_running)
    except KeyboardInterrupt:
        print("\nStopped.")
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
