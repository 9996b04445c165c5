"""Who may look at the emulator itself, and change it: programs and people of this machine.

A page from elsewhere, open in a browser of this machine, could reach the emulator too. It cannot read anything,
for its requests carry its own Origin or a foreign Host; and it cannot change anything without the key.
"""

import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from runpod_emulator.endpoint import Endpoint
from runpod_emulator.errors import ForbiddenError, UnauthorizedError
from runpod_emulator.http_requests import ENDPOINT, has_key

Route = Callable[[web.Request, Endpoint], Awaitable[web.StreamResponse]]


def for_watchers(route: Route) -> Handler:
    """Open a route to whoever is on this machine."""

    async def answer(request: web.Request) -> web.StreamResponse:
        endpoint = request.app[ENDPOINT]
        _check_place(request, endpoint)
        return await route(request, endpoint)

    return answer


def for_operators(route: Route) -> Handler:
    """Open a route to whoever is on this machine and has the key, as clients send it."""

    async def answer(request: web.Request) -> web.StreamResponse:
        endpoint = request.app[ENDPOINT]
        _check_place(request, endpoint)
        if not has_key(request, (f"Bearer {endpoint.settings.api_key}",)):
            message = "the Authorization header is not the key"
            raise UnauthorizedError(message)
        return await route(request, endpoint)

    return answer


def _check_place(request: web.Request, endpoint: Endpoint) -> None:
    if endpoint.settings.control_from_anywhere:
        return
    origin = request.headers.get("Origin")
    is_ours = origin is None or urlsplit(origin).netloc == request.host
    if not (_is_loopback(request.remote or "") and _is_plain(request.host) and is_ours):
        message = "the control API answers this machine only; --set control_from_anywhere=true opens it"
        raise ForbiddenError(message)


def _is_plain(host: str) -> bool:
    """Whether a Host is a name that no foreign page can make point here: an address, or localhost."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback
