"""`ObjectStore` on Cloud Storage for Firebase."""

import base64
import hashlib
import io
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import requests
from google.api_core import exceptions
from google.auth import exceptions as auth_exceptions
from google.cloud.storage import Blob, Bucket
from google.cloud.storage.retry import DEFAULT_RETRY

from adapters.object_urls import UrlOf
from contracts.errors import ObjectExists, ObjectTooLarge
from contracts.paths import OBJECTS, GenerationPath
from contracts.ports import StoreUnavailable
from contracts.stored_object import DOWNLOAD_TOKEN, File, StoredObject

RETRY = DEFAULT_RETRY.with_timeout(40.0)  # less than the shortest `uploading` deadline of the catalogue
CALL_TIMEOUT_SECONDS = 30.0
CACHE_CONTROL = "private, max-age=86400"
FAILURES = (exceptions.GoogleAPIError, requests.exceptions.RequestException, auth_exceptions.GoogleAuthError)


class StorageObjects:
    """The objects of one bucket."""

    def __init__(
        self,
        bucket: Bucket,
        url_of: UrlOf,
        *,
        new_token: Callable[[], str] = lambda: str(uuid.uuid4()),
        retry: Any = RETRY,  # noqa: ANN401 - the library is untyped
    ) -> None:
        self._bucket = bucket
        self._url_of = url_of
        self._new_token = new_token
        self._retry = retry

    def find(self, path: GenerationPath) -> list[StoredObject]:
        """See `ObjectStore.find`."""
        try:
            blobs = list(
                self._bucket.list_blobs(prefix=path.object_stem, retry=self._retry, timeout=CALL_TIMEOUT_SECONDS)
            )
        except FAILURES as error:
            raise _unavailable("list", error) from error
        return [_stored(blob) for blob in blobs if path.may_own(blob.name)]

    def put(self, file: File, metadata: Mapping[str, str], *, replacing: int) -> StoredObject:
        """See `ObjectStore.put`."""
        blob = self._bucket.blob(file.name)
        blob.cache_control = CACHE_CONTROL
        blob.metadata = {**metadata, DOWNLOAD_TOKEN: self._new_token()}
        try:
            blob.upload_from_string(
                file.content,
                content_type=file.content_type,
                if_generation_match=replacing,
                retry=self._retry,
                timeout=CALL_TIMEOUT_SECONDS,
            )
        except exceptions.PreconditionFailed as error:
            raise ObjectExists(file.name) from error
        except FAILURES as error:
            raise _unavailable("store", error) from error
        if blob.md5_hash != _md5(file.content):
            msg = "Storage holds other bytes than were sent"
            raise StoreUnavailable(msg)
        return _stored(blob)

    def read(self, name: str, *, at_most: int) -> bytes | None:
        """See `ObjectStore.read`."""
        try:
            found = self._bucket.get_blob(name, retry=self._retry, timeout=CALL_TIMEOUT_SECONDS)
            if found is None:
                return None
            if found.size > at_most:
                raise ObjectTooLarge(name)
            content = self._download(name, int(found.generation), at_most)
        except FAILURES as error:
            raise _unavailable("read", error) from error
        if len(content) != found.size or found.md5_hash not in {_md5(content), None}:
            msg = "Storage sent other bytes than it holds"
            raise StoreUnavailable(msg)
        return content

    def _download(self, name: str, generation: int, at_most: int) -> bytes:
        """This very version: what somebody stores over it meanwhile can be of any size.

        Raw, because Storage and its client would unpack what was uploaded with `Content-Encoding: gzip`, and a
        few bytes could become many. The caller checks what has arrived: the client skips that for a download
        that broke off and went on.
        """
        content = _Bounded(at_most)
        self._bucket.blob(name, generation=generation).download_to_file(
            content, raw_download=True, checksum=None, retry=self._retry, timeout=CALL_TIMEOUT_SECONDS
        )
        return content.getvalue()

    def remove(self, stored: StoredObject) -> None:
        """See `ObjectStore.remove`."""
        try:
            self._bucket.blob(stored.name).delete(
                if_generation_match=stored.generation, retry=self._retry, timeout=CALL_TIMEOUT_SECONDS
            )
        except (exceptions.NotFound, exceptions.PreconditionFailed):
            return  # gone, or another's by now
        except FAILURES as error:
            raise _unavailable("remove", error) from error

    def all(self, *, stored_before: datetime) -> Iterator[StoredObject]:
        """See `ObjectStore.all`."""
        try:
            for blob in self._bucket.list_blobs(prefix=OBJECTS, retry=self._retry, timeout=CALL_TIMEOUT_SECONDS):
                if blob.time_created <= stored_before:
                    yield _stored(blob)
        except FAILURES as error:
            raise _unavailable("list", error) from error

    def url(self, stored: StoredObject) -> str:
        """See `ObjectStore.url`."""
        return self._url_of(self._bucket, stored)


class _Bounded(io.BytesIO):
    """Takes so many bytes and raises `ObjectTooLarge` at the next."""

    def __init__(self, at_most: int) -> None:
        super().__init__()
        self._at_most = at_most

    def write(self, content: Any, /) -> int:  # noqa: ANN401 - any bytes
        if self.tell() + len(content) > self._at_most:
            raise ObjectTooLarge
        return super().write(content)


def _stored(blob: Blob) -> StoredObject:
    return StoredObject(name=blob.name, generation=int(blob.generation), metadata=dict(blob.metadata or {}))


def _md5(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def _unavailable(verb: str, error: Exception) -> StoreUnavailable:
    return StoreUnavailable(f"Storage could not {verb} an object: {type(error).__name__}")
