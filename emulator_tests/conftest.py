"""The stack that end-to-end tests share: `make up`, as a person starts it, stopped as a person stops it."""

import os
import signal
import subprocess
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import psutil
import pytest

from local.emulator_environment import no_proxy
from local.layout import LOGS
from local.log_tail import log_tail
from local.ports import port_is_free, ports

ROOT = Path(__file__).parent.parent
READY = "Safelight is ready"
START_SECONDS = 240.0
STOP_SECONDS = 60.0
SHOWN_LOGS = ("emulators.log", "runpod.log", "worker.log")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that start a stack of their own come before the shared one holds the ports."""
    items.sort(key=lambda item: item.get_closest_marker("own_stack") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed with the stack shows what the stack said last."""
    report = yield
    if report.failed and "safelight" in getattr(item, "fixturenames", ()):
        report.sections += [("log of the stack", log_tail(LOGS / name, lines=40)) for name in SHOWN_LOGS]
    return report


class Command:
    """One `make` word as a person runs it, and every process that it has started."""

    def __init__(self, word: str, **variables: str) -> None:
        self._log = ROOT / "build" / "logs" / f"test-make-{word}.log"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
            if signal.getsignal(number) is signal.SIG_IGN:
                # As under nohup, or in a shell's background: it is inherited, and no terminal would do so.
                signal.signal(number, usual)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                ["make", word],
                cwd=ROOT,
                env=environment | variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started = time.time()

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while READY not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.2)

    def family(self) -> set[psutil.Process]:
        return set(psutil.Process(self.process.pid).children(recursive=True))

    def stop_with(self, number: signal.Signals, *, group: bool) -> list[str]:
        """Stop it. What still runs afterwards, of all that it had started."""
        family = self.family()
        (os.killpg if group else os.kill)(self.process.pid, number)
        self.process.wait(STOP_SECONDS)
        return [" ".join(process.cmdline()) for process in family if _lives(process)]


def _lives(process: psutil.Process) -> bool:
    return process.is_running() and bool(process.status() != psutil.STATUS_ZOMBIE)


def ports_in_use() -> list[int]:
    return [port for port in ports().values() if not port_is_free(port)]


@pytest.fixture(scope="session")
def safelight() -> Iterator[None]:
    """The whole stack on the standard ports."""
    os.environ.update(no_proxy(os.environ))
    up = Command("up")
    try:
        up.wait_until_ready()
        yield
        left = up.stop_with(signal.SIGTERM, group=False)
    finally:
        if up.process.poll() is None:
            os.killpg(up.process.pid, signal.SIGTERM)
            up.process.wait(STOP_SECONDS)
    assert left == []
    assert ports_in_use() == []
