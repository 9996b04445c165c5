"""The environment variables around the emulators: theirs, and their clients'."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from local.emulator_jars import EmulatorJars
from local.java import java_environment
from local.layout import EMULATORS
from local.ports import address

PROJECT = "demo-safelight"
"""`demo-` promises that nothing leaves this machine."""

NOT_INHERITED = (
    "RUNPOD_",
    "FIREBASE_",
    "GCLOUD_",
    "GOOGLE_CLOUD_",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "FORCE_COLOR",
)
"""How the variables begin that stay out: the user's real accounts and their keys, and colours in the log."""
INHERITED_NEVERTHELESS = "FIREBASE_EMULATORS_PATH"
PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy")


def suite_environment(ours: Mapping[str, str], jars: EmulatorJars, *, folder: Path = EMULATORS) -> dict[str, str]:
    """What firebase-tools, emulators and functions are started with. Empties their temporary folder.

    firebase-tools sends even what is for this machine through a proxy, whatever NO_PROXY says (apiv2.js), so it
    hears of one only when it has jars to download. Behind a proxy that start fails, and the next one succeeds.
    """
    left_out = () if jars.source == "download" else PROXIES
    inherited = {
        name: value
        for name, value in ours.items()
        if name == INHERITED_NEVERTHELESS or not (name.startswith(NOT_INHERITED) or name in left_out)
    }
    return inherited | java_environment(inherited) | dict(jars.environment) | _hygiene(folder) | no_proxy(ours)


def client_environment() -> dict[str, str]:
    """What a program needs in its environment so that Google's client libraries talk to the emulators."""
    return {
        "GCLOUD_PROJECT": PROJECT,
        "GOOGLE_CLOUD_PROJECT": PROJECT,
        "FIREBASE_AUTH_EMULATOR_HOST": address("auth"),
        "FIRESTORE_EMULATOR_HOST": address("firestore"),
        "FIREBASE_STORAGE_EMULATOR_HOST": address("storage"),
        "STORAGE_EMULATOR_HOST": f"http://{address('storage')}",
        "PUBSUB_EMULATOR_HOST": address("pubsub"),
        "NO_GCE_CHECK": "true",
    }


def no_proxy(ours: Mapping[str, str]) -> dict[str, str]:
    """This machine is reached around any proxy that the user has set; gRPC would use it even for 127.0.0.1."""
    excepted = ",".join(filter(None, [ours.get("NO_PROXY") or ours.get("no_proxy"), "127.0.0.1", "localhost"]))
    return {"NO_PROXY": excepted, "no_proxy": excepted}


def _hygiene(folder: Path) -> dict[str, str]:
    """A temporary folder that is empty, no calls to the outside, and few processes per function.

    With one thread, gunicorn closes each connection once it has answered. With more it keeps them for two
    seconds, firebase-tools sends the next event into one that is just being closed, and the event is lost.
    """
    temporary, settings = folder / "tmp", folder / "config"
    shutil.rmtree(temporary, ignore_errors=True)
    for made in (temporary, settings):
        made.mkdir(parents=True, exist_ok=True)
    return {
        "CI": "1",
        "NO_UPDATE_NOTIFIER": "1",
        "METADATA_SERVER_DETECTION": "none",
        "NO_GCE_CHECK": "true",
        "NO_COLOR": "1",
        "TMPDIR": str(temporary),
        "XDG_CONFIG_HOME": str(settings),
        "FUNCTIONS_EMULATOR_PARALLEL": "2",
        "THREADS": "1",
        "FUNCTIONS_DISCOVERY_TIMEOUT": "60",
    }
