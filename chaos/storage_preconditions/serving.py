"""The proxy, listening, for code that knows of no event loop."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from chaos.storage_preconditions.faults import Faults
from chaos.storage_preconditions.proxy import Proxy

HOST = "127.0.0.1"
SHUTDOWN_SECONDS = 1.0


@contextmanager
def storage_preconditions(emulator: str, *, port: int = 0, faults: Faults | None = None) -> Iterator[str]:
    """Its base URL, while it listens.

    Args:
        emulator: the Storage emulator's base URL.
        port: where to listen; 0 takes a free one.
        faults: what goes wrong; nothing, if left out.

    Raises:
        OSError: the port is in use.
    """
    runner = web.AppRunner(
        Proxy(emulator, faults or Faults()).application(), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="storage preconditions")
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(_listen(runner, port), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(runner: web.AppRunner, port: int) -> str:
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    return f"http://{HOST}:{runner.addresses[0][1]}"
