"""What whoever runs the emulator can see and change, and who cannot."""

import asyncio
import json

import pytest

from runpod_emulator import Settings
from tests.runpod_emulator.in_process import Stage, play

WATCHING = ["/", "/events", "/control", "/control/faults", "/control/clock", "/control/fleet"]
CHANGING = [
    ("POST", "/control/faults"),
    ("DELETE", "/control/faults"),
    ("DELETE", "/control/faults/1"),
    ("POST", "/control/clock"),
    ("POST", "/control/jobs/x/expire"),
    ("POST", "/control/fleet"),
    ("POST", "/control/workers/x/kill"),
]


def root(stage: Stage) -> str:
    return stage.url.removesuffix("/v2")


@pytest.mark.parametrize("path", WATCHING)
def test_whoever_is_on_this_machine_may_look(path: str) -> None:
    async def story(stage: Stage) -> None:
        assert (await stage.ask("GET", root(stage) + path, None, None)).status == 200

    play(story)


@pytest.mark.parametrize("path", WATCHING)
@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Origin": "null"}, {"Host": "["}]
)
def test_a_page_from_elsewhere_may_not(path: str, headers: dict[str, str]) -> None:
    async def story(stage: Stage) -> None:
        answer = await stage.ask("GET", root(stage) + path, None, None, headers=headers)
        assert answer.status in {400, 403}

    play(story)


@pytest.mark.parametrize(("method", "path"), CHANGING)
@pytest.mark.parametrize("key", [None, "emulator", "Bearer wrong"])
def test_nobody_changes_anything_without_the_key(method: str, path: str, key: str | None) -> None:
    async def story(stage: Stage) -> None:
        assert (await stage.ask(method, root(stage) + path, {}, key)).status == 401
        assert (
            await stage.ask(method, root(stage) + path, {}, key, headers={"Origin": "http://a.b"})
        ).status == 403

    play(story)


def test_the_page_shows_nothing_by_itself_and_runs_only_its_own_script() -> None:
    async def story(stage: Stage) -> None:
        page = await stage.ask("GET", root(stage) + "/", None, None)
        policy = page.headers["Content-Security-Policy"]
        nonce = policy.split("'nonce-")[1].split("'")[0]
        assert "default-src 'none'" in policy
        assert f'<script nonce="{nonce}">' in str(page.body)
        assert "NONCE" not in str(page.body)
        assert "innerHTML" not in str(page.body)

    play(story)


def test_the_log_is_given_from_any_number_on() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        first = await stage.operator("GET", "/events")
        await stage.take()
        second = await stage.operator("GET", f"/events?after={first['latest']}")

        assert first.body == {
            "events": [{"number": 1, "at": 0.0, "event": "job_submitted", "job": job_id, "state": "IN_QUEUE"}],
            "latest": 1,
        }
        assert [event["event"] for event in second["events"]] == ["job_taken"]  # type: ignore[attr-defined]
        for bad in ("x", "-1", "", "9" * 5000):
            assert (await stage.operator("GET", "/events", params={"after": bad})).status == 400

    play(story)


def test_the_log_is_bounded_and_so_is_each_of_its_fields() -> None:
    async def story(stage: Stage) -> None:
        for _ in range(1200):
            stage.endpoint.events.record("something", job="x" * 5000)
        events = (await stage.operator("GET", "/events"))["events"]
        assert len(events) == 1000  # type: ignore[arg-type]
        assert {len(event["job"]) for event in events} == {200}  # type: ignore[attr-defined]

    play(story)


def test_nothing_of_a_job_but_its_id_and_its_state_is_shown() -> None:
    async def story(stage: Stage) -> None:
        secret = "lighthouse"
        job_id = await stage.submit(
            input={"prompt": secret}, s3Config={"accessSecret": secret}, webhook=f"http://127.0.0.1:1/{secret}"
        )
        await stage.take()
        progress = {"status": "IN_PROGRESS", "output": secret}
        await stage.worker("POST", f"job-done/worker-1/{job_id}", progress)
        await stage.worker("POST", f"job-stream/worker-1/{job_id}", {"output": secret})
        await stage.worker("POST", f"job-done/worker-1/{job_id}", {"error": secret, "output": secret})
        await stage.worker("POST", f"job-done/worker-1/{job_id}", {"error": secret})
        shown = [(await stage.operator("GET", path)).body for path in WATCHING]
        assert job_id in json.dumps(shown)
        assert secret not in json.dumps(shown)

    play(story)


def test_faults_are_added_counted_and_taken_away() -> None:
    async def story(stage: Stage) -> None:
        added = await stage.operator("POST", "/control/faults", {"fault": "error", "on": "health", "count": 2})
        await stage.client("GET", "health")
        listed = await stage.operator("GET", "/control/faults")
        removed = await stage.operator("DELETE", "/control/faults/1")
        missing = await stage.operator("DELETE", "/control/faults/1")
        await stage.operator("POST", "/control/faults", {"fault": "slow"})
        cleared = await stage.operator("DELETE", "/control/faults")

        assert added.body == {"number": 1}
        assert listed.body == {
            "faults": [
                {
                    "number": 1, "fault": "error", "on": "health", "count": 2, "skip": 0, "probability": 1.0,
                    "status": 500, "matched": 1, "fired": 1,
                }
            ]
        }  # fmt: skip
        assert (removed.status, missing.status) == (200, 404)
        assert cleared.body == {"faults": []}

    play(story)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/control/faults", b'{"fault": "explode"}'),
        ("/control/faults", b'{"fault": "slow", "seconds": Infinity}'),
        ("/control/faults", b'{"fault": "slow", "seconds": 1e999}'),
        ("/control/faults", b'{"fault": "slow", "x": 1}'),
        ("/control/faults", b"[]"),
        ("/control/faults", b"\xff"),
        ("/control/clock", b'{"leap": -1}'),
        ("/control/clock", b'{"leap": true}'),
        ("/control/clock", b'{"leap": "1"}'),
        ("/control/clock", b'{"leap": 1e300}'),
        ("/control/clock", b'{"leap": %s}' % (b"9" * 400)),
        ("/control/clock", b'{"speed": 0}'),
        ("/control/clock", b'{"speed": -1}'),
        ("/control/clock", b'{"speed": true}'),
        ("/control/clock", b'{"speed": 1e300}'),
        ("/control/clock", b'{"speed": %s}' % (b"9" * 400)),
        ("/control/clock", b'{"spead": 1}'),
        ("/control/clock", b'{"speed": NaN}'),
        ("/control/fleet", b'{"max": 1}'),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(path: str, body: bytes) -> None:
    async def story(stage: Stage) -> None:
        answer = await stage.operator("POST", path, body)
        assert (answer.status, list(answer.body)) == (400, ["error"])  # type: ignore[call-overload]

    play(story)


@pytest.mark.parametrize("path", ["/control/fleet", "/control/workers/x/kill", "/control/jobs/x/expire"])
def test_what_is_not_there_is_not_found(path: str) -> None:
    async def story(stage: Stage) -> None:
        assert (await stage.operator("POST", path, {})).status == 404
        assert (await stage.operator("DELETE", "/control/faults/x")).status == 404

    play(story)


def test_the_clock_can_be_set_and_leap() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit(policy={"ttl": 60_000})

        answer = await stage.operator("POST", "/control/clock", {"speed": 4, "leap": 60})

        assert answer.body == {"now": 60.0, "speed": 4.0}
        assert (await stage.operator("GET", "/control/clock")).body == answer.body
        assert await stage.status(job_id) == "404"

    play(story)


def test_a_clock_too_fast_for_pings_is_warned_of() -> None:
    async def story(stage: Stage) -> None:
        await stage.operator("POST", "/control/clock", {"speed": 2})
        assert not stage.events("speed_outruns_pings")
        await stage.operator("POST", "/control/clock", {"speed": 100})
        assert stage.events("speed_outruns_pings")

    play(story)


def test_a_job_can_be_made_to_expire() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        assert (await stage.operator("POST", f"/control/jobs/{job_id}/expire")).status == 200
        assert await stage.status(job_id) == "404"

    play(story)


def test_the_overview_holds_what_the_page_shows() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        await stage.take()
        overview = await stage.operator("GET", "/control")
        assert overview["jobs"] == [{"id": job_id, "status": "IN_PROGRESS", "worker": "worker-1", "retries": 0}]
        assert overview["workers"] == [{"id": "worker-1", "state": "ready", "seen": 0.0}]
        assert overview["fleet"] is None
        assert overview["health"] == (await stage.client("GET", "health")).body

    play(story)


def test_other_machines_may_look_where_the_switch_says_so() -> None:
    async def story(stage: Stage) -> None:
        answer = await stage.ask("GET", root(stage) + "/control", None, None, headers={"Host": "emulator.lan"})
        assert answer.status == 200
        assert (await stage.ask("POST", root(stage) + "/control/clock", {}, None)).status == 401

    play(story, Settings(hold_seconds=0.2, control_from_anywhere=True))


def test_a_hundred_watchers_take_nothing_from_the_queue() -> None:
    async def story(stage: Stage) -> None:
        job_id = await stage.submit()
        await asyncio.gather(*(stage.operator("GET", "/control") for _ in range(100)))
        assert await stage.take() == job_id

    play(story)
