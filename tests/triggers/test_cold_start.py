"""What an instance imports before it can serve, and what it never has to; and that deploying still sees it all."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
MAIN = ROOT / "triggers" / "main.py"
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "PYTHONPATH": str(ROOT),
    "FIREBASE_CONFIG": '{"projectId": "demo-safelight", "storageBucket": "demo-safelight.firebasestorage.app"}',
    "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1",
    "PUBSUB_EMULATOR_HOST": "127.0.0.1:1",
    "STORAGE_EMULATOR_HOST": "http://127.0.0.1:1",
    "DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA": "true",
    "FUNCTION_SIGNATURE_TYPE": "cloudevent",
    "RUNPOD_BASE_URL": "http://127.0.0.1:1",
    "RUNPOD_ENDPOINT_ID": "endpoint",
    "RUNPOD_API_KEY": "key",
    "RUNPOD_WEBHOOK_SECRET": "0123456789abcdef" * 2,
}
LOADED = f"""
import json, sys
import functions_framework
functions_framework.create_app("on_created", {str(MAIN)!r})
"""
WIRED = f"""{LOADED}
import triggers.created
from triggers.wiring import outside
outside().now()
"""
TELL = "print(json.dumps(sorted(sys.modules)))"
DESCRIBED = """
import json
import yaml
from firebase_functions.private import serving
print(json.dumps(yaml.safe_load(serving.functions_as_yaml(serving.get_functions()))))
"""
SELDOM = {
    "firebase_functions",
    "firebase_admin",
    "google.cloud.pubsub_v1",
    "google.cloud.storage",
    "triggers.collect",
    "triggers.rescue",
    "triggers.sweep",
}
"""What a generation can be dispatched without."""


def run(code: str, folder: Path = ROOT) -> Any:  # noqa: ANN401 - whatever it prints as JSON
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_function_is_loaded_without_the_libraries_that_it_will_need() -> None:
    imported = set(run(LOADED + TELL))

    assert "flask" in imported
    needed_later = {"pydantic", "aiohttp", "grpc", "requests", "google.cloud.firestore", "triggers.dispatch"}
    assert imported & (SELDOM | needed_later) == set()


def test_to_dispatch_a_generation_takes_nothing_that_is_seldom_used() -> None:
    imported = set(run(WIRED + TELL))

    assert {"google.cloud.firestore", "triggers.dispatch"} <= imported
    assert imported & SELDOM == set()


def test_what_a_deployed_function_checks_prompts_by_is_the_blocklist_that_ships() -> None:
    asked = "[outside().input_check(text) for text in ('a child', 'a naked child')]"

    assert run(f"{WIRED}\nprint(json.dumps({asked}))") == [True, False]


@pytest.mark.parametrize(
    ("port", "library"),
    [
        ("objects.find", "google.cloud.storage"),
        ("endings.publish", "google.cloud.pubsub_v1"),
        ("owners.exists", "firebase_admin"),
        ("runpod.submit", "aiohttp"),
    ],
)
def test_an_adapter_that_is_seldom_used_is_there_when_it_is(port: str, library: str) -> None:
    imported = set(run(f"{WIRED}\ncallable(outside().{port}) or sys.exit(1)\n{TELL}"))

    assert library in imported


@pytest.fixture(scope="module")
def described() -> Any:  # noqa: ANN401 - a manifest
    return run(DESCRIBED, MAIN.parent)


def test_firebase_is_told_when_each_function_is_woken(described: Any) -> None:  # noqa: ANN401 - as above
    endpoints = described["endpoints"]

    assert sorted(endpoints) == ["on_created", "on_day", "on_minute", "on_runpod_webhook"]
    created = endpoints["on_created"]["eventTrigger"]
    assert created["eventType"] == "google.cloud.firestore.document.v1.created"
    assert created["eventFilterPathPatterns"] == {"document": "generations/{user_id}/{collection}/{document_id}"}
    assert created["retry"] is False
    assert endpoints["on_minute"]["scheduleTrigger"]["schedule"] == "every 1 minutes"
    assert endpoints["on_day"]["scheduleTrigger"]["schedule"] == "every day 04:00"
    assert endpoints["on_runpod_webhook"]["httpsTrigger"] == {}
    assert [api["api"] for api in described["requiredAPIs"]] == ["cloudscheduler.googleapis.com"]


def test_firebase_is_told_what_each_function_is_given(described: Any) -> None:  # noqa: ANN401 - as above
    for name, endpoint in described["endpoints"].items():
        assert endpoint["entryPoint"] == name
        secrets = [secret["key"] for secret in endpoint["secretEnvironmentVariables"]]
        assert secrets == ["RUNPOD_API_KEY", "RUNPOD_WEBHOOK_SECRET"]
        assert (endpoint["availableMemoryMb"], endpoint["cpu"]) == (512, 1)
    seconds = {name: endpoint["timeoutSeconds"] for name, endpoint in described["endpoints"].items()}
    assert seconds == {"on_created": 60, "on_minute": 300, "on_day": 1800, "on_runpod_webhook": 60}
    assert [parameter["name"] for parameter in described["params"]] == [
        "RUNPOD_API_KEY", "RUNPOD_ENDPOINT_ID", "RUNPOD_BASE_URL", "RUNPOD_WEBHOOK_SECRET", "RUNPOD_WEBHOOK_URL",
    ]  # fmt: skip
