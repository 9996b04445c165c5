"""The sweeper is called each minute, whatever became of the last call, until somebody says stop."""

import threading

import pytest
import requests

from local.schedules import Schedules

LONG = 10.0


def test_it_is_called_again_and_again_also_after_a_call_that_failed(capsys: pytest.CaptureFixture[str]) -> None:
    third = threading.Event()
    calls: list[int] = []

    def call() -> None:
        calls.append(len(calls))
        if len(calls) == 1:
            raise requests.ConnectionError
        if len(calls) == 3:
            third.set()

    schedules = Schedules(seconds=0.001, call=call)
    schedules.start()

    assert third.wait(LONG)
    schedules.stop()
    assert "The sweeper could not be called: ConnectionError" in capsys.readouterr().out


def test_after_stop_nobody_is_called() -> None:
    called = threading.Event()
    schedules = Schedules(seconds=0.2, call=called.set)

    schedules.start()
    schedules.stop()

    assert not called.wait(0.5)
