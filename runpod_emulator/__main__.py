"""`python -m runpod_emulator`: the emulator until SIGTERM or Ctrl-C."""

import argparse
import asyncio
import errno
import logging
import signal
import sys

from runpod_emulator.server import create_app, serve
from runpod_emulator.settings import (
    DEFAULT_API_KEY,
    DEFAULT_ENDPOINT_ID,
    DEFAULT_HOLD_SECONDS,
    DEFAULT_HOST,
    DEFAULT_PORT,
    Settings,
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        settings = Settings(
            endpoint_id=options.endpoint, api_key=options.api_key, hold_seconds=options.hold_seconds
        )
    except ValueError as error:
        parser.error(str(error))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        asyncio.run(_serve_until_stopped(settings, host=options.host, port=options.port))
    except OSError as error:
        print(_why_not_listening(error, host=options.host, port=options.port), file=sys.stderr)
        return 1
    return 0


async def _serve_until_stopped(settings: Settings, *, host: str, port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with serve(create_app(settings), host=host, port=port) as base_url:
        print(f"RunPod emulator: endpoint {settings.endpoint_id} at {base_url}", flush=True)
        await stopped.wait()


def _why_not_listening(error: OSError, *, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"RunPod emulator: port {port} of {host} is in use; stop its owner or choose another --port."
    return f"RunPod emulator: cannot listen on {host}:{port}: {error.strerror}."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m runpod_emulator",
        description="A stand-in for RunPod serverless on this machine.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--host", default=DEFAULT_HOST, help="address to listen on")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port to listen on; 0 takes a free one")
    parser.add_argument("--endpoint", default=DEFAULT_ENDPOINT_ID, help="the id of the one endpoint")
    parser.add_argument("--api-key", default=DEFAULT_API_KEY, help="the key of clients and workers")
    parser.add_argument(
        "--hold-seconds",
        type=float,
        default=DEFAULT_HOLD_SECONDS,
        help="how long a poll without news is held, and so how long a stopping worker may take to exit",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
