"""The emulator as an aiohttp application, and that application listening."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from runpod_emulator import client_api, worker_api
from runpod_emulator.endpoint import Endpoint
from runpod_emulator.http_requests import ENDPOINT, answer_refusals
from runpod_emulator.job_queue import Clock
from runpod_emulator.settings import DEFAULT_HOST, DEFAULT_PORT, Settings

#: How long a stop waits for requests in flight; parked polls are sent away before that.
SHUTDOWN_SECONDS = 0.2


def create_app(settings: Settings, *, clock: Clock = time.monotonic) -> web.Application:
    """Build the application.

    Run it with `handler_cancellation=True`, as `serve` does: without it aiohttp leaves the poll of a dead
    worker parked, and that poll takes the next job.

    Args:
        settings: The endpoint, its key, the hold.
        clock: Seconds, the only time the emulator records.
    """
    # No limit on a result: the SDK loses a refused one without a word to the client.
    app = web.Application(middlewares=[answer_refusals], client_max_size=0)
    app[ENDPOINT] = Endpoint(settings, clock)
    app.add_routes([*client_api.ROUTES, *worker_api.ROUTES])
    app.on_shutdown.append(_end_polls)
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
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=SHUTDOWN_SECONDS, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield f"http://{host}:{runner.addresses[0][1]}/v2"
    finally:
        await runner.cleanup()


async def _end_polls(app: web.Application) -> None:
    app[ENDPOINT].polls.close()
