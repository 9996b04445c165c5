"""What a page can do to Storage, and what it cannot."""

import uuid

import pytest
import requests

from emulator_tests.rules_user import nobody, somebody
from local.firebase_user import BUCKET, STORAGE, TIMEOUT_SECONDS, FirebaseUser

pytestmark = pytest.mark.usefixtures("safelight")

ACCEPTS, REFUSES = 200, 403
PICTURE = b"\x89PNG\r\n\x1a\n"
MOST_BYTES = 10 * 1024 * 1024


@pytest.fixture
def user() -> FirebaseUser:
    return somebody()


def generated(user: FirebaseUser) -> str:
    """A file as a worker leaves it: without the token that download URLs carry, only the rules let one in."""
    name = f"generating/{user.uid}/image/{uuid.uuid4().hex}.png"
    answer = requests.post(
        f"{STORAGE}/upload/storage/v1/b/{BUCKET}/o",
        params={"uploadType": "media", "name": name},
        data=PICTURE,
        headers={"Authorization": "Bearer owner", "Content-Type": "image/png"},
        timeout=TIMEOUT_SECONDS,
    )
    answer.raise_for_status()
    return name


def uploaded(user: FirebaseUser) -> str:
    name = f"uploads/{user.uid}/{uuid.uuid4().hex}.png"
    assert user.upload(name, PICTURE, "image/png").status_code == ACCEPTS
    return name


def test_a_user_downloads_what_was_generated_for_him(user: FirebaseUser) -> None:
    name = generated(user)

    answer = user.download(name)

    assert answer.status_code == ACCEPTS
    assert answer.content == PICTURE


def test_others_download_nothing_that_was_generated(user: FirebaseUser) -> None:
    name = generated(user)

    assert somebody().download(name).status_code == REFUSES
    assert nobody().download(name).status_code == REFUSES


def test_a_user_cannot_write_where_workers_do(user: FirebaseUser) -> None:
    name = generated(user)

    assert user.upload(name, PICTURE, "image/png").status_code == REFUSES
    assert user.upload(f"generating/{user.uid}/image/new.png", PICTURE, "image/png").status_code == REFUSES
    assert user.remove_object(name).status_code == REFUSES
    assert user.download(name).content == PICTURE


@pytest.mark.parametrize("folder", ["generating/{uid}/image", "uploads/{uid}", ""])
def test_nobody_lists_a_folder(user: FirebaseUser, folder: str) -> None:
    uploaded(user)

    assert user.list_objects(folder.format(uid=user.uid)).status_code == REFUSES


def test_a_user_downloads_what_he_uploaded_and_others_do_not(user: FirebaseUser) -> None:
    name = uploaded(user)

    assert user.download(name).content == PICTURE
    assert somebody().download(name).status_code == REFUSES
    assert nobody().download(name).status_code == REFUSES


@pytest.mark.parametrize("content_type", ["image/png", "image/jpeg", "image/webp"])
def test_a_picture_can_be_uploaded(user: FirebaseUser, content_type: str) -> None:
    assert user.upload(f"uploads/{user.uid}/a", PICTURE, content_type).status_code == ACCEPTS


@pytest.mark.parametrize("size", [1, MOST_BYTES], ids=["one byte", "10 MiB"])
def test_a_picture_may_be_as_large_as(user: FirebaseUser, size: int) -> None:
    assert user.upload(f"uploads/{user.uid}/a.png", b"x" * size, "image/png").status_code == ACCEPTS


@pytest.mark.parametrize("size", [0, MOST_BYTES + 1], ids=["nothing", "10 MiB and a byte"])
def test_a_picture_may_not_be_as_large_as(user: FirebaseUser, size: int) -> None:
    assert user.upload(f"uploads/{user.uid}/a.png", b"x" * size, "image/png").status_code == REFUSES


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "image/svg+xml",
        "image/gif",
        "application/octet-stream",
        "image/png; x=1",
        "IMAGE/PNG",
        "image/",
    ],
)
def test_nothing_but_pictures_can_be_uploaded(user: FirebaseUser, content_type: str) -> None:
    assert user.upload(f"uploads/{user.uid}/a.png", PICTURE, content_type).status_code == REFUSES


NAMES = {
    "one letter": "a",
    "dots and dashes": "a-_1.2.png",
    "128 characters": "u" * 128,
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_name_is_accepted(user: FirebaseUser, name: str) -> None:
    assert user.upload(f"uploads/{user.uid}/{name}", PICTURE, "image/png").status_code == ACCEPTS


BAD_NAMES = {
    "129 characters": "u" * 129,
    "a hidden file": ".a",
    "two dots": "..",
    "a space": "a b",
    "a newline after it": "a.png\n",
    "a newline before it": "\na.png",
    "a newline in it": "a\nb",
    "another script": "картина.png",
    "a percent sign": "a%2Fb",
    "a folder below": "a/b.png",
    "an empty folder below": "/b.png",
    "a slash after it": "a.png/",
    "no name": "",
}


@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES.keys())
def test_a_name_is_refused(user: FirebaseUser, name: str) -> None:
    assert user.upload(f"uploads/{user.uid}/{name}", PICTURE, "image/png").status_code == REFUSES


@pytest.mark.parametrize("place", ["a.png", "uploads/a.png", "public/{uid}/a.png", "generations/{uid}/a.png"])
def test_there_is_no_other_place_to_upload_to(user: FirebaseUser, place: str) -> None:
    assert user.upload(place.format(uid=user.uid), PICTURE, "image/png").status_code == REFUSES


def test_others_cannot_upload_to_a_users_folder(user: FirebaseUser) -> None:
    for other in (somebody(), nobody()):
        assert other.upload(f"uploads/{user.uid}/a.png", PICTURE, "image/png").status_code == REFUSES


@pytest.mark.parametrize("uid", [".*", "a|b", "(x", "^u$", "a.b", "it's", "über"])
def test_a_uid_is_compared_and_never_a_pattern(uid: str) -> None:
    odd, user = somebody(uid), somebody()
    name = generated(user)

    assert odd.upload(f"uploads/{uid}/{uuid.uuid4().hex}", PICTURE, "image/png").status_code == ACCEPTS
    assert odd.upload(f"uploads/{user.uid}/a.png", PICTURE, "image/png").status_code == REFUSES
    assert odd.download(name).status_code == REFUSES


def test_an_upload_can_be_neither_replaced_nor_removed_nor_described_anew(user: FirebaseUser) -> None:
    name = uploaded(user)

    assert user.upload(name, b"other", "image/png").status_code == REFUSES
    assert user.remove_object(name).status_code == REFUSES
    assert user.describe_object(name, {"contentType": "text/html"}).status_code == REFUSES
    assert user.download(name).content == PICTURE
