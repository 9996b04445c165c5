"""What the command is told, and the one sentence with which it refuses what makes no sense."""

import sys
from pathlib import Path

import pytest

from runpod_emulator import Scaler
from runpod_emulator.command_line import read_command_line
from runpod_emulator.settings import Settings


def test_told_nothing_it_starts_as_documented() -> None:
    start = read_command_line([])

    assert (start.host, start.port, start.speed, start.fleet, start.rules) == ("127.0.0.1", 20080, 1.0, None, ())
    assert start.settings == Settings()


def test_settings_are_set_by_name_and_the_last_word_counts() -> None:
    start = read_command_line(["--set", "max_losses=2", "--set", "ttl_expiry=time_out", "--set", "max_losses=3"])

    assert (start.settings.max_losses, start.settings.ttl_expiry) == (3, "time_out")


def test_faults_come_from_a_file_with_their_seed(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text('seed = 9\n[[rule]]\nfault = "dropped"\non = "run"\n')

    start = read_command_line(["--faults", str(file)])

    assert (start.settings.seed, [rule.on for rule in start.rules]) == (9, ["run"])


def test_a_command_after_two_dashes_makes_a_fleet() -> None:
    words = (
        "--min-workers 1 --max-workers 4 --scaler REQUEST_COUNT --scaler-value 2 --idle-timeout 9 --cold-start 3"
    )
    start = read_command_line([*words.split(), "--stop-grace", "7", "--", sys.executable, "worker.py", "--flag"])

    assert start.fleet is not None
    assert start.fleet.command == [sys.executable, "worker.py", "--flag"]
    assert (start.fleet.scaling.min_workers, start.fleet.scaling.max_workers) == (1, 4)
    assert (start.fleet.scaling.scaler, start.fleet.scaling.value) == (Scaler.REQUEST_COUNT, 2.0)
    assert (start.fleet.scaling.idle_timeout_seconds, start.fleet.cold_start_seconds) == (9.0, 3.0)
    assert (start.fleet.init_timeout_seconds, start.fleet.stop_grace_seconds) == (420.0, 7.0)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--min-workers", "1"], "--min-workers needs a worker command after --"),
        (["--worker-logs", "/tmp"], "--worker-logs needs a worker command"),  # noqa: S108
        (["--"], "the worker command after -- is not a program"),
        (["--", "/nothing/there"], "the worker command after -- is not a program"),
        (["--min-workers", "4", "--", sys.executable], "not above max_workers"),
        (["--min-workers", "-1", "--", sys.executable], "min_workers must be 0 or more"),
        (["--idle-timeout", "nan", "--", sys.executable], "idle timeout must be 0 or more"),
        (["--cold-start", "-1", "--", sys.executable], "cold_start_seconds must be 0 or more"),
        (["--init-timeout", "inf", "--", sys.executable], "init_timeout_seconds must be 0 or more"),
        (["--worker-logs", "/nothing", "--", sys.executable], "--worker-logs is not a folder"),
        (["--set", "max_losses"], "--set max_losses: write name=value"),
        (["--set", "max_losses=x"], "max_losses must be a whole number"),
        (["--set", "nothing=1"], "there is no setting nothing"),
        (["--port", "70000"], "--port must be from 0 to 65535"),
        (["--port", "-1"], "--port must be from 0 to 65535"),
        (["--port", "x"], "invalid int value"),
        (["--speed", "0"], "--speed must be above 0"),
        (["--speed", "nan"], "--speed must be above 0"),
        (["--faults", "/nothing.toml"], "/nothing.toml: No such file or directory"),
        (["--api-key", ""], "must not be empty"),
        (["--scaler", "BY_MAGIC", "--", sys.executable], "invalid choice"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
) -> None:
    with pytest.raises(SystemExit) as exited:
        read_command_line(arguments)

    assert exited.value.code == 2
    assert why in capsys.readouterr().err.splitlines()[-1]
