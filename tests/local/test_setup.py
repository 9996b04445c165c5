"""The set-up does what is missing, says what failed, and believes only what was finished."""

import os
from pathlib import Path
from typing import Protocol

import pytest


class Answer(Protocol):
    returncode: int
    stdout: str
    stderr: str


class Checkout(Protocol):
    root: Path
    calls: list[str]

    def set_up(self, *arguments: str, **environment: str) -> Answer: ...

    def stamps(self) -> set[str]: ...


def test_the_first_time_installs_torch_then_the_rest_then_node(checkout: Checkout) -> None:
    answer = checkout.set_up()

    assert (answer.returncode, answer.stderr) == (0, "")
    torch, packages, node = checkout.calls
    assert torch == "pip -m pip install --progress-bar off"
    assert packages == torch
    assert node == "npm ci --no-progress"
    assert checkout.stamps() == {"torch", "packages", "node", "java"}


def test_torch_is_installed_on_its_own(checkout: Checkout) -> None:
    answer = checkout.set_up(PIP_FAILS_ON="off torch==")

    assert "torch: this failed" in answer.stderr
    assert len(checkout.calls) == 1


def test_without_a_terminal_each_step_says_two_lines(checkout: Checkout) -> None:
    answer = checkout.set_up()

    lines = answer.stdout.splitlines()
    assert [line.split(" ...")[0].split(":")[0] for line in lines[::2]] == [
        "torch",
        "Python packages",
        "Node packages",
    ]
    assert all(line.endswith(" s") and "done in" in line for line in lines[1::2])


def test_the_second_time_does_nothing_and_says_nothing(checkout: Checkout) -> None:
    checkout.set_up()
    assert checkout.calls

    answer = checkout.set_up()

    assert (answer.returncode, answer.stdout, checkout.calls) == (0, "", [])


def test_a_pip_that_fails_shows_its_last_lines_and_leaves_no_stamp(checkout: Checkout) -> None:
    answer = checkout.set_up(PIP_FAILS_ON="-r ", PIP_SAYS="ERROR: No matching distribution found for nonsense")

    assert answer.returncode == 1
    assert "Python packages: this failed. The last lines of build/logs/setup-packages.log:" in answer.stderr
    assert "ERROR: No matching distribution found for nonsense" in answer.stderr
    assert "run the same command again" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert checkout.stamps() == {"torch"}


def test_what_failed_is_done_again_and_what_was_finished_is_not(checkout: Checkout) -> None:
    checkout.set_up(PIP_FAILS_ON="-r ")
    assert len(checkout.calls) == 2

    assert checkout.set_up().returncode == 0

    assert [call.split()[0] for call in checkout.calls] == ["pip", "npm"]


def test_a_failure_forgets_the_stamp_of_before(checkout: Checkout) -> None:
    checkout.set_up()
    constraints = checkout.root / "constraints.txt"
    before = constraints.read_text()
    constraints.write_text(before + "another==1\n")
    checkout.set_up(PIP_FAILS_ON="-r ")
    constraints.write_text(before)
    assert checkout.calls

    checkout.set_up()

    assert [call.split()[0] for call in checkout.calls] == ["pip"]


def test_a_new_environment_is_filled_whatever_the_stamps_say(checkout: Checkout) -> None:
    checkout.set_up()
    assert checkout.calls
    os.utime(checkout.root / ".venv" / "pyvenv.cfg", ns=(1, 1))

    checkout.set_up()

    assert len(checkout.calls) == 2


def test_node_modules_that_were_removed_are_installed_again(checkout: Checkout) -> None:
    checkout.set_up()
    assert checkout.calls
    (checkout.root / "node_modules" / ".package-lock.json").unlink()

    checkout.set_up()

    assert checkout.calls == ["npm ci --no-progress"]


def test_an_npm_that_fails_leaves_no_stamp(checkout: Checkout) -> None:
    answer = checkout.set_up(NPM_FAILS="1")

    assert answer.returncode == 1
    assert "Node packages: this failed. build/logs/setup-node.log is empty." in answer.stderr
    assert "node" not in checkout.stamps()


@pytest.mark.parametrize("missing", ["bin/python", "lib/python3.11/site-packages/pip-23.2.1.dist-info"])
def test_a_half_made_environment_is_said_to_be_removed(checkout: Checkout, missing: str) -> None:
    path = checkout.root / ".venv" / missing
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink()

    answer = checkout.set_up()

    assert answer.returncode == 1
    assert "Remove the folder .venv and try again." in answer.stderr
    assert checkout.calls == []


def test_the_bundle_s_own_constraints_are_not_looked_for(checkout: Checkout) -> None:
    (checkout.root / "triggers" / "requirements.txt").write_text("-c constraints.txt\npydantic==2.14.3\n")

    checkout.set_up()

    assert (checkout.root / "build" / "requirements" / "triggers.txt").read_text() == "pydantic==2.14.3\n"
