"""Whatever a program has started is gone when it was stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local.managed_process import ManagedProcess

Start = Callable[[str], ManagedProcess]

CHILD_IN_ITS_OWN_SESSION = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print("started", flush=True)
time.sleep(60)
"""
DEAF_CHILD = """
import signal, subprocess, sys, time
if sys.argv[1:] == ["deaf"]:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("deaf", flush=True)
    time.sleep(60)
subprocess.Popen([sys.executable, "-c", sys.orig_argv[2], "deaf"])
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
print("started", flush=True)
time.sleep(60)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[ManagedProcess] = []

    def start(program: str) -> ManagedProcess:
        log = tmp_path / "log"
        command = [sys.executable, "-c", program]
        started.append(ManagedProcess(command, environment=os.environ, log=log, folder=tmp_path))
        expected = {word for word in ("started", "deaf") if f"'{word}'" in program or f'"{word}"' in program}
        deadline = time.monotonic() + 20
        while not expected <= set(log.read_text().split()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return started[-1]

    yield start
    for process in started:
        process.stop(grace_seconds=0)


def living(processes: set[psutil.Process]) -> set[psutil.Process]:
    return {one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE}


def test_a_child_that_left_the_session_is_stopped_too(start: Start) -> None:
    process = start(CHILD_IN_ITS_OWN_SESSION)
    family = process.family()
    assert len(family) == 2

    process.stop(grace_seconds=5)

    assert living(family) == set()
    assert process.exit_status is not None


def test_a_child_that_left_is_stopped_even_when_its_parent_was_killed(start: Start) -> None:
    process = start(CHILD_IN_ITS_OWN_SESSION)
    family = process.family()
    parent = next(one for one in family if one.ppid() == os.getpid())
    parent.send_signal(signal.SIGKILL)
    while process.exit_status is None:
        time.sleep(0.02)

    process.stop(grace_seconds=5)

    assert living(family) == set()


def test_an_orphan_that_ignores_interrupt_and_terminate_is_killed(start: Start) -> None:
    process = start(DEAF_CHILD)
    family = process.family()
    assert len(family) == 2

    started = time.monotonic()
    process.stop(grace_seconds=15)

    assert living(family) == set()
    assert time.monotonic() - started < 10


def test_it_is_interrupted_first_as_ctrl_c_would(
    start: Start, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # In a shell's background Ctrl-C is ignored, and children inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    process = start(
        "import time\nprint('started', flush=True)\ntry: time.sleep(60)\nexcept KeyboardInterrupt: print('tidied')"
    )

    process.stop(grace_seconds=10)

    assert (tmp_path / "log").read_text() == "started\ntidied\n"
    assert process.exit_status == 0


def test_stopping_twice_does_nothing(start: Start) -> None:
    process = start("import time; print('started', flush=True); time.sleep(60)")

    process.stop(grace_seconds=5)
    process.stop(grace_seconds=5)

    assert process.family() == set()


def test_other_processes_are_left_alone(start: Start) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as other:
        start("import time; print('started', flush=True); time.sleep(60)").stop(grace_seconds=5)

        assert other.poll() is None
        other.kill()
