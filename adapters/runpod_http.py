"""`RunPodQueue` over RunPod's HTTP API (https://docs.runpod.io/serverless/endpoints/send-requests).

Not through the runpod package: its client waits 10 s, cannot be told otherwise, and takes 1.5 s to import, which
a function would pay at every cold start.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import aiohttp

from contracts.errors import Broken, ErrorCode, FailedStage, GenerationFailed, Unavailable
from contracts.runpod_job import RunPodJob, RunPodStatus

SUBMIT_TIMEOUT = aiohttp.ClientTimeout(total=8.0, sock_connect=3.0)
CANCEL_TIMEOUT = aiohttp.ClientTimeout(total=3.0)
LOOK_TIMEOUT = aiohttp.ClientTimeout(total=15.0, sock_connect=3.0)
MAX_ANSWER_BYTES = 64 * 1024
MAX_RESULT_BYTES = 12 * 1024 * 1024  # of a status with a result in it; RunPod takes 10 MB
JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}
"""Of the answers that say that a request is no good. A redirect, as of a proxy on the way, says as little."""
OPERATOR = "The operator of this app has to act."
LATER = "Try again later."


class RunPodHttp:
    """One endpoint."""

    def __init__(
        self,
        *,
        base_url: str,
        endpoint_id: str,
        api_key: str,
        submit_timeout: aiohttp.ClientTimeout = SUBMIT_TIMEOUT,
    ) -> None:
        self._endpoint = f"{base_url.rstrip('/')}/{endpoint_id}"
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._submit_timeout = submit_timeout

    def submit(self, body: Mapping[str, Any]) -> str:
        """See `RunPodQueue.submit`. Takes 8 s at most, 3 s of them to connect."""
        try:
            status, answer = asyncio.run(self._ask("POST", "/run", self._submit_timeout, body=body))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unreachable() from error
        if status not in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED}:
            raise _refusal(status)
        return _job_id(answer)

    def look(self, runpod_job_id: str) -> RunPodJob | None:
        """See `RunPodQueue.look`."""
        try:
            status, answer = asyncio.run(
                self._ask("GET", f"/status/{runpod_job_id}", LOOK_TIMEOUT, most=MAX_RESULT_BYTES)
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unreachable() from error
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status != HTTPStatus.OK:
            raise _refusal(status)
        return _job(answer)

    def cancel(self, runpod_job_id: str) -> bool:
        """See `RunPodQueue.cancel`."""
        try:
            status, _ = asyncio.run(self._ask("POST", f"/cancel/{runpod_job_id}", CANCEL_TIMEOUT))
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False
        return status == HTTPStatus.OK

    async def _ask(
        self,
        method: str,
        suffix: str,
        limit: aiohttp.ClientTimeout,
        *,
        body: Mapping[str, Any] | None = None,
        most: int = MAX_ANSWER_BYTES,
    ) -> tuple[int, bytes]:
        async with (
            aiohttp.ClientSession(timeout=limit, headers=self._headers) as session,
            session.request(method, self._endpoint + suffix, json=body, allow_redirects=False) as response,
        ):
            return response.status, await _read(response, most)


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The whole answer, however many pieces it comes in; of one that is far too long, the beginning."""
    answer = bytearray()
    async for piece in response.content.iter_any():
        answer += piece
        if len(answer) > most:
            break
    return bytes(answer)


def _refusal(status: int) -> GenerationFailed:
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return _broken(ErrorCode.RUNPOD_UNAUTHORIZED, f"RunPod refused this app's API key. {OPERATOR}")
    if status == HTTPStatus.PAYMENT_REQUIRED:
        return _broken(ErrorCode.RUNPOD_NO_CREDIT, f"This app's RunPod account has no credit left. {OPERATOR}")
    if status == HTTPStatus.NOT_FOUND:
        return _broken(
            ErrorCode.RUNPOD_ENDPOINT_NOT_FOUND, f"RunPod does not know this app's endpoint. {OPERATOR}"
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _unavailable(ErrorCode.RUNPOD_BUSY, f"Too many requests are on their way to RunPod. {LATER}")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status < HTTPStatus.BAD_REQUEST or status in PASSING:
        return _unavailable(ErrorCode.RUNPOD_UNAVAILABLE, f"RunPod has a problem of its own just now. {LATER}")
    return _broken(ErrorCode.RUNPOD_REFUSED, f"RunPod refused this job. {OPERATOR}")


def _job_id(answer: bytes) -> str:
    try:
        job_id = json.loads(answer)["id"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unreadable() from error
    if not isinstance(job_id, str) or not JOB_ID.fullmatch(job_id):
        raise _unreadable()
    return job_id


def _job(answer: bytes) -> RunPodJob:
    try:
        said = json.loads(answer)
        return RunPodJob(status=RunPodStatus(said["status"]), output=said.get("output"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _unreadable() from error


def _unreachable() -> GenerationFailed:
    return _unavailable(ErrorCode.RUNPOD_UNREACHABLE, f"RunPod could not be reached, or did not answer. {LATER}")


def _unreadable() -> GenerationFailed:
    return _unavailable(ErrorCode.RUNPOD_UNREADABLE, f"RunPod's answer could not be read. {LATER}")


def _unavailable(code: ErrorCode, message: str) -> Unavailable:
    return Unavailable(code, FailedStage.DISPATCHING, message)


def _broken(code: ErrorCode, message: str) -> Broken:
    return Broken(code, FailedStage.DISPATCHING, message)
