import base64
import dataclasses
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.paths import GenerationPath, MediaType, is_user_id
from contracts.webhook_token import MAX_TOKEN_LENGTH, SHORTEST_SECRET, Hint, _signature, check_secret
from tests.contracts.documents import CREATED_AT, IMAGE_PATH, VIDEO_PATH

SECRET = "0123456789abcdef0123456789abcdef"
NOW = CREATED_AT + timedelta(minutes=1)
HINT = Hint(path=IMAGE_PATH, created_at=CREATED_AT, attempt=1, expires_at=datetime(2026, 8, 2, 13, tzinfo=UTC))
TOKEN = HINT.sign(SECRET)
SAID, SIGNATURE = TOKEN.split(".")
IN_A_URL = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

OTHERS = {
    "another user": dataclasses.replace(HINT, path=dataclasses.replace(IMAGE_PATH, user_id="u2")),
    "another generation": dataclasses.replace(HINT, path=dataclasses.replace(IMAGE_PATH, file_uid="f2")),
    "another media type": dataclasses.replace(HINT, path=VIDEO_PATH),
    "a later job under the same id": dataclasses.replace(HINT, created_at=CREATED_AT + timedelta(microseconds=1)),
    "another attempt": dataclasses.replace(HINT, attempt=2),
    "another end": dataclasses.replace(HINT, expires_at=HINT.expires_at + timedelta(seconds=1)),
}


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def signed(content: bytes) -> str:
    """What we never say, with our own signature below it."""
    said = encoded(content)
    return f"{said}.{_signature(said, SECRET)}"


def test_a_token_says_what_was_signed() -> None:
    assert Hint.verify(TOKEN, SECRET, NOW) == HINT


@given(
    user_id=st.text(min_size=1, max_size=128).filter(is_user_id),
    file_uid=st.from_regex("[A-Za-z0-9_-]{1,128}", fullmatch=True),
    media_type=st.sampled_from(MediaType),
    created_at=st.integers(-(10**15), 10**15).map(lambda moments: CREATED_AT + timedelta(microseconds=moments)),
    attempt=st.integers(1, 10_000),
)
def test_every_generation_there_can_be_has_a_token_that_a_url_can_hold(
    user_id: str, file_uid: str, media_type: MediaType, created_at: datetime, attempt: int
) -> None:
    hint = Hint(
        path=GenerationPath(user_id=user_id, media_type=media_type, file_uid=file_uid),
        created_at=created_at,
        attempt=attempt,
        expires_at=HINT.expires_at,
    )

    token = hint.sign(SECRET)

    assert set(token) <= IN_A_URL
    assert Hint.verify(token, SECRET, NOW) == hint


@pytest.mark.parametrize("character", ["\N{GRINNING FACE}", '"', "\\", "é", "\N{CJK UNIFIED IDEOGRAPH-4E00}"])
def test_the_longest_ids_there_can_be_have_a_token_that_is_believed(character: str) -> None:
    path = GenerationPath(user_id=character * 128, media_type=MediaType.VIDEOS, file_uid="x" * 128)
    hint = dataclasses.replace(HINT, path=path)

    token = hint.sign(SECRET)

    assert is_user_id(path.user_id)
    assert len(token) <= MAX_TOKEN_LENGTH
    assert Hint.verify(token, SECRET, NOW) == hint


def test_the_zone_of_a_time_changes_nothing() -> None:
    elsewhere = timezone(timedelta(hours=-8))
    same = dataclasses.replace(HINT, created_at=HINT.created_at.astimezone(elsewhere))

    assert same.sign(SECRET) == TOKEN


@pytest.mark.parametrize("seconds", [0, 1, 10**9])
def test_a_token_that_is_too_old_is_refused(seconds: int) -> None:
    assert Hint.verify(TOKEN, SECRET, HINT.expires_at + timedelta(seconds=seconds)) is None


def test_a_token_is_good_until_its_last_moment() -> None:
    assert Hint.verify(TOKEN, SECRET, HINT.expires_at - timedelta(microseconds=1)) == HINT


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_no_signature_is_good_for_anything_but_what_it_signed(other: Hint) -> None:
    said, signature = other.sign(SECRET).split(".")

    assert Hint.verify(f"{said}.{SIGNATURE}", SECRET, NOW) is None
    assert Hint.verify(f"{SAID}.{signature}", SECRET, NOW) is None


def test_a_token_of_another_secret_is_refused() -> None:
    assert Hint.verify(HINT.sign(SECRET.upper()), SECRET, NOW) is None
    assert Hint.verify(HINT.sign(SECRET + "x"), SECRET, NOW) is None


@pytest.mark.parametrize("length", range(0, len(TOKEN), 7))
def test_a_token_that_was_cut_off_is_refused(length: int) -> None:
    assert Hint.verify(TOKEN[:length], SECRET, NOW) is None
    assert Hint.verify(TOKEN[len(TOKEN) - length :], SECRET, NOW) is None


@pytest.mark.parametrize("place", range(len(TOKEN)))
def test_a_token_with_one_character_changed_is_refused(place: int) -> None:
    other = "A" if TOKEN[place] != "A" else "B"

    assert Hint.verify(TOKEN[:place] + other + TOKEN[place + 1 :], SECRET, NOW) is None


FORGED = {
    "nothing": "",
    "a dot": ".",
    "dots": "...",
    "no signature": SAID,
    "an empty signature": f"{SAID}.",
    "nothing said": f".{SIGNATURE}",
    "a dot before": f".{TOKEN}",
    "a dot behind": f"{TOKEN}.",
    "two dots": f"{SAID}..{SIGNATURE}",
    "signed twice": f"{TOKEN}.{SIGNATURE}",
    "the wrong way round": f"{SIGNATURE}.{SAID}",
    "padding": f"{SAID}.{SIGNATURE}=",
    "padding before the dot": f"{SAID}=.{SIGNATURE}",
    "a space behind": f"{TOKEN} ",
    "a line feed behind": f"{TOKEN}\n",
    "a null behind": f"{TOKEN}\0",
    "signed with nothing": f"{SAID}.{encoded(b'')}",
    "non-ASCII": f"é{TOKEN}",
    "a non-ASCII signature": f"{SAID}.é",
    "a lookalike digit": TOKEN.replace("1", "\N{FULLWIDTH DIGIT ONE}") + "\N{FULLWIDTH DIGIT ONE}",
    "half of an emoji": f"{TOKEN}\ud800",
    "half of an emoji, signed by nobody": "\ud800.\udfff",
    "JSON": json.dumps(["u1", "images", "f1", "2026-08-01T12:00:00+00:00", 1, 9999999999]),
    "a path": "../../generations/u1/images/f1",
    "far too long": "A" * 10_000_000,
    "too long by one": f"{TOKEN}{'A' * (MAX_TOKEN_LENGTH + 1 - len(TOKEN))}",
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_what_we_did_not_sign_is_refused_and_raises_nothing(token: str) -> None:
    assert Hint.verify(token, SECRET, NOW) is None


@given(token=st.text() | st.binary().map(encoded) | st.tuples(st.just(SAID), st.text()).map(".".join))
def test_no_text_at_all_gets_in(token: str) -> None:
    assert token == TOKEN or Hint.verify(token, SECRET, NOW) is None


CLAIMS: list[Any] = ["u1", "images", "f1", "2026-08-01T12:00:00.123456+00:00", 1, 1785675600]


def claims(**changed: object) -> bytes:
    names = ("user_id", "media_type", "file_uid", "created_at", "attempt", "expires")
    return json.dumps([changed.get(name, claim) for name, claim in zip(names, CLAIMS, strict=True)]).encode()


MISTAKEN = {
    "nothing": b"",
    "no text": b"\xff\xfe",
    "no JSON": b"u1/images/f1",
    "null": b"null",
    "a number": b"5",
    "an object": json.dumps(dict.fromkeys("abcdef", 1)).encode(),
    "too few": json.dumps(CLAIMS[:-1]).encode(),
    "too many": json.dumps([*CLAIMS, 1]).encode(),
    "brackets without end": b"[" * 1_400,
    "a number for a user": claims(user_id=1),
    "no user": claims(user_id=None),
    "an unknown media type": claims(media_type="commands"),
    "a media type that is none": claims(media_type=["images"]),
    "a number for an id": claims(file_uid=1),
    "no time": claims(created_at="yesterday"),
    "a number for a time": claims(created_at=1785675600),
    "a time without its zone": claims(created_at="2026-08-01T12:00:00"),
    "an id that is far too long": claims(file_uid="x" * MAX_TOKEN_LENGTH),
    "attempt 0": claims(attempt=0),
    "an attempt that is text": claims(attempt="1"),
    "an attempt that is true": claims(attempt=True),
    "a broken attempt": claims(attempt=1.5),
    "an end that is text": claims(expires="9999999999"),
    "an end before the epoch": claims(expires=-1),
    "an end beyond the calendar": claims(expires=10**12),
    "an end beyond all numbers": claims(expires=10**30),
    "no end": claims(expires=None),
    "an infinite end": claims().replace(b"1785675600", b"Infinity"),
}


@pytest.mark.parametrize("content", MISTAKEN.values(), ids=MISTAKEN.keys())
def test_what_we_signed_and_is_no_hint_is_refused_and_raises_nothing(content: bytes) -> None:
    """As from another release of this app, or another that shares its secret."""
    assert Hint.verify(signed(content), SECRET, NOW) is None


def test_those_would_have_been_hints_but_for_what_is_wrong_with_them() -> None:
    hint = Hint.verify(signed(claims()), SECRET, NOW)

    assert hint is not None
    assert (hint.path, hint.created_at, hint.attempt) == (IMAGE_PATH, CREATED_AT, 1)


@pytest.mark.parametrize("secret", ["", " ", "secret", SECRET[:-1]], ids=["none", "a blank", "short", "31"])
def test_a_secret_that_is_too_short_is_never_used(secret: str) -> None:
    for use in (
        lambda: check_secret(secret),
        lambda: HINT.sign(secret),
        lambda: Hint.verify(TOKEN, secret, NOW),
        lambda: Hint.verify("", secret, NOW),
    ):
        with pytest.raises(ValueError, match=r"^a webhook's secret must have at least 32 characters$"):
            use()


def test_a_refusal_does_not_tell_the_secret() -> None:
    with pytest.raises(ValueError, match="secret") as refused:
        check_secret("canary")

    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("secret", [SECRET, SECRET * 10, "é" * SHORTEST_SECRET])
def test_a_secret_that_is_long_enough_is_used(secret: str) -> None:
    assert check_secret(secret) == secret
    assert Hint.verify(HINT.sign(secret), secret, NOW) == HINT
