"""Where a browser gets an object: three ways, one of them chosen by `SAFELIGHT_OBJECT_URLS`."""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from google.cloud.storage import Bucket

from contracts.stored_object import DOWNLOAD_TOKEN, StoredObject

SIGNED_FOR = timedelta(days=7)  # the longest that a V4 signature may last
FIREBASE_STORAGE = "https://firebasestorage.googleapis.com"
CLOUD_STORAGE = "https://storage.googleapis.com"


class ObjectUrls(StrEnum):
    """The kinds of URL."""

    DOWNLOAD = "download"
    """Firebase's download URL: works for whoever has it, until the object's token is revoked. The default."""
    SIGNED = "signed"
    """A V4 signed URL: works for seven days. Needs a service account key."""
    PUBLIC = "public"
    """The plain URL: works for everybody, where the bucket is public."""


UrlOf = Callable[[Bucket, StoredObject], str]


def download_url(bucket: Bucket, stored: StoredObject, host: str = FIREBASE_STORAGE) -> str:
    """`GET {host}/v0/b/{bucket}/o/{name}?alt=media&token=...`."""
    token = stored.metadata[DOWNLOAD_TOKEN]
    return f"{host}/v0/b/{bucket.name}/o/{quote(stored.name, safe='')}?alt=media&token={token}"


def signed_url(bucket: Bucket, stored: StoredObject, credentials: Any = None) -> str:  # noqa: ANN401 - untyped
    """A V4 signed URL for this very version of the object."""
    url: str = bucket.blob(stored.name).generate_signed_url(
        version="v4", expiration=SIGNED_FOR, generation=stored.generation, credentials=credentials
    )
    return url


def public_url(bucket: Bucket, stored: StoredObject) -> str:
    """`https://storage.googleapis.com/{bucket}/{name}`."""
    return f"{CLOUD_STORAGE}/{bucket.name}/{quote(stored.name)}"


def choose_urls(
    kind: ObjectUrls,
    emulator_host: str | None,
    credentials: Any = None,  # noqa: ANN401 - the library is untyped
) -> UrlOf:
    """The function for a kind. With the Storage emulator, download URLs point to it."""
    if kind is ObjectUrls.SIGNED:
        return lambda bucket, stored: signed_url(bucket, stored, credentials)
    if kind is ObjectUrls.PUBLIC:
        return public_url
    host = emulator_host or FIREBASE_STORAGE
    return lambda bucket, stored: download_url(bucket, stored, host)
