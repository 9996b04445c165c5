"""Where the emulators themselves come from: Firebase's download, or else the Google Cloud SDK.

`SAFELIGHT_EMULATOR_SOURCE` chooses: `download`, `gcloud`, or `auto`, which takes what has been downloaded
before, else downloads if the host can be reached, else takes the SDK's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.errors import LocalError
from local.gcloud_jars import INSTALL, gcloud_jars_environment, has_emulators
from local.gcloud_sdk import find_gcloud_sdk
from local.official_jars import OfficialJar, cache_folder, is_reachable, official_jars

VARIABLE = "SAFELIGHT_EMULATOR_SOURCE"
CHOICES = ("auto", "download", "gcloud")


@dataclass(frozen=True, kw_only=True)
class EmulatorJars:
    """How firebase-tools is to find the emulators."""

    source: str
    """For the log: `cache`, `download` or `gcloud`."""
    environment: Mapping[str, str] = field(default_factory=dict)
    download_bytes: int = 0
    """What firebase-tools will fetch first; 0 where nothing is missing."""


@dataclass(frozen=True, kw_only=True)
class JarSources:
    """Where to look. The defaults are this machine's."""

    official: Callable[[], list[OfficialJar]] = official_jars
    cache: Callable[[], Path] = cache_folder
    is_reachable: Callable[[str], bool] = is_reachable
    find_sdk: Callable[[], Path | None] = find_gcloud_sdk


def find_emulator_jars(choice: str, sources: JarSources | None = None) -> EmulatorJars:
    """Choose a source that will work. Raises `LocalError`, saying what to do, where there is none."""
    sources = sources or JarSources()
    if choice not in CHOICES:
        message = f"{VARIABLE} is {choice!r}, but must be one of {', '.join(CHOICES)}."
        raise LocalError(message)
    if choice == "gcloud":
        return _from_gcloud(sources)
    official = sources.official()
    missing = [jar for jar in official if not (sources.cache() / jar.path).exists()]
    if not missing:
        return EmulatorJars(source="cache")
    if choice == "download" or sources.is_reachable(missing[0].url):
        return EmulatorJars(source="download", download_bytes=sum(jar.size_bytes for jar in missing))
    return _instead_of_download(sources)


def _from_gcloud(sources: JarSources) -> EmulatorJars:
    sdk = sources.find_sdk()
    if sdk is None:
        message = (
            f"{VARIABLE} is gcloud, but there is no Google Cloud SDK here: install it, then "
            f"{INSTALL}; or unset {VARIABLE}."
        )
        raise LocalError(message)
    if not has_emulators(sdk):
        message = f"{VARIABLE} is gcloud, but {sdk} lacks the Firestore or the Pub/Sub emulator: {INSTALL}."
        raise LocalError(message)
    return EmulatorJars(source="gcloud", environment=gcloud_jars_environment(sdk))


def _instead_of_download(sources: JarSources) -> EmulatorJars:
    sdk = sources.find_sdk()
    if sdk is None or not has_emulators(sdk):
        message = (
            "The Firebase emulators are not on this machine, their download host cannot be reached, and the "
            f"Google Cloud SDK does not have them either: connect to the internet and try again, or {INSTALL}."
        )
        raise LocalError(message)
    return EmulatorJars(source="gcloud", environment=gcloud_jars_environment(sdk))
