"""`python -m worker`: set up once, then serve. A worker that cannot work says why and exits with 1."""

import sys

from adapters.alerting import call_operator
from adapters.json_logs import log_as_json
from worker.handler import serve
from worker.loading import ModelInvalid
from worker.settings import Settings, SettingsInvalid
from worker.wiring import build_worker


def main() -> int:
    """Read the settings, load the models, take jobs."""
    log_as_json("adapters", "worker")
    try:
        worker = build_worker(Settings.from_environment())
    except (SettingsInvalid, ModelInvalid) as invalid:
        code = "settings_invalid" if isinstance(invalid, SettingsInvalid) else "model_invalid"
        call_operator(code, str(invalid))
        print(f"The worker cannot start: {invalid}", file=sys.stderr)
        return 1
    serve(worker.workplace, held=worker.held, lost=worker.lost)
    return 0


if __name__ == "__main__":
    sys.exit(main())
