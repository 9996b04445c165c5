"""What RunPod can answer, and what becomes of it: one POST each time, one outcome, no secret told."""

import contextlib
import json
import logging
import socket
import traceback

import aiohttp
import pytest

from adapters.runpod_http import CANCEL_TIMEOUT, LOOK_TIMEOUT, MAX_RESULT_BYTES, SUBMIT_TIMEOUT, RunPodHttp
from contracts.errors import Broken, ErrorCode, FailedStage, GenerationFailed, Unavailable
from contracts.runpod_job import RunPodJob, RunPodStatus
from tests.adapters.http_server import (
    Answer,
    hangs_until_the_client_leaves,
    http_server,
    resets,
    says,
    says_json,
)

API_KEY = "rpa_VERY-SECRET"
PROMPT = "a very private prompt"
BODY = {"input": {"prompt": PROMPT}, "policy": {"ttl": 1000}}
SHORT = aiohttp.ClientTimeout(total=0.5)


def runpod(url: str, submit_timeout: aiohttp.ClientTimeout = SUBMIT_TIMEOUT) -> RunPodHttp:
    return RunPodHttp(base_url=url, endpoint_id="e1", api_key=API_KEY, submit_timeout=submit_timeout)


def in_two_pieces(connection: socket.socket) -> None:
    """As a network may deliver it: the rest leaves when the client has had time to read the beginning."""
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"id":')
    connection.settimeout(0.2)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    connection.sendall(b'"job-2"}  ')


def stops_halfway(connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"id": "job-1"')


def never_ends(connection: socket.socket) -> None:
    """Fails where the client takes more than what fits into the buffers in between."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    with pytest.raises(OSError, match=r"Broken pipe|reset"):
        connection.sendall(b" " * 100_000_000)


def says_too_much(connection: socket.socket) -> None:
    """Good JSON, if only anybody read it to its end. Who does not, may leave before it is sent."""
    with contextlib.suppress(OSError):
        says_json(200, {"status": "COMPLETED", "output": "A" * 2 * MAX_RESULT_BYTES})(connection)


@pytest.mark.parametrize("status", [200, 201, 202])
def test_an_accepted_job_has_the_id_that_runpod_gave(status: int) -> None:
    with http_server(says_json(status, {"id": "ab_C-9-u1", "status": "IN_QUEUE"})) as server:
        assert runpod(server.url).submit(BODY) == "ab_C-9-u1"

    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/e1/run")
    assert request.headers["authorization"] == f"Bearer {API_KEY}"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == BODY


def test_a_slash_at_the_end_of_the_base_url_changes_nothing() -> None:
    with http_server(says_json(200, {"id": "job-1"})) as server:
        runpod(server.url + "/v2/").submit(BODY)

    assert server.requests[0].target == "/v2/e1/run"


def test_an_answer_that_comes_in_pieces_is_read_whole() -> None:
    with http_server(in_two_pieces) as server:
        assert runpod(server.url).submit(BODY) == "job-2"


UNREADABLE = ErrorCode.RUNPOD_UNREADABLE
UNREACHABLE = ErrorCode.RUNPOD_UNREACHABLE


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        pytest.param(says(400, PROMPT.encode()), Broken, ErrorCode.RUNPOD_REFUSED, id="400 that echoes"),
        pytest.param(says(401, API_KEY.encode()), Broken, ErrorCode.RUNPOD_UNAUTHORIZED, id="401 that echoes"),
        pytest.param(says(402), Broken, ErrorCode.RUNPOD_NO_CREDIT, id="402"),
        pytest.param(says(403), Broken, ErrorCode.RUNPOD_UNAUTHORIZED, id="403"),
        pytest.param(says(404), Broken, ErrorCode.RUNPOD_ENDPOINT_NOT_FOUND, id="404"),
        pytest.param(says(408), Unavailable, ErrorCode.RUNPOD_UNAVAILABLE, id="408"),
        pytest.param(says(418), Broken, ErrorCode.RUNPOD_REFUSED, id="418"),
        pytest.param(says(425), Unavailable, ErrorCode.RUNPOD_UNAVAILABLE, id="425"),
        pytest.param(says(429), Unavailable, ErrorCode.RUNPOD_BUSY, id="429"),
        pytest.param(says(500), Unavailable, ErrorCode.RUNPOD_UNAVAILABLE, id="500"),
        pytest.param(says(502, b"<html>"), Unavailable, ErrorCode.RUNPOD_UNAVAILABLE, id="502"),
        pytest.param(says_json(503, {"id": "j"}), Unavailable, ErrorCode.RUNPOD_UNAVAILABLE, id="503 with an id"),
        pytest.param(says(200, b"<html>"), Unavailable, UNREADABLE, id="garbage"),
        pytest.param(says(200, b"\xff\xfe\xfa"), Unavailable, UNREADABLE, id="no text at all"),
        pytest.param(says(200), Unavailable, UNREADABLE, id="nothing in it"),
        pytest.param(says_json(200, ["id"]), Unavailable, UNREADABLE, id="a list"),
        pytest.param(says_json(200, None), Unavailable, UNREADABLE, id="null"),
        pytest.param(says_json(200, "id"), Unavailable, UNREADABLE, id="a text"),
        pytest.param(says_json(200, {"status": "IN_QUEUE"}), Unavailable, UNREADABLE, id="no id"),
        pytest.param(says_json(200, {"id": 7}), Unavailable, UNREADABLE, id="an id that is a number"),
        pytest.param(says_json(200, {"id": ""}), Unavailable, UNREADABLE, id="an empty id"),
        pytest.param(says_json(200, {"id": "../x?y"}), Unavailable, UNREADABLE, id="an id with a path in it"),
        pytest.param(says_json(200, {"id": "job\n"}), Unavailable, UNREADABLE, id="an id with a line feed"),
        pytest.param(says_json(200, {"id": "j" * 129}), Unavailable, UNREADABLE, id="an id of 129 characters"),
        pytest.param(says(200, b"[" * 60_000), Unavailable, UNREADABLE, id="brackets without end"),
        pytest.param(never_ends, Unavailable, UNREADABLE, id="a body of a gigabyte"),
        pytest.param(stops_halfway, Unavailable, UNREACHABLE, id="half an answer"),
        pytest.param(says(302, b"", "Location: /elsewhere"), Unavailable, ErrorCode.RUNPOD_UNAVAILABLE, id="302"),
        pytest.param(says(307, b"", "Location: /elsewhere"), Unavailable, ErrorCode.RUNPOD_UNAVAILABLE, id="307"),
        pytest.param(resets, Unavailable, UNREACHABLE, id="a reset"),
        pytest.param(lambda _: None, Unavailable, UNREACHABLE, id="a connection closed at once"),
        pytest.param(
            lambda connection: connection.sendall(b"SSH-2.0\r\n"), Unavailable, UNREACHABLE, id="no HTTP"
        ),
    ],
)
def test_whatever_else_runpod_does_is_one_post_and_one_outcome_and_tells_no_secret(
    answer: Answer, kind: type[GenerationFailed], code: ErrorCode, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with http_server(answer) as server, pytest.raises(GenerationFailed) as caught:
        runpod(server.url).submit(BODY)

    assert type(caught.value) is kind
    assert caught.value.failure.code is code
    assert caught.value.failure.stage is FailedStage.DISPATCHING
    assert [(request.method, request.target) for request in server.requests] == [("POST", "/e1/run")]
    _assert_no_secret(caught.value, caplog.text)


def test_a_server_that_never_answers_is_waited_for_no_longer_than_the_limit() -> None:
    with http_server(hangs_until_the_client_leaves) as server, pytest.raises(Unavailable) as caught:
        runpod(server.url, SHORT).submit(BODY)

    assert caught.value.failure.code is UNREACHABLE
    assert len(server.requests) == 1


def test_the_limits_are_the_designs() -> None:
    assert (SUBMIT_TIMEOUT.total, SUBMIT_TIMEOUT.sock_connect) == (8.0, 3.0)
    assert CANCEL_TIMEOUT.total == 3.0
    assert (LOOK_TIMEOUT.total, LOOK_TIMEOUT.sock_connect) == (15.0, 3.0)


def test_where_nobody_listens_runpod_is_unreachable(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Unavailable) as caught:
        runpod(_url_where_nobody_listens()).submit(BODY)

    assert caught.value.failure.code is UNREACHABLE
    _assert_no_secret(caught.value, caplog.text)


@pytest.mark.parametrize("url", ["api.runpod.ai", "http://no such host/v2", "http://[::1"])
def test_a_base_url_that_is_none_is_unreachable_too(url: str) -> None:
    with pytest.raises(Unavailable) as caught:
        runpod(url).submit(BODY)

    assert caught.value.failure.code is UNREACHABLE


def test_the_adapter_does_not_show_its_key() -> None:
    assert API_KEY not in repr(runpod("http://127.0.0.1"))


@pytest.mark.parametrize(
    ("answer", "will_end"),
    [
        pytest.param(says_json(200, {"id": "job-1", "status": "CANCELLED"}), True, id="200"),
        pytest.param(says(401), False, id="401"),
        pytest.param(says(404), False, id="404"),
        pytest.param(says(500), False, id="500"),
        pytest.param(says(307, b"", "Location: /elsewhere"), False, id="307"),
        pytest.param(resets, False, id="a reset"),
        pytest.param(stops_halfway, False, id="half an answer"),
    ],
)
def test_a_job_is_cancelled_as_well_as_may_be(answer: Answer, *, will_end: bool) -> None:
    with http_server(answer) as server:
        assert runpod(server.url).cancel("job-1") is will_end

    assert [(request.method, request.target) for request in server.requests] == [("POST", "/e1/cancel/job-1")]
    assert server.requests[0].headers["authorization"] == f"Bearer {API_KEY}"
    assert server.requests[0].body == b""


def test_a_cancel_where_nobody_listens_is_no_error() -> None:
    assert runpod(_url_where_nobody_listens()).cancel("job-1") is False


RESULT = {"outcome": "completed", "object_paths": ["generating/u1/image/f1.png"]}


@pytest.mark.parametrize("status", RunPodStatus)
def test_a_job_is_looked_at_without_changing_anything(status: RunPodStatus) -> None:
    answer = says_json(
        200, {"id": "job-1", "status": status.value, "output": RESULT, "delayTime": 5, "error": "x"}
    )
    with http_server(answer) as server:
        assert runpod(server.url).look("job-1") == RunPodJob(status=status, output=RESULT)

    (request,) = server.requests
    assert (request.method, request.target) == ("GET", "/e1/status/job-1")
    assert request.headers["authorization"] == f"Bearer {API_KEY}"
    assert request.body == b""


def test_a_job_that_has_brought_nothing_yet_has_no_output() -> None:
    with http_server(says_json(200, {"id": "job-1", "status": "IN_QUEUE"})) as server:
        assert runpod(server.url).look("job-1") == RunPodJob(status=RunPodStatus.IN_QUEUE, output=None)


@pytest.mark.parametrize("output", [None, "text", 5, [1], {}, {"deep": [{}]}], ids=str)
def test_an_output_is_handed_on_as_it_is(output: object) -> None:
    with http_server(says_json(200, {"status": "COMPLETED", "output": output})) as server:
        assert runpod(server.url).look("job-1") == RunPodJob(status=RunPodStatus.COMPLETED, output=output)


def test_the_largest_result_that_runpod_takes_is_read_whole() -> None:
    output = {"base64": "A" * 10_000_000}
    with http_server(says_json(200, {"status": "COMPLETED", "output": output})) as server:
        assert runpod(server.url).look("job-1") == RunPodJob(status=RunPodStatus.COMPLETED, output=output)


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"status": "COMPLETED"}'])
def test_a_job_that_runpod_does_not_know_any_more_is_none(body: bytes) -> None:
    with http_server(says(404, body)) as server:
        assert runpod(server.url).look("job-1") is None

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        pytest.param(says(400), Broken, ErrorCode.RUNPOD_REFUSED, id="400"),
        pytest.param(says(401, API_KEY.encode()), Broken, ErrorCode.RUNPOD_UNAUTHORIZED, id="401 that echoes"),
        pytest.param(says(402), Broken, ErrorCode.RUNPOD_NO_CREDIT, id="402"),
        pytest.param(says(403), Broken, ErrorCode.RUNPOD_UNAUTHORIZED, id="403"),
        pytest.param(says(410), Broken, ErrorCode.RUNPOD_REFUSED, id="410"),
        pytest.param(says(429), Unavailable, ErrorCode.RUNPOD_BUSY, id="429"),
        pytest.param(says(500), Unavailable, ErrorCode.RUNPOD_UNAVAILABLE, id="500"),
        pytest.param(says_json(503, {"status": "FAILED"}), Unavailable, ErrorCode.RUNPOD_UNAVAILABLE, id="503"),
        pytest.param(says_json(202, {"status": "FAILED"}), Unavailable, ErrorCode.RUNPOD_UNAVAILABLE, id="202"),
        pytest.param(says(204), Unavailable, ErrorCode.RUNPOD_UNAVAILABLE, id="204"),
        pytest.param(says(302, b"", "Location: /elsewhere"), Unavailable, ErrorCode.RUNPOD_UNAVAILABLE, id="302"),
        pytest.param(says(200), Unavailable, UNREADABLE, id="nothing in it"),
        pytest.param(says(200, b"<html>"), Unavailable, UNREADABLE, id="garbage"),
        pytest.param(says(200, b"\xff\xfe\xfa"), Unavailable, UNREADABLE, id="no text at all"),
        pytest.param(says(200, b"[" * 200_000), Unavailable, UNREADABLE, id="brackets without end"),
        pytest.param(says(200, b"9" * 5_000), Unavailable, UNREADABLE, id="a number without end"),
        pytest.param(says_json(200, None), Unavailable, UNREADABLE, id="null"),
        pytest.param(says_json(200, "COMPLETED"), Unavailable, UNREADABLE, id="a text"),
        pytest.param(says_json(200, [{"status": "COMPLETED"}]), Unavailable, UNREADABLE, id="a list"),
        pytest.param(says_json(200, {}), Unavailable, UNREADABLE, id="no state"),
        pytest.param(says_json(200, {"status": "DONE"}), Unavailable, UNREADABLE, id="an unknown state"),
        pytest.param(says_json(200, {"status": "completed"}), Unavailable, UNREADABLE, id="a state in small"),
        pytest.param(says_json(200, {"status": None}), Unavailable, UNREADABLE, id="a state that is null"),
        pytest.param(says_json(200, {"status": ["FAILED"]}), Unavailable, UNREADABLE, id="a state in a list"),
        pytest.param(says_json(200, {"status": {}}), Unavailable, UNREADABLE, id="a state that is an object"),
        pytest.param(says_too_much, Unavailable, UNREADABLE, id="a result that is too long"),
        pytest.param(never_ends, Unavailable, UNREADABLE, id="a body of a gigabyte"),
        pytest.param(stops_halfway, Unavailable, UNREACHABLE, id="half an answer"),
        pytest.param(resets, Unavailable, UNREACHABLE, id="a reset"),
        pytest.param(lambda _: None, Unavailable, UNREACHABLE, id="a connection closed at once"),
    ],
)
def test_whatever_else_runpod_says_of_a_job_is_no_word_about_it_and_tells_no_secret(
    answer: Answer, kind: type[GenerationFailed], code: ErrorCode, caplog: pytest.LogCaptureFixture
) -> None:
    """A job that is taken for lost is made again, and paid for again."""
    caplog.set_level(logging.DEBUG)
    with http_server(answer) as server, pytest.raises(GenerationFailed) as caught:
        runpod(server.url).look("job-1")

    assert type(caught.value) is kind
    assert caught.value.failure.code is code
    assert len(server.requests) in {1, 2}  # aiohttp repeats a reading whose connection broke
    _assert_no_secret(caught.value, caplog.text)


def test_a_look_is_not_waited_for_longer_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.runpod_http.LOOK_TIMEOUT", SHORT)

    with http_server(hangs_until_the_client_leaves) as server, pytest.raises(Unavailable) as caught:
        runpod(server.url).look("job-1")

    assert caught.value.failure.code is UNREACHABLE


def test_a_look_where_nobody_listens_is_no_word_about_the_job() -> None:
    with pytest.raises(Unavailable) as caught:
        runpod(_url_where_nobody_listens()).look("job-1")

    assert caught.value.failure.code is UNREACHABLE


def _url_where_nobody_listens() -> str:
    with socket.create_server(("127.0.0.1", 0)) as once:
        return f"http://127.0.0.1:{once.getsockname()[1]}"


def _assert_no_secret(error: GenerationFailed, logged: str) -> None:
    told = "".join([repr(error), str(error), repr(error.failure), *traceback.format_exception(error), logged])
    assert API_KEY not in told
    assert PROMPT not in told
