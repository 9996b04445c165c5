"""Starts and stops the Firebase Local Emulator Suite.

with EmulatorSuite(environment={"RUNPOD_ENDPOINT_ID": "local"}, secrets={"RUNPOD_API_KEY": "local"}) as suite:
    print(suite.functions)
"""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import TracebackType
from typing import Self

from local.emulator_environment import PROJECT, suite_environment
from local.emulator_jars import VARIABLE, find_emulator_jars
from local.emulator_log import loaded_functions, says_functions_failed, says_ready
from local.errors import LocalError
from local.functions_venv import write_functions_venv
from local.layout import FIREBASE_JSON, FUNCTIONS, LOCAL, LOGS, NODE_MODULES, shown
from local.log_tail import log_tail
from local.managed_process import ManagedProcess
from local.ports import SUITE, address, require_free

LOG = LOGS / "emulators.log"
SECRETS = ".secret.local"
"""Beside the functions: where firebase-tools looks for the values of secrets. It is there while the suite runs."""
ALL = frozenset({"auth", "firestore", "functions", "hosting", "pubsub", "storage"})
"""What the hub must list, as it calls them."""
DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Around any proxy that the user has set."""
POLL_SECONDS = 0.1
START_SECONDS = 180.0
DOWNLOAD_SECONDS = 1800.0


class EmulatorSuite:
    """The Emulator Suite, with the functions of build/functions."""

    def __init__(
        self,
        *,
        only: AbstractSet[str] = ALL,
        config: Path = FIREBASE_JSON,
        functions: Path = FUNCTIONS,
        environment: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        """Take notes only.

        Args:
            only: which emulators; without `functions`, nothing wakes up when a document is created.
            config: the project's firebase.json. Its ports are those of ours.
            functions: the folder that it names as the functions' source.
            environment: what the functions find in their environment, such as `RUNPOD_ENDPOINT_ID`.
            secrets: values of what the functions declare as secrets, such as `RUNPOD_API_KEY`; those that are
                missing would be asked of the real Secret Manager.
            say: for the one line that a first download is worth.
        """
        self._only = only
        self._config = config
        self._source = functions
        self._environment = dict(environment or {})
        self._secrets = dict(secrets or {})
        self._say = say
        self._process: ManagedProcess | None = None
        self.functions: list[str] = []
        """Names of the functions that were loaded."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and return when a document written now would wake a function.

        Raises:
            LocalError: a port is in use, something is missing, or it did not start; nothing of it is left then.
        """
        require_free(SUITE)
        _require_what_is_built(self._only, self._source)
        jars = find_emulator_jars(os.environ.get(VARIABLE, "auto"))
        environment = suite_environment(os.environ, jars) | self._environment
        if jars.download_bytes:
            self._say(f"Downloading the Firebase emulators, {jars.download_bytes / 1e6:.0f} MB, this once ...")
        try:
            self._write_beside_functions()
            self._process = ManagedProcess(
                _command(self._only, self._config), environment=environment, log=LOG, folder=LOGS
            )
            self._wait_until_ready(DOWNLOAD_SECONDS if jars.download_bytes else START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop it with everything it started. A second call does nothing."""
        if self._process:
            self._process.stop()
            self._process = None
        (self._source / SECRETS).unlink(missing_ok=True)

    def require_running(self) -> None:
        """Raises `LocalError`, with the end of the log, if it has ended by itself."""
        if self._process is None or self._process.exit_status is not None:
            message = f"The Firebase emulators have stopped. {log_tail(LOG)}"
            raise LocalError(message)

    def _write_beside_functions(self) -> None:
        write_functions_venv(self._source)
        lines = [f"{name}={json.dumps(value)}\n" for name, value in self._secrets.items()]
        secrets = self._source / SECRETS
        secrets.touch(mode=0o600)
        secrets.write_text("".join(lines))

    def _wait_until_ready(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while True:
            text = LOG.read_text(errors="replace")
            self._require_well(text, is_late=time.monotonic() > deadline)
            if says_ready(text) and listed_by_hub() >= self._only:
                break
            time.sleep(POLL_SECONDS)
        if self._process:
            self._process.family()  # while all of it can be found
        self.functions = loaded_functions(text)
        if "functions" in self._only and not self.functions:
            message = f"The Functions emulator found no functions in {shown(self._source)}. {log_tail(LOG)}"
            raise LocalError(message)

    def _require_well(self, text: str, *, is_late: bool) -> None:
        status = self._process.exit_status if self._process else None
        if says_functions_failed(text):
            trouble = f"The functions in {shown(self._source)} do not load."
        elif status is not None:
            trouble = f"The Firebase emulators stopped before they were ready (exit status {status})."
        elif is_late:
            trouble = "The Firebase emulators were not ready in time."
        else:
            return
        message = f"{trouble} {log_tail(LOG, lines=25)}"
        raise LocalError(message)


def listed_by_hub() -> set[str]:
    """The emulators that the hub says are running; none while there is no hub."""
    try:
        with DIRECTLY.open(f"http://{address('hub')}/emulators", timeout=5) as answer:
            return set(json.load(answer))
    except (urllib.error.URLError, OSError, ValueError):
        return set()


def _command(only: AbstractSet[str], config: Path) -> list[str]:
    # In the logs' folder, as the emulators write their own logs where they are started.
    preload = ["--require", str(LOCAL / "lazy_validators.cjs")]
    firebase = [str(NODE_MODULES / ".bin" / "firebase"), "--config", str(config)]
    command = ["node", *preload, *firebase, "emulators:start", "--project", PROJECT]
    return command if only == ALL else [*command, "--only", ",".join(sorted(only))]


def _require_what_is_built(only: AbstractSet[str], functions: Path) -> None:
    if not (NODE_MODULES / ".bin" / "firebase").exists():
        message = f"{shown(NODE_MODULES)} has no Firebase CLI: run sh local/setup.sh."
        raise LocalError(message)
    if "functions" in only and not (functions / "main.py").exists():
        message = f"{shown(functions)} holds no functions: run make functions."
        raise LocalError(message)
