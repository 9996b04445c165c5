"""What the functions are told by their environment, read once."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

# Named in firebase.json's functions by their parameters, see main.py.
RUNPOD_API_KEY = "RUNPOD_API_KEY"
RUNPOD_ENDPOINT_ID = "RUNPOD_ENDPOINT_ID"
RUNPOD_BASE_URL = "RUNPOD_BASE_URL"


class SettingsInvalid(Exception):  # noqa: N818 - read by whoever deploys
    """A setting is missing or broken. The message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the functions need to know."""

    project_id: str
    bucket: str
    runpod_base_url: str
    runpod_endpoint_id: str
    runpod_api_key: str = field(repr=False)
    storage_emulator: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the environment. Raises `SettingsInvalid` naming the variable."""
        firebase = json.loads(environment.get("FIREBASE_CONFIG", "{}"))
        return cls(
            project_id=_given(firebase.get("projectId"), "FIREBASE_CONFIG has no projectId"),
            bucket=_given(firebase.get("storageBucket"), "FIREBASE_CONFIG has no storageBucket: enable Storage"),
            runpod_base_url=_given(
                environment.get(RUNPOD_BASE_URL), f"set {RUNPOD_BASE_URL} in triggers/.env.<project>"
            ),
            runpod_endpoint_id=_given(
                environment.get(RUNPOD_ENDPOINT_ID), f"set {RUNPOD_ENDPOINT_ID} in triggers/.env.<project>"
            ),
            runpod_api_key=_given(
                environment.get(RUNPOD_API_KEY), f"run: firebase functions:secrets:set {RUNPOD_API_KEY}"
            ),
            storage_emulator=environment.get("STORAGE_EMULATOR_HOST"),
        )


def _given(value: str | None, otherwise: str) -> str:
    if not value:
        raise SettingsInvalid(otherwise)
    return value
