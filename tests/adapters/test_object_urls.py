"""The three kinds of URL, as a browser reads them."""

import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Bucket, Client
from google.oauth2.service_account import Credentials

from adapters.object_urls import ObjectUrls, choose_urls
from contracts.stored_object import DOWNLOAD_TOKEN, StoredObject
from local.service_account import emulator_service_account

KEY: Any = Credentials  # the library is untyped
CREDENTIALS = KEY.from_service_account_info(json.loads(emulator_service_account("my-app")))
NAMES = [
    "generating/u1/image/f1.png",
    "generating/ü 1/image/a b%2F?c#d&e=f+g.png",
    "generating/u1/image/😀.png",
]


def bucket() -> Bucket:
    nobody: Any = AnonymousCredentials  # the library is untyped
    return Client(project="my-app", credentials=nobody()).bucket("my-app.appspot.com")


def stored(name: str) -> StoredObject:
    return StoredObject(name=name, generation=7, metadata={DOWNLOAD_TOKEN: "abc"})


@pytest.mark.parametrize("name", NAMES)
def test_a_download_url_is_one_path_segment_and_a_token(name: str) -> None:
    url = urlsplit(choose_urls(ObjectUrls.DOWNLOAD, None)(bucket(), stored(name)))

    assert (url.scheme, url.netloc) == ("https", "firebasestorage.googleapis.com")
    *folders, last = url.path.split("/")
    assert folders == ["", "v0", "b", "my-app.appspot.com", "o"]
    assert unquote(last) == name
    assert parse_qs(url.query) == {"alt": ["media"], "token": ["abc"]}
    assert url.fragment == ""


def test_with_the_emulator_a_download_url_points_to_it() -> None:
    url = choose_urls(ObjectUrls.DOWNLOAD, "http://127.0.0.1:9199")(bucket(), stored(NAMES[0]))

    assert url.startswith("http://127.0.0.1:9199/v0/b/my-app.appspot.com/o/generating%2Fu1%2Fimage%2Ff1.png?")


@pytest.mark.parametrize("name", NAMES)
def test_a_signed_url_is_for_this_version_and_seven_days(name: str) -> None:
    url = urlsplit(choose_urls(ObjectUrls.SIGNED, None, CREDENTIALS)(bucket(), stored(name)))

    assert (url.scheme, url.netloc) == ("https", "storage.googleapis.com")
    assert unquote(url.path) == f"/my-app.appspot.com/{name}"
    query = parse_qs(url.query)
    assert query["generation"] == ["7"]
    assert query["X-Goog-Algorithm"] == ["GOOG4-RSA-SHA256"]
    assert query["X-Goog-Expires"] == [
        "604800"
    ]  # the most that V4 takes: cloud.google.com/storage/docs/access-control
    assert query["X-Goog-Credential"][0].startswith("worker@my-app.iam.gserviceaccount.com/")
    assert len(query["X-Goog-Signature"][0]) == 512  # 2,048 bits in hex


@pytest.mark.parametrize("name", NAMES)
def test_a_public_url_is_the_plain_path(name: str) -> None:
    url = urlsplit(choose_urls(ObjectUrls.PUBLIC, None)(bucket(), stored(name)))

    assert (url.scheme, url.netloc) == ("https", "storage.googleapis.com")
    assert unquote(url.path) == f"/my-app.appspot.com/{name}"
    assert (url.query, url.fragment) == ("", "")
