"""The emulator as an aiohttp application, and that application listening."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from runpod_emulator import client_api, control_api, status_page, worker_api
from runpod_emulator.clock import Clock
from runpod_emulator.endpoint import Endpoint
from runpod_emulator.fleet_settings import FleetSettings
from runpod_emulator.http_requests import ENDPOINT, answer_refusals
from runpod_emulator.settings import DEFAULT_HOST, DEFAULT_PORT, Settings

#: How long a stop waits for requests in flight; parked polls are sent away before that.
SHUTDOWN_SECONDS = 0.2
#: How long the rest of a body is read and thrown away after it was refused.
LINGERING_SECONDS = 2.0


def create_app(
    settings: Settings, *, clock: Clock | None = None, fleet: FleetSettings | None = None
) -> web.Application:
    """Build the application.

    Run it with `serve`, or at least with `handler_cancellation=True`: without it aiohttp leaves the poll of a
    dead worker parked, and that poll takes the next job. Only `serve` starts the fleet.

    Args:
        settings: The endpoint, its key, the limits and switches.
        clock: All times are by it; a real one if left out.
        fleet: How to start workers; none are started if left out.
    """
    app = web.Application(middlewares=[answer_refusals])
    app[ENDPOINT] = Endpoint(settings, clock or Clock(), fleet)
    app.add_routes([*client_api.ROUTES, *worker_api.ROUTES, *control_api.ROUTES, *status_page.ROUTES])
    app.on_startup.append(_open)
    app.on_shutdown.append(_end_waits)
    app.on_cleanup.append(_close)
    return app


@asynccontextmanager
async def serve(app: web.Application, *, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> AsyncIterator[str]:
    """Listen, and give the base URL for clients and workers: `http://HOST:PORT/v2`.

    Args:
        app: What `create_app` built.
        host: Where to listen.
        port: Where to listen; 0 takes a free one.

    Raises:
        OSError: The port is in use, or the host is not ours.
    """
    runner = web.AppRunner(
        app,
        handler_cancellation=True,
        shutdown_timeout=SHUTDOWN_SECONDS,
        lingering_time=LINGERING_SECONDS,
        access_log=None,
    )
    await runner.setup()
    fleet = app[ENDPOINT].fleet
    try:
        await web.TCPSite(runner, host, port).start()
        port = runner.addresses[0][1]
        if fleet is not None:
            fleet.open(f"http://{_reachable(host)}:{port}/v2")
        yield f"http://{_bracketed(host)}:{port}/v2"
    finally:
        try:
            if fleet is not None:
                await fleet.close()
        finally:
            await runner.cleanup()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _reachable(host: str) -> str:
    """Return where the workers of this machine find a server that listens on this."""
    return _bracketed({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host))  # noqa: S104 - asked, not listened on


async def _open(app: web.Application) -> None:
    endpoint = app[ENDPOINT]
    endpoint.clock.attach()
    endpoint.webhooks.open()


async def _end_waits(app: web.Application) -> None:
    app[ENDPOINT].polls.close()
    app[ENDPOINT].waiters.close()


async def _close(app: web.Application) -> None:
    await app[ENDPOINT].webhooks.close()
    app[ENDPOINT].clock.detach()
