"""`python -m worker` where it cannot work: one sentence, and exit status 1."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from local.service_account import emulator_service_account

ROOT = Path(__file__).parents[2]
CANARY = "canary-3f9c"


def start(settings: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "worker"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def called(stopped: "subprocess.CompletedProcess[str]") -> tuple[str, str]:
    """What the operator was called for, and what standard error must hold then."""
    line = json.loads(stopped.stdout.splitlines()[-1])
    assert (line["severity"], line["message"]) == ("CRITICAL", "operator_needed")
    return line["code"], f"The worker cannot start: {line['what']}\n"


def broken_index(folder: Path) -> Path:
    model = folder / "safelight-image"
    model.mkdir()
    (model / "model_index.json").write_text("{")
    return folder


def test_a_key_that_is_not_json_stops_the_worker_without_being_repeated() -> None:
    stopped = start({"FIREBASE_SERVICE_ACCOUNT_KEY": CANARY, "FIREBASE_STORAGE_BUCKET": "b.appspot.com"})

    assert stopped.returncode == 1
    assert stopped.stderr.startswith("The worker cannot start: FIREBASE_SERVICE_ACCOUNT_KEY is not JSON.")
    assert len(stopped.stderr.splitlines()) == 1
    assert called(stopped) == ("settings_invalid", stopped.stderr)
    assert CANARY not in stopped.stdout + stopped.stderr


def test_a_key_for_another_project_than_the_buckets_stops_the_worker() -> None:
    key = emulator_service_account("one-project")

    stopped = start({"FIREBASE_SERVICE_ACCOUNT_KEY": key, "FIREBASE_STORAGE_BUCKET": "another.appspot.com"})

    assert stopped.returncode == 1
    assert "is for the project one-project, but FIREBASE_STORAGE_BUCKET is another.appspot.com" in stopped.stderr
    assert "PRIVATE KEY" not in stopped.stdout + stopped.stderr


@pytest.mark.parametrize(
    "broken", [False, True], ids=["a folder that is missing", "a folder that is not diffusers"]
)
def test_models_that_are_not_there_stop_the_worker(tmp_path: Path, *, broken: bool) -> None:
    folder = broken_index(tmp_path) if broken else tmp_path

    stopped = start({"SAFELIGHT_MODELS_FOLDER": str(folder)})

    assert stopped.returncode == 1
    (sentence,) = stopped.stderr.splitlines()
    assert sentence.startswith("The worker cannot start: ")
    assert str(folder / "safelight-image") in sentence
    assert called(stopped) == ("model_invalid", stopped.stderr)
