"""The Google Cloud SDK, whose emulators stand in where Firebase's cannot be downloaded."""

import os
import shutil
import subprocess
from pathlib import Path

FIRESTORE_JAR = Path("platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
PUBSUB_PROGRAM = Path("platform/pubsub-emulator/bin/cloud-pubsub-emulator")

USUAL_ROOTS = [
    "/usr/lib/google-cloud-sdk",
    "/usr/share/google-cloud-sdk",
    "/opt/google-cloud-sdk",
    "/snap/google-cloud-cli/current",
    "/opt/homebrew/share/google-cloud-sdk",
    "/usr/local/share/google-cloud-sdk",
    "~/google-cloud-sdk",
]


def find_gcloud_sdk() -> Path | None:
    """The SDK's root folder: `$CLOUDSDK_ROOT`, where `gcloud` lies, a usual place, or what gcloud says.

    gcloud is asked last, as it takes a second or two to answer.
    """
    if named := os.environ.get("CLOUDSDK_ROOT"):
        return Path(named)
    gcloud = shutil.which("gcloud")
    beside = [Path(gcloud).resolve().parents[1]] if gcloud else []
    for root in beside + [Path(root).expanduser() for root in USUAL_ROOTS]:
        if (root / FIRESTORE_JAR).exists():
            return root
    return _asked(gcloud) if gcloud else None


def _asked(gcloud: str) -> Path | None:
    command = [gcloud, "info", "--format=value(installation.sdk_root)"]
    try:
        answer = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Path(answer.stdout.strip()) if answer.stdout.strip() else None
