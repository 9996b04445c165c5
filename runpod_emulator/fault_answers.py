"""What a fault does to a request."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable

from aiohttp import web

from runpod_emulator.endpoint import Endpoint
from runpod_emulator.errors import FaultError
from runpod_emulator.fault_rules import HTTP_FAULTS, Fault, FaultRule

#: Says that it is JSON and breaks off.
GARBAGE = b'{"id": "'


async def answer_with_faults(
    operation: str,
    route: Callable[[web.Request, Endpoint], Awaitable[web.StreamResponse]],
    request: web.Request,
    endpoint: Endpoint,
) -> web.StreamResponse:
    """Answer a request as its route does, unless a fault strikes.

    `slow` and `ambiguous` do the work first, so that a client that gives up has changed something.
    """
    rule = endpoint.faults.draw(operation, HTTP_FAULTS)
    if rule is None:
        return await route(request, endpoint)
    if rule.fault in {Fault.DROPPED, Fault.ERROR}:
        return _refuse(request, rule)
    response = await route(request, endpoint)
    if rule.fault is Fault.SLOW:
        await endpoint.clock.sleep(rule.seconds)
    elif rule.fault is Fault.AMBIGUOUS:
        reset_connection(request)
    else:
        response = web.Response(body=GARBAGE, content_type="application/json")
    return response


async def spoil_poll(operation: str, request: web.Request, endpoint: Endpoint) -> web.StreamResponse | None:
    """Spoil a long poll before it takes anything; None where no fault strikes, or when the wait is over."""
    rule = endpoint.faults.draw(operation, HTTP_FAULTS)
    if rule is None:
        return None
    if rule.fault is Fault.SLOW:
        await endpoint.clock.sleep(rule.seconds)
        return None
    if rule.fault is Fault.GARBAGE:
        return web.Response(body=GARBAGE, content_type="application/json")
    return _refuse(request, rule)


def reset_connection(request: web.Request) -> None:
    """End the connection as a crash does: the other side sees a reset.

    Raises:
        CancelledError: Always; it is what aiohttp itself does to us when a connection breaks.
    """
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        if connection is not None:
            with contextlib.suppress(OSError):  # without lingering, close sends a reset
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    raise asyncio.CancelledError


def _refuse(request: web.Request, rule: FaultRule) -> web.StreamResponse:
    if rule.fault is Fault.ERROR:
        message = f"a fault rule answers {rule.status}"
        raise FaultError(message, http_status=rule.status)
    if request.transport is not None:
        request.transport.close()
    raise asyncio.CancelledError
