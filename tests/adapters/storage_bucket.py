"""Cloud Storage's client on a server of one's own."""

from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client
from google.cloud.storage.retry import DEFAULT_RETRY

from adapters.object_urls import ObjectUrls, choose_urls
from adapters.storage_objects import StorageObjects
from local.emulator_environment import PROJECT
from local.firebase_user import BUCKET


def storage_objects(url: str, *, retry_seconds: float = 1.0) -> StorageObjects:
    """The adapter, patient for so long."""
    nobody: Any = AnonymousCredentials  # the library is untyped
    client = Client(project=PROJECT, credentials=nobody(), client_options={"api_endpoint": url})
    retry = DEFAULT_RETRY.with_timeout(retry_seconds).with_delay(initial=0.01, maximum=0.05)
    return StorageObjects(client.bucket(BUCKET), choose_urls(ObjectUrls.DOWNLOAD, url), retry=retry)
