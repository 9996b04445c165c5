"""Each request is handed on as it is, and what it demands of the object that is there is seen to first.

Requests about one object come one at a time, so that nothing happens between the look and the act. That holds for
all who come this way; nobody should write to the emulator directly at the same time. The copy of one object to
another is handed on as if it were about none.
"""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from urllib.parse import quote, urlencode
from weakref import WeakValueDictionary

import aiohttp
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from chaos.storage_preconditions.addressed import Addressed, addressed
from chaos.storage_preconditions.conditions import NONE, Live, conditions_in, refusal
from chaos.storage_preconditions.faults import Faults
from runpod_emulator.fault_answers import reset_connection

MOST_BYTES = 65 * 2**20
LONGEST_IDLE_SECONDS = 2.0  # the emulator closes a connection after five
OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length"}
WRITES = {"POST", "PUT"}
OVER_A_MILLISECOND = 0.0015
"""The emulator's number of a version is the millisecond: the next one must be of another."""
LINKS = re.compile(rb'("(?:selfLink|mediaLink)":")http://[^/"]+')
REASONS = {
    HTTPStatus.PRECONDITION_FAILED: "conditionNotMet",
    HTTPStatus.NOT_FOUND: "notFound",
    HTTPStatus.SERVICE_UNAVAILABLE: "backendError",
    HTTPStatus.TOO_MANY_REQUESTS: "rateLimitExceeded",
}


class Proxy:
    """Stands in front of one emulator."""

    def __init__(self, emulator: str, faults: Faults) -> None:
        self._emulator = emulator
        self._faults = faults
        self._locks: WeakValueDictionary[Addressed, asyncio.Lock] = WeakValueDictionary()
        self._session: aiohttp.ClientSession

    def application(self) -> web.Application:
        """What listens."""
        application = web.Application(client_max_size=MOST_BYTES)
        application.router.add_route("*", "/{anything:.*}", self.answer)
        application.cleanup_ctx.append(self._connected)
        return application

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One request, with what goes wrong with it."""
        body = await request.read()
        if status := self._faults.before():
            return _refused(status)
        answer = await self._carried_out(request, body)
        if self._faults.after():
            reset_connection(request)
        return answer

    async def _connected(self, _: web.Application) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=LONGEST_IDLE_SECONDS)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as self._session:
            yield

    async def _carried_out(self, request: web.Request, body: bytes) -> web.Response:
        about = addressed(request.raw_path, body)
        if about is None:
            return await self._handed_on(request, body)
        async with self._locks.setdefault(about, asyncio.Lock()):
            if status := await self._refusal(request, about):
                return _refused(status)
            answer = await self._handed_on(request, body)
            if request.method in WRITES:
                await asyncio.sleep(OVER_A_MILLISECOND)
            return answer

    async def _refusal(self, request: web.Request, about: Addressed) -> HTTPStatus | None:
        conditions = conditions_in(request.query)
        if not conditions:
            return None
        live = await self._live(about)
        if live == NONE and request.method not in WRITES:
            return None  # the emulator says that it is not there, and so would Cloud Storage
        return refusal(conditions, live)

    async def _live(self, about: Addressed) -> Live:
        path = f"/storage/v1/b/{quote(about.bucket, safe='')}/o/{quote(about.name, safe='')}"
        async with self._session.get(URL(self._emulator + path, encoded=True)) as answer:
            if answer.status == HTTPStatus.NOT_FOUND:
                return NONE
            answer.raise_for_status()
            found = await answer.json()
            return Live(int(found["generation"]), int(found["metageneration"]))

    async def _handed_on(self, request: web.Request, body: bytes) -> web.Response:
        async with self._session.request(
            request.method,
            URL(self._emulator + request.raw_path, encoded=True),
            data=io.BytesIO(body) if body else None,  # aiohttp sends that in pieces
            headers=_without_connection(request.headers),
            skip_auto_headers=("Content-Type", "User-Agent", "Accept", "Accept-Encoding"),
            allow_redirects=False,
        ) as answer:
            content = await answer.read()
            headers = _without_connection(answer.headers)
        if answer.content_type == "application/json":
            content = LINKS.sub(rb"\g<1>http://" + request.host.encode(), content)
        if "Location" in headers and (conditions := conditions_in(request.query)):
            # What is demanded when an upload begins is demanded when it ends.
            headers["Location"] += "&" + urlencode(conditions)
        return web.Response(status=answer.status, reason=answer.reason, headers=headers, body=content)


def _without_connection(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in OF_ONE_CONNECTION)


def _refused(status: HTTPStatus) -> web.Response:
    """As Cloud Storage says it."""
    if status is HTTPStatus.NOT_MODIFIED:
        return web.Response(status=status)
    message = status.description
    errors = [{"domain": "global", "reason": REASONS[status], "message": message}]
    return web.json_response({"error": {"code": status, "message": message, "errors": errors}}, status=status)
