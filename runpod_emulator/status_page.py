"""A page for a person: queue, workers, faults and the log while the emulator runs."""

import secrets
from importlib.resources import files

from aiohttp import web

from runpod_emulator.control_guard import for_watchers
from runpod_emulator.endpoint import Endpoint

PAGE = files("runpod_emulator").joinpath("status_page.html").read_text(encoding="utf-8")


async def page(_request: web.Request, _endpoint: Endpoint) -> web.Response:
    """Give the page. It asks `/control` and `/events` every second and shows ids, states and counts only."""
    nonce = secrets.token_urlsafe(16)
    policy = f"default-src 'none'; connect-src 'self'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'"
    return web.Response(
        text=PAGE.replace("NONCE", nonce),
        content_type="text/html",
        headers={"Content-Security-Policy": policy, "Cache-Control": "no-store", "X-Frame-Options": "DENY"},
    )


ROUTES = (web.get("/", for_watchers(page), allow_head=False),)
