"""An emulator in the test's own event loop, so that each moment can be chosen and its clock be moved."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp

from runpod_emulator import DEFAULT_API_KEY, DEFAULT_ENDPOINT_ID, Clock, FleetSettings, Settings, create_app, serve
from runpod_emulator.endpoint import Endpoint
from runpod_emulator.http_requests import ENDPOINT
from tests.runpod_emulator.clocks import still_clock

#: How long a story may take before it is given up. Nothing is asserted about speed.
PATIENCE_SECONDS = 40


@dataclass(frozen=True)
class Answer:
    """What a request was answered with."""

    status: int
    body: object
    headers: dict[str, str]

    def __getitem__(self, name: str) -> object:
        assert isinstance(self.body, dict), self
        return self.body[name]


@dataclass(frozen=True)
class Stage:
    """A running emulator and everybody's way to talk to it."""

    endpoint: Endpoint
    url: str
    session: aiohttp.ClientSession

    async def client(self, method: str, path: str, body: object = None, **options: object) -> Answer:
        return await self.ask(
            method, f"{self.url}/{DEFAULT_ENDPOINT_ID}/{path}", body, f"Bearer {DEFAULT_API_KEY}", **options
        )

    async def worker(self, method: str, path: str, body: object = None, **options: object) -> Answer:
        return await self.ask(method, f"{self.url}/{DEFAULT_ENDPOINT_ID}/{path}", body, DEFAULT_API_KEY, **options)

    async def operator(self, method: str, path: str, body: object = None, **options: object) -> Answer:
        root = self.url.removesuffix("/v2")
        return await self.ask(method, root + path, body, f"Bearer {DEFAULT_API_KEY}", **options)

    async def ask(self, method: str, url: str, body: object, key: str | None, **options: object) -> Answer:
        headers = {} if key is None else {"Authorization": key}
        headers |= options.pop("headers", {})  # type: ignore[call-overload]
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        async with self.session.request(
            method,
            url,
            data=data,
            headers=headers,
            **options,  # type: ignore[arg-type]
        ) as response:
            text = await response.text()
            is_json = response.content_type == "application/json" and text
            return Answer(response.status, json.loads(text) if is_json else text, dict(response.headers))

    async def submit(self, **body: object) -> str:
        answer = await self.client("POST", "run", {"input": {"prompt": "x"}, **body})
        assert answer.status == 200, answer
        return str(answer["id"])

    async def take(self, worker_id: str = "worker-1") -> str:
        answer = await self.worker("GET", f"job-take/{worker_id}")
        assert answer.status == 200, answer
        return str(answer["id"])

    async def status(self, job_id: str) -> str:
        answer = await self.client("GET", f"status/{job_id}")
        return str(answer["status"]) if answer.status == 200 else str(answer.status)

    def events(self, name: str) -> list[dict[str, object]]:
        return [event for event in self.endpoint.events.after(0) if event["event"] == name]


Story = Callable[[Stage], Awaitable[None]]


def play(
    story: Story,
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    fleet: FleetSettings | None = None,
) -> None:
    """Run a story against an emulator whose clock stands still, and whose polls are short."""

    async def run() -> None:
        app = create_app(settings or Settings(hold_seconds=0.2), clock=clock or still_clock(), fleet=fleet)
        connector = aiohttp.TCPConnector(limit=0)
        async with serve(app, port=0) as url, aiohttp.ClientSession(connector=connector) as session:
            session._retry_connection = False  # it would send a GET that was dropped once more
            await story(Stage(app[ENDPOINT], url, session))
            assert app[ENDPOINT].clock.failures == 0

    asyncio.run(asyncio.wait_for(run(), timeout=PATIENCE_SECONDS))


async def until(look: Callable[[], object]) -> None:
    """Come back when there is something to see."""
    while not look():  # noqa: ASYNC110 - what is waited for happens in the emulator, which signals nothing
        await asyncio.sleep(0.002)
