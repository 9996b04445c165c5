"""What every route has in common: the key, the endpoint, the limits, the faults, and how a refusal is answered."""

import hmac
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from runpod_emulator.endpoint import Endpoint
from runpod_emulator.errors import EmulatorError, EndpointNotFoundError, UnauthorizedError
from runpod_emulator.fault_answers import answer_with_faults, spoil_poll

ENDPOINT = web.AppKey("ENDPOINT", Endpoint)

#: A route's function: the request was found to carry the key and to name the endpoint.
Route = Callable[[web.Request, Endpoint], Awaitable[web.StreamResponse]]


def for_clients(operation: str, route: Route) -> Handler:
    """Open a route to `Authorization: Bearer KEY`, as often as the operation's limit allows."""

    async def answer(request: web.Request) -> web.StreamResponse:
        endpoint = request.app[ENDPOINT]
        key = endpoint.settings.api_key
        allowed = (f"Bearer {key}", key) if endpoint.settings.accept_raw_client_key else (f"Bearer {key}",)
        _check(request, endpoint, allowed)
        if not endpoint.settings.rate_limits:
            return await answer_with_faults(operation, route, request, endpoint)
        with endpoint.rate_limits.let_in(operation, running_workers=len(endpoint.queue.busy_workers())):
            return await answer_with_faults(operation, route, request, endpoint)

    return answer


def for_workers(operation: str, route: Route) -> Handler:
    """Open a route to `Authorization: KEY`, which is how the SDK's worker sends it."""

    async def answer(request: web.Request) -> web.StreamResponse:
        endpoint = request.app[ENDPOINT]
        _check(request, endpoint, (endpoint.settings.api_key,))
        return await answer_with_faults(operation, route, request, endpoint)

    return answer


def for_polls(operation: str, route: Route) -> Handler:
    """Open a long poll to workers. What goes wrong with it does so before it takes anything."""

    async def answer(request: web.Request) -> web.StreamResponse:
        endpoint = request.app[ENDPOINT]
        _check(request, endpoint, (endpoint.settings.api_key,))
        spoiled = await spoil_poll(operation, request, endpoint)
        return spoiled or await route(request, endpoint)

    return answer


def has_key(request: web.Request, allowed: tuple[str, ...]) -> bool:
    """Whether the request carries one of these as Authorization."""
    said = request.headers.get("Authorization", "").encode(errors="surrogateescape")
    return any(hmac.compare_digest(said, key.encode()) for key in allowed)


def _check(request: web.Request, endpoint: Endpoint, allowed: tuple[str, ...]) -> None:
    if not has_key(request, allowed):
        message = "the Authorization header is not the key"
        raise UnauthorizedError(message)
    if request.match_info["endpoint"] != endpoint.settings.endpoint_id:
        message = "no such endpoint"
        raise EndpointNotFoundError(message)


@web.middleware
async def answer_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every refusal, aiohttp's own included, as `{"error": …}`; log ours."""
    try:
        return await handler(request)
    except EmulatorError as refusal:
        status = refusal.http_status
        request.app[ENDPOINT].events.record(
            "request_refused",
            level=logging.WARNING,
            http=status,
            why=type(refusal).__name__,
            path=request.path,
            **refusal.fields,
        )
        return web.json_response({"error": str(refusal)}, status=status)
    except web.HTTPException as refusal:
        headers = {name: refusal.headers[name] for name in ("Allow", "Location") if name in refusal.headers}
        return web.json_response({"error": refusal.reason}, status=refusal.status, headers=headers)
