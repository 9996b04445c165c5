"""How `make demo` ends, whatever happens in it. That it makes pictures is shown in emulator_tests."""

import os
import signal
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import pytest
import requests

from local import demo, interrupts
from local.errors import LocalError


class NoServices:
    """Nothing is started."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


@pytest.fixture(autouse=True)
def signals_as_they_were() -> Any:  # noqa: ANN401 - a generator
    handlers = {number: signal.getsignal(number) for number in interrupts.TOLD_TO_STOP}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def no_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "Services", NoServices)


def ends(happening: Callable[[], bool], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(demo, "run", lambda _: happening())
    return demo.main()


def killed() -> bool:
    os.kill(os.getpid(), signal.SIGTERM)
    return True


def refused() -> bool:
    answer = requests.Response()
    answer.status_code = 403
    answer.raise_for_status()
    return True


def stopped() -> bool:
    message = "The worker process has stopped."
    raise LocalError(message)


def test_both_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ends(lambda: True, monkeypatch) == 0


@pytest.mark.parametrize(
    ("happening", "said"),
    [
        pytest.param(lambda: False, "", id="one was not made"),
        pytest.param(killed, "Stopped.", id="it is stopped before they were made"),
        pytest.param(stopped, "The worker process has stopped.", id="a service has ended"),
        pytest.param(
            refused, "An emulator did not answer as it should: HTTPError (403).", id="an emulator refuses"
        ),
    ],
)
def test_both_were_not_made(
    happening: Callable[[], bool], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends(happening, monkeypatch) != 0

    printed = capsys.readouterr()
    assert said in printed.out + printed.err
