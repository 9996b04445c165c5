"""What every route has in common: the key, the endpoint, a JSON body, and how a refusal is answered."""

import json
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from runpod_emulator.endpoint import Endpoint
from runpod_emulator.errors import (
    BodyTooLargeError,
    EmulatorError,
    EndpointNotFoundError,
    JobEndedError,
    JobNotFoundError,
    MalformedBodyError,
    NotTheHolderError,
    UnauthorizedError,
)
from runpod_emulator.events import record

ENDPOINT = web.AppKey("ENDPOINT", Endpoint)

#: A route's function: the request was found to carry the key and to name the endpoint.
Route = Callable[[web.Request, Endpoint], Awaitable[web.StreamResponse]]

HTTP_STATUS: dict[type[EmulatorError], int] = {
    UnauthorizedError: 401,
    EndpointNotFoundError: 404,
    JobNotFoundError: 404,
    BodyTooLargeError: 413,
    MalformedBodyError: 400,
    JobEndedError: 400,
    NotTheHolderError: 400,
}


def for_clients(route: Route) -> Handler:
    """Open a route to `Authorization: Bearer KEY`."""
    return _guarded(route, authorization="Bearer {key}")


def for_workers(route: Route) -> Handler:
    """Open a route to `Authorization: KEY`, which is how the SDK's worker sends it."""
    return _guarded(route, authorization="{key}")


def _guarded(route: Route, *, authorization: str) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        endpoint = request.app[ENDPOINT]
        if request.headers.get("Authorization") != authorization.format(key=endpoint.settings.api_key):
            message = "the Authorization header is not the key"
            raise UnauthorizedError(message)
        if request.match_info["endpoint"] != endpoint.settings.endpoint_id:
            message = "no such endpoint"
            raise EndpointNotFoundError(message)
        return await route(request, endpoint)

    return guarded


async def read_object(request: web.Request, *, max_bytes: int | None = None) -> dict[str, object]:
    """Read the body as a JSON object, whatever its content type: the SDK's worker calls it a form.

    Raises:
        BodyTooLargeError: It is longer than `max_bytes`.
        MalformedBodyError: It is not a JSON object. `NaN`, which Python's `json` would take, is not JSON.
    """
    body = await request.read()
    if max_bytes is not None and len(body) > max_bytes:
        message = f"the body is longer than {max_bytes} bytes"
        raise BodyTooLargeError(message)
    try:
        parsed = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        message = "the body is not a JSON object"
        raise MalformedBodyError(message)
    return parsed


def _refuse_constant(name: str) -> None:
    message = f"{name} is not JSON"
    raise ValueError(message)


@web.middleware
async def answer_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every refusal, aiohttp's own included, as `{"error": …}`; log ours."""
    try:
        return await handler(request)
    except EmulatorError as refusal:
        status = HTTP_STATUS[type(refusal)]
        record(
            "request_refused",
            level=logging.WARNING,
            http=status,
            why=type(refusal).__name__,
            path=request.path,
            **refusal.fields,
        )
        return web.json_response({"error": str(refusal)}, status=status)
    except web.HTTPException as refusal:
        return web.json_response({"error": refusal.reason}, status=refusal.status)
