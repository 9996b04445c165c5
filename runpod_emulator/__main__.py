"""`python -m runpod_emulator`: the emulator until SIGTERM, SIGINT (Ctrl-C) or SIGHUP."""

import asyncio
import errno
import logging
import signal
import sys

from runpod_emulator.clock import Clock
from runpod_emulator.command_line import Start, read_command_line
from runpod_emulator.http_requests import ENDPOINT
from runpod_emulator.server import create_app, serve


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    start = read_command_line(sys.argv[1:] if arguments is None else arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        asyncio.run(_serve_until_stopped(start))
    except OSError as error:
        print(_why_not_listening(error, start), file=sys.stderr)
        return 1
    return 0


async def _serve_until_stopped(start: Start) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    app = create_app(start.settings, clock=Clock(speed=start.speed), fleet=start.fleet)
    for rule in start.rules:
        app[ENDPOINT].faults.add(rule)
    async with serve(app, host=start.host, port=start.port) as base_url:
        print(f"RunPod emulator: endpoint {start.settings.endpoint_id} at {base_url}", flush=True)
        await stopped.wait()


def _why_not_listening(error: OSError, start: Start) -> str:
    if error.errno == errno.EADDRINUSE:
        place = f"port {start.port} of {start.host}"
        return f"RunPod emulator: {place} is in use; stop its owner or choose another --port."
    return f"RunPod emulator: cannot listen on {start.host}:{start.port}: {error.strerror}."


if __name__ == "__main__":
    sys.exit(main())
