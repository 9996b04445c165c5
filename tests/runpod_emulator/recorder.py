"""The emulator in a thread of the test: every call is written down, and a test may answer calls by itself.

The `test_sdk_*` files use it to say what the unmodified SDK does on the wire.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

import requests
import runpod
from aiohttp import StreamReader, web
from aiohttp.typedefs import Handler
from multidict import CIMultiDictProxy

from runpod_emulator import (
    DEFAULT_API_KEY,
    DEFAULT_ENDPOINT_ID,
    Settings,
    create_app,
    serve,
    worker_environment,
)
from tests.runpod_emulator.processes import HANDLERS

T = TypeVar("T")

#: How long anything may take before a test gives up; far more than it takes on a busy machine.
PATIENCE_SECONDS = 90.0
#: An idle worker asks again this often, so a test learns soon that it is still there.
HOLD_SECONDS = 0.5
#: The shortest interval at which the SDK still pings. Tests count pings where they need time to pass.
PING_INTERVAL_MS = 1000

#: Answers one request; may ask the emulator for the answer.
Reply = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]


def wait_for(look: Callable[[], T], *, within_seconds: float = PATIENCE_SECONDS) -> T:
    """Look until there is something to see; return it."""
    deadline = time.monotonic() + within_seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return seen


def reply(
    status: int = 200, text: str = "", *, content_type: str = "text/plain", retry_after: str | None = None
) -> Reply:
    """Answer with a text; `retry_after` becomes the header of that name."""

    async def answer(_request: web.Request, _emulator: Handler) -> web.StreamResponse:
        response = web.Response(status=status, text=text or None, content_type=content_type if text else None)
        if retry_after is not None:
            response.headers["Retry-After"] = retry_after
        return response

    return answer


def reply_json(body: object, *, status: int = 200) -> Reply:
    """Answer with JSON."""
    return reply(status, json.dumps(body), content_type="application/json")


async def drop_connection(request: web.Request, _emulator: Handler) -> web.StreamResponse:
    """Close the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    raise asyncio.CancelledError


@dataclass(kw_only=True)
class Call:
    """One request as it came in.

    Attributes:
        at: Seconds of the monotonic clock, when its body had been read.
        method: GET or POST.
        target: What stood in the request line: the path with its query, not decoded.
        headers: As they were sent.
        body: As it was sent.
        connection: The other end's address and port: the same for calls over one connection.
        status: What it was answered; none while it is held, or if the connection broke.
    """

    at: float
    method: str
    target: str
    headers: "CIMultiDictProxy[str]"
    body: bytes
    connection: tuple[str, int]
    status: int | None = None

    @property
    def path(self) -> str:
        """The path below the endpoint, e.g. `job-take/worker-1`."""
        return urlsplit(self.target).path.removeprefix(f"/v2/{DEFAULT_ENDPOINT_ID}/")

    @property
    def route(self) -> str:
        """The first word of the path, e.g. `job-take`."""
        return self.path.partition("/")[0]

    @property
    def query(self) -> dict[str, str]:
        """The parameters."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def json(self) -> dict[str, object]:
        """The body, if it is a JSON object."""
        parsed: dict[str, object] = json.loads(self.body)
        return parsed


@dataclass
class _Script:
    reply: Reply
    times: float


class Gate:
    """Holds calls until it is opened; then they are answered.

    Args:
        loop: The loop that answers.
        then: The answer.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, then: Reply) -> None:
        self._loop = loop
        self._then = then
        self._opened = asyncio.Event()

    def open(self) -> None:
        """Let them all go, and those that are still to come."""
        self._loop.call_soon_threadsafe(self._opened.set)

    async def __call__(self, request: web.Request, emulator: Handler) -> web.StreamResponse:
        """Answer one call, as a `Reply` does."""
        await self._opened.wait()
        return await self._then(request, emulator)


async def by_the_emulator(request: web.Request, emulator: Handler) -> web.StreamResponse:
    """Answer as if nothing were scripted."""
    return await emulator(request)


async def done_and_never_answered(request: web.Request, emulator: Handler) -> web.StreamResponse:
    """Let the emulator do what was asked of it, and keep its answer back."""
    await emulator(request)
    return await asyncio.Future()


@dataclass
class Recorder:
    """A running emulator whose calls are written down. Start it with `recording`.

    Attributes:
        url: What `serve` gives.
        loop: The loop it runs in.
        client: The SDK's client, pointed at it.
        stop: Ends it before the block does: nobody listens any more.
    """

    url: str
    loop: asyncio.AbstractEventLoop
    client: runpod.Endpoint
    stop: Callable[[], None]
    _calls: list[Call] = field(default_factory=list)
    _scripts: dict[str, list[_Script]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, route: str, reply: Reply, *, times: float = float("inf")) -> None:
        """Answer the next calls of a route in place of the emulator, after those answers asked for before."""
        with self._lock:
            self._scripts.setdefault(route, []).append(_Script(reply, times))

    def hold(self, route: str, then: Reply) -> Gate:
        """Hold all further calls of a route until the gate is opened; then answer them so."""
        gate = Gate(self.loop, then)
        self.answer(route, gate)
        return gate

    def let_the_emulator_answer(self) -> None:
        """Forget all scripted answers."""
        with self._lock:
            self._scripts.clear()

    def calls(self, *routes: str, containing: str = "") -> list[Call]:
        """Return the calls of these routes so far, oldest first; of all routes if none is named."""
        with self._lock:
            calls = list(self._calls)
        return [call for call in calls if (not routes or call.route in routes) and containing in call.target]

    def takes(self) -> list[Call]:
        """Return the polls for jobs so far."""
        return self.calls("job-take", "job-take-batch")

    def results(self, job_id: str = "") -> list[Call]:
        """Return what was posted to job-done so far, progress included."""
        return self.calls("job-done", containing=job_id)

    def wait_for_calls(self, route: str, count: int = 1, *, containing: str = "") -> list[Call]:
        """Wait until a route was called so often, and return the calls."""
        wait_for(lambda: len(self.calls(route, containing=containing)) >= count)
        return self.calls(route, containing=containing)

    def wait_for_result(self, job_id: str) -> Call:
        """Wait for the first call to job-done about a job that has been answered."""
        wait_for(lambda: any(call.status is not None for call in self.results(job_id)))
        return self.results(job_id)[0]

    def let_two_pings_pass(self) -> None:
        """Wait for two more pings, that is, for a second or more of a worker's life."""
        self.wait_for_calls("ping", len(self.calls("ping")) + 2)

    def run(self, **job_input: object) -> str:
        """Submit a job with the SDK's client; return its id."""
        job_id: str = self.client.run({"input": job_input}).job_id
        return job_id

    def cancel(self, job_id: str) -> None:
        """Cancel a job with the SDK's client."""
        runpod.endpoint.Job(DEFAULT_ENDPOINT_ID, job_id, self.client.rp_client).cancel(timeout=PATIENCE_SECONDS)

    def status(self, job_id: str) -> dict[str, object]:
        """Return the whole body of /status."""
        response = requests.get(
            f"{self.url}/{DEFAULT_ENDPOINT_ID}/status/{job_id}",
            headers={"Authorization": f"Bearer {DEFAULT_API_KEY}"},
            timeout=PATIENCE_SECONDS,
        )
        body: dict[str, object] = response.json()
        return body

    async def pass_on(self, request: web.Request, emulator: Handler) -> web.StreamResponse:
        """Write a call down and have it answered."""
        call = await _written_down(request)
        with self._lock:
            self._calls.append(call)
            scripted = self._next_reply(call.route)
        response = await (scripted or by_the_emulator)(request, emulator)
        call.status = response.status
        return response

    def _next_reply(self, route: str) -> Reply | None:
        scripts = self._scripts.get(route, [])
        if scripts and not scripts[0].times:
            scripts.pop(0)
        if not scripts:
            return None
        scripts[0].times -= 1
        return scripts[0].reply


async def _written_down(request: web.Request) -> Call:
    body = b"".join([chunk async for chunk in request._payload.iter_any()])
    # The emulator reads it in its own way and with its own limits, so it finds it as if nobody had read it.
    # `request.content` would keep the stream that is now empty, so it is not used here.
    request._payload = StreamReader(request.protocol, limit=2**30, loop=asyncio.get_running_loop())
    request._payload.feed_data(body)
    request._payload.feed_eof()
    assert request.transport is not None
    return Call(
        at=time.monotonic(),
        method=request.method,
        target=request.raw_path,
        headers=request.headers,
        body=body,
        connection=request.transport.get_extra_info("peername")[:2],
    )


@contextlib.contextmanager
def recording(*, hold_seconds: float = HOLD_SECONDS) -> Iterator[Recorder]:
    """Run a recorder until the block ends."""
    started: list[Recorder] = []
    stopped = asyncio.Event()

    async def live() -> None:
        app = create_app(Settings(hold_seconds=hold_seconds))

        @web.middleware
        async def write_down(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await started[0].pass_on(request, handler)

        app.middlewares.insert(0, write_down)
        async with serve(app, port=0) as url:
            started.append(Recorder(url=url, loop=asyncio.get_running_loop(), client=client_of(url), stop=stop))
            await stopped.wait()

    def stop() -> None:
        if thread.is_alive():
            started[0].loop.call_soon_threadsafe(stopped.set)
        thread.join()

    thread = threading.Thread(target=asyncio.run, args=(live(),), name="recorder")
    thread.start()
    recorder = wait_for(lambda: started)[0]
    try:
        yield recorder
    finally:
        stop()
        recorder.client.rp_client.rp_session.close()


def waiting_input(directory: Path, number: int = 1) -> dict[str, str]:
    """Return the input of a job that leaves the file `started` and waits for the file `finish`."""
    return {"started": str(directory / f"started-{number}"), "finish": str(directory / f"finish-{number}")}


def client_of(url: str) -> runpod.Endpoint:
    """Return the SDK's client, pointed at an emulator."""
    client = runpod.Endpoint(DEFAULT_ENDPOINT_ID, api_key=DEFAULT_API_KEY)
    client.rp_client.endpoint_url_base = url
    return client


@dataclass(frozen=True)
class Worker:
    """The SDK's worker loop as a process, the leader of a group of its own.

    Attributes:
        process: The main process.
        home: Its private HOME.
    """

    process: subprocess.Popen[str]
    home: Path

    @property
    def log(self) -> str:
        """What it has printed so far."""
        return (self.home / "worker.log").read_text()

    def wait_for_log(self, text: str) -> None:
        """Wait until it has printed something."""
        wait_for(lambda: text in self.log)

    def wait_for_end(self) -> int:
        """Wait until the main process has ended; return its exit code."""
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def is_running(self) -> bool:
        """Whether the main process has not ended."""
        return self.process.poll() is None

    def has_no_process_left(self) -> bool:
        """Whether the pinging process, too, has ended."""
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return True
        return False

    def send(self, number: signal.Signals) -> None:
        """Send the main process a signal."""
        self.process.send_signal(number)

    def send_to_all(self, number: signal.Signals) -> None:
        """Send all its processes a signal, also when the main one has ended and others have not."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def end(self) -> None:
        """End all its processes, as a container's end would."""
        self.send_to_all(signal.SIGKILL)
        self.process.wait()


@dataclass
class Workers:
    """Starts workers and ends them all.

    Args:
        recorder: Whom they work for.
        directory: Where their homes are made.
    """

    recorder: Recorder
    directory: Path
    _started: list[Worker] = field(default_factory=list)

    def __call__(self, handler: str, worker_id: str = "worker-1", /, **changes: str | None) -> Worker:
        """Start one with a handler of handlers/; `changes` set variables, or take them away if None."""
        home = self.home_of(worker_id)
        environment = self._environment(worker_id, home) | changes
        with (home / "worker.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, str(HANDLERS / f"{handler}.py")],
                env={name: value for name, value in environment.items() if value is not None},
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        self._started.append(Worker(process, home))
        return self._started[-1]

    def end(self) -> None:
        """End them all."""
        for worker in self._started:
            worker.end()

    def _environment(self, worker_id: str, home: Path) -> dict[str, str | None]:
        return {
            "PATH": os.environ["PATH"],
            **worker_environment(
                self.recorder.url,
                endpoint_id=DEFAULT_ENDPOINT_ID,
                worker_id=worker_id,
                api_key=DEFAULT_API_KEY,
                home=home,
            ),
            "RUNPOD_WEBHOOK_POST_STREAM": self.url_of("job-stream", worker_id) + "/$ID?gpu=emulated",
            "RUNPOD_PING_INTERVAL": str(PING_INTERVAL_MS),
        }

    def home_of(self, worker_id: str) -> Path:
        """Return a worker's private HOME."""
        home = self.directory / worker_id
        home.mkdir(exist_ok=True)
        return home

    def url_of(self, route: str, worker_id: str = "worker-1") -> str:
        """Return where a worker finds a route."""
        return f"{self.recorder.url}/{DEFAULT_ENDPOINT_ID}/{route}/{worker_id}"


@contextlib.contextmanager
def working_for(recorder: Recorder, directory: Path) -> Iterator[Workers]:
    """Start workers until the block ends."""
    workers = Workers(recorder, directory)
    try:
        yield workers
    finally:
        workers.end()
