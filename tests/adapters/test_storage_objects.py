"""The Storage adapter, where Storage does not do its part."""

import base64
import contextlib
import gc
import gzip
import hashlib
import itertools
import json
import socket
import threading
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from contracts.errors import ObjectExists, ObjectTooLarge
from contracts.ports import StoreUnavailable
from contracts.stored_object import StoredObject
from tests.adapters.http_server import Answer, hangs_until_the_client_leaves, http_server, resets, says, says_json
from tests.adapters.object_store_suite import METADATA, a_file, a_path
from tests.adapters.storage_bucket import storage_objects

CONTENT = b"a picture"
PATH = a_path("f1")
(NAME,) = PATH.object_names("png", 1)


@pytest.fixture(autouse=True)
def nothing_but_our_own_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library also asks once for the bucket's place, in the background, for traces that we do not take."""
    monkeypatch.setenv("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")


def stored(content: bytes = CONTENT) -> dict[str, Any]:
    """What Storage answers to an upload."""
    md5 = hashlib.md5(content, usedforsecurity=False).digest()
    return {"name": NAME, "generation": "5", "md5Hash": base64.b64encode(md5).decode(), "metadata": METADATA}


def in_turn(*answers: Answer) -> Answer:
    """One after the other; the last one for ever."""
    following = itertools.chain(answers, itertools.repeat(answers[-1]))

    def answer(connection: socket.socket) -> None:
        next(following)(connection)

    return answer


PASSING = {
    "500": says(500),
    "502": says(502, b"<html>"),
    "503": says(503),
    "429": says(429),
    "408": says(408),
    "a reset": resets,
}


@pytest.mark.parametrize("answer", PASSING.values(), ids=PASSING.keys())
def test_what_passes_is_tried_again(answer: Answer) -> None:
    with http_server(in_turn(answer, answer, says_json(200, stored()))) as server:
        put = storage_objects(server.url, retry_seconds=10).put(a_file(NAME), METADATA, replacing=0)

    assert put.generation == 5
    assert len(server.requests) == 3
    assert all("ifGenerationMatch=0" in request.target for request in server.requests)


LASTING = {
    "400": says(400),
    "401": says(401),
    "403": says_json(403, {"error": {"message": "no secret-canary"}}),
    "404": says(404),
    "503 for ever": says(503),
    "a reset for ever": resets,
    "an HTML page": says(200, b"<html>secret-canary</html>"),
}


@pytest.mark.parametrize("answer", LASTING.values(), ids=LASTING.keys())
def test_what_lasts_is_unavailable_and_repeats_nothing(answer: Answer) -> None:
    with http_server(answer) as server:
        objects = storage_objects(server.url, retry_seconds=0.2)
        with pytest.raises(StoreUnavailable) as putting:
            objects.put(a_file(NAME), METADATA, replacing=0)
        with pytest.raises(StoreUnavailable) as finding:
            objects.find(PATH)

    for raised in (putting, finding):
        assert "secret-canary" not in str(raised.value)


def test_a_name_that_another_version_has_is_taken() -> None:
    with http_server(says(412)) as server, pytest.raises(ObjectExists, match=NAME):
        storage_objects(server.url).put(a_file(NAME), METADATA, replacing=0)

    assert len(server.requests) == 1


def test_a_file_that_arrived_damaged_is_unavailable() -> None:
    with http_server(says_json(200, stored(b"another picture"))) as server:
        objects = storage_objects(server.url)

        with pytest.raises(StoreUnavailable, match="holds other bytes"):
            objects.put(a_file(NAME), METADATA, replacing=0)


def test_the_upload_carries_everything_at_once() -> None:
    """Metadata that came later could be missing when another attempt looks."""
    with http_server(says_json(200, stored())) as server:
        storage_objects(server.url).put(a_file(NAME), METADATA, replacing=7)

    (request,) = server.requests
    assert "uploadType=multipart" in request.target
    assert "ifGenerationMatch=7" in request.target
    described = json.loads(request.body.split(b"\r\n\r\n")[1].split(b"\r\n--")[0])
    assert described["metadata"].items() >= METADATA.items()
    assert described["metadata"]["firebaseStorageDownloadTokens"]
    assert described["cacheControl"] == "private, max-age=86400"
    assert CONTENT in request.body


@pytest.mark.parametrize("status", [404, 412])
def test_removing_what_is_gone_or_another_version_does_nothing(status: int) -> None:
    with http_server(says(status)) as server:
        storage_objects(server.url).remove(StoredObject(name=NAME, generation=5, metadata={}))

    (request,) = server.requests
    assert request.method == "DELETE"
    assert "ifGenerationMatch=5" in request.target


def test_removing_where_storage_refuses_is_unavailable() -> None:
    with http_server(says(403)) as server, pytest.raises(StoreUnavailable, match="could not remove"):
        storage_objects(server.url).remove(StoredObject(name=NAME, generation=5, metadata={}))


def test_nobody_there_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(StoreUnavailable):
        storage_objects(f"http://127.0.0.1:{port}", retry_seconds=0.2).find(PATH)


def test_a_storage_that_says_nothing_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.storage_objects.CALL_TIMEOUT_SECONDS", 0.1)

    with http_server(hangs_until_the_client_leaves) as server, pytest.raises(StoreUnavailable):
        storage_objects(server.url, retry_seconds=0.2).find(PATH)


def test_all_objects_are_listed_page_by_page_from_the_folder_of_all_generations() -> None:
    def page(number: int, **more: str) -> Answer:
        one = stored() | {"name": f"generating/u1/image/f{number}.png", "timeCreated": "2026-08-01T12:00:00.000Z"}
        young = one | {"name": "generating/u1/image/young.png", "timeCreated": "2026-08-01T12:00:00.001Z"}
        return says_json(200, {"items": [one, young], **more})

    with http_server(in_turn(page(1, nextPageToken="more"), says(503), page(2))) as server:
        objects = storage_objects(server.url, retry_seconds=10)
        found = iter(objects.all(stored_before=datetime(2026, 8, 1, 12, tzinfo=UTC)))
        first = next(found)
        asked_for_the_first = len(server.requests)
        rest = list(found)

    assert [one.name for one in (first, *rest)] == ["generating/u1/image/f1.png", "generating/u1/image/f2.png"]
    assert asked_for_the_first == 1
    assert all("prefix=generating%2F" in request.target for request in server.requests)
    assert ["pageToken=more" in request.target for request in server.requests] == [False, True, True]


def test_a_listing_that_breaks_off_is_unavailable_and_gives_what_it_had() -> None:
    one = stored() | {"timeCreated": "2026-08-01T12:00:00Z"}
    first = says_json(200, {"items": [one], "nextPageToken": "more"})

    with http_server(in_turn(first, says(403))) as server:
        found = iter(storage_objects(server.url).all(stored_before=datetime(2026, 8, 2, tzinfo=UTC)))

        assert next(found).name == NAME
        with pytest.raises(StoreUnavailable, match="could not list"):
            next(found)


UPLOAD = "uploads/u1/a.png"
MOST = len(CONTENT)


def held(content: bytes = CONTENT) -> Answer:
    """What Storage says of an upload that it holds."""
    return says_json(200, stored(content) | {"name": UPLOAD, "size": str(len(content))})


@pytest.fixture
def unread_answers_are_let_go() -> Iterator[None]:
    """The library closes no answer that is an error: its socket waits for the collector, which would say so."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.mark.usefixtures("unread_answers_are_let_go")
@pytest.mark.parametrize("answer", PASSING.values(), ids=PASSING.keys())
def test_a_reading_that_fails_in_passing_is_tried_again(answer: Answer) -> None:
    with http_server(in_turn(answer, held(), answer, says(200, CONTENT))) as server:
        content = storage_objects(server.url, retry_seconds=10).read(UPLOAD, at_most=MOST)

    assert content == CONTENT
    assert len(server.requests) == 4


def test_what_was_looked_at_is_what_is_read() -> None:
    """And as it was uploaded: Storage unpacks nothing for those who say that they take gzip."""
    with http_server(in_turn(held(), says(200, CONTENT))) as server:
        storage_objects(server.url).read(UPLOAD, at_most=MOST)

    look, download = server.requests
    assert "generation=5" not in look.target
    assert "generation=5" in download.target
    assert "alt=media" in download.target
    assert download.headers["accept-encoding"] == "gzip"


def test_nothing_is_downloaded_of_what_is_too_large() -> None:
    with http_server(in_turn(held(), says(200, CONTENT))) as server, pytest.raises(ObjectTooLarge):
        storage_objects(server.url).read(UPLOAD, at_most=MOST - 1)

    assert len(server.requests) == 1


def test_a_download_that_goes_on_and_on_is_left() -> None:
    """Whatever was said of its size before."""
    left = threading.Event()

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(b"x" * 65_536)
        left.set()

    with http_server(in_turn(held(), endless)) as server:
        with pytest.raises(ObjectTooLarge):
            storage_objects(server.url).read(UPLOAD, at_most=MOST)
        assert left.wait(10)


def test_what_was_uploaded_packed_is_read_packed() -> None:
    """Ten thousand bytes, unpacked by the client, would be ten million."""
    packed = gzip.compress(bytes(10_000_000))
    answer = says(200, packed, "Content-Encoding: gzip")

    with http_server(in_turn(held(packed), answer)) as server:
        content = storage_objects(server.url).read(UPLOAD, at_most=len(packed))

    assert content == packed


@pytest.mark.usefixtures("unread_answers_are_let_go")
def test_a_download_that_breaks_off_goes_on() -> None:
    half = len(CONTENT) // 2

    def breaks_off(connection: socket.socket) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONTENT)}\r\n\r\n"
        connection.sendall(head.encode() + CONTENT[:half])

    rest = says(206, CONTENT[half:], f"Content-Range: bytes {half}-{len(CONTENT) - 1}/{len(CONTENT)}")
    with http_server(in_turn(held(), breaks_off, rest)) as server:
        content = storage_objects(server.url, retry_seconds=10).read(UPLOAD, at_most=MOST)

    assert content == CONTENT
    assert server.requests[-1].headers["range"] == f"bytes={half}-"


@pytest.mark.parametrize("arrives", [b"a pictur!", b"a pict", b""], ids=["damaged", "short", "nothing"])
def test_a_download_that_arrives_otherwise_is_unavailable(arrives: bytes) -> None:
    with http_server(in_turn(held(), says(200, arrives))) as server:
        objects = storage_objects(server.url)

        with pytest.raises(StoreUnavailable, match="other bytes"):
            objects.read(UPLOAD, at_most=MOST)


def test_where_there_is_nothing_nothing_is_read() -> None:
    with http_server(says(404)) as server:
        assert storage_objects(server.url).read(UPLOAD, at_most=MOST) is None

    assert len(server.requests) == 1


LASTING_READS = LASTING | {
    "404 for the bytes": in_turn(held(), says(404)),
    "a body that always breaks off": lambda connection: connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na pic"
    ),
    "no HTTP": lambda connection: connection.sendall(b"secret-canary\r\n\r\n"),
}
del LASTING_READS["404"]


@pytest.mark.usefixtures("unread_answers_are_let_go")
@pytest.mark.parametrize("answer", LASTING_READS.values(), ids=LASTING_READS.keys())
def test_a_reading_that_fails_for_good_is_unavailable_and_repeats_nothing(answer: Answer) -> None:
    with http_server(answer) as server, pytest.raises(StoreUnavailable) as reading:
        storage_objects(server.url, retry_seconds=0.2).read(UPLOAD, at_most=MOST)

    assert "secret-canary" not in str(reading.value)


@pytest.mark.usefixtures("unread_answers_are_let_go")
@pytest.mark.parametrize("answer", [says(503), resets, says(403)], ids=["503", "a reset", "403"])
def test_a_download_that_fails_for_good_is_unavailable(answer: Answer) -> None:
    with http_server(in_turn(held(), answer)) as server, pytest.raises(StoreUnavailable, match="could not read"):
        storage_objects(server.url, retry_seconds=0.2).read(UPLOAD, at_most=MOST)
