"""The routes of whoever runs the emulator: the log, the clock, the faults, the fleet."""

from aiohttp import web

from runpod_emulator.clock import MAX_LEAP_SECONDS, is_duration
from runpod_emulator.control_guard import for_operators, for_watchers
from runpod_emulator.endpoint import Endpoint
from runpod_emulator.errors import MalformedBodyError, RuleNotFoundError, WorkerNotFoundError
from runpod_emulator.fault_rules import FaultRuleError, read_rule
from runpod_emulator.fleet import Fleet
from runpod_emulator.json_bodies import read_object
from runpod_emulator.settings import MIB

MAX_BODY_BYTES = MIB
#: How many jobs the overview lists.
LISTED_JOBS = 50


async def events(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Give the log's latest events, or those after `?after=NUMBER`."""
    after = request.query.get("after", "0")
    if not (after.isascii() and after.isdecimal() and len(after) < 20):
        message = "after must be the number of an event"
        raise MalformedBodyError(message)
    return web.json_response({"events": endpoint.events.after(int(after)), "latest": endpoint.events.number})


async def overview(_request: web.Request, endpoint: Endpoint) -> web.Response:
    """Give everything that the status page shows."""
    newest = [job for _, job in zip(range(LISTED_JOBS), endpoint.queue.newest(), strict=False)]
    return web.json_response(
        {
            "endpoint": endpoint.settings.endpoint_id,
            "clock": _clock(endpoint),
            "health": endpoint.health(),
            "jobs": [
                {"id": job.id, "status": job.status, "worker": job.worker_id, "retries": job.losses + job.retries}
                for job in newest
            ],
            "workers": [
                {"id": worker.id, "state": worker.state, "seen": round(worker.seen_at, 1)}
                for worker in endpoint.workers.present()
            ],
            "fleet": _fleet(endpoint.fleet),
            "faults": endpoint.faults.to_json(),
        }
    )


async def list_faults(_request: web.Request, endpoint: Endpoint) -> web.Response:
    """Give the fault rules, each with how often it had a chance and how often it fired."""
    return web.json_response({"faults": endpoint.faults.to_json()})


async def add_fault(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Add a fault rule."""
    try:
        number = endpoint.faults.add(read_rule(await read_object(request, max_bytes=MAX_BODY_BYTES)))
    except FaultRuleError as error:
        raise MalformedBodyError(str(error)) from error
    endpoint.events.record("fault_rule_added", rule=number)
    return web.json_response({"number": number})


async def clear_faults(_request: web.Request, endpoint: Endpoint) -> web.Response:
    """Take all fault rules away."""
    endpoint.faults.clear()
    endpoint.events.record("fault_rules_cleared")
    return web.json_response({"faults": []})


async def remove_fault(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Take one fault rule away."""
    text = request.match_info["number"]
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        message = "a rule's number is a whole number"
        raise RuleNotFoundError(message)
    endpoint.faults.remove(int(text))
    endpoint.events.record("fault_rule_removed", rule=int(text))
    return web.json_response({"faults": endpoint.faults.to_json()})


async def set_clock(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Change the clock's speed, or leap; the answer comes when everything that was due has happened."""
    body = await read_object(request, max_bytes=MAX_BODY_BYTES)
    _refuse_unknown(body, {"speed", "leap"})
    speed, leap = body.get("speed"), body.get("leap")
    if leap is not None and not is_duration(leap):
        message = f"leap must be a number of seconds from 0 to {MAX_LEAP_SECONDS:.0f}"
        raise MalformedBodyError(message)
    if speed is not None:
        if isinstance(speed, bool) or not isinstance(speed, int | float):
            message = "speed must be a number"
            raise MalformedBodyError(message)
        endpoint.set_speed(speed)
    if isinstance(leap, int | float):
        await endpoint.clock.leap(leap)
        endpoint.events.record("clock_leapt", seconds=leap)
    return web.json_response(_clock(endpoint))


async def show_clock(_request: web.Request, endpoint: Endpoint) -> web.Response:
    """Give the time and its speed."""
    return web.json_response(_clock(endpoint))


async def expire_job(request: web.Request, endpoint: Endpoint) -> web.Response:
    """End a job's life now, as if its ttl were over."""
    job = endpoint.queue.find(request.match_info["job"])
    endpoint.queue.expire(job.id)
    return web.json_response({"id": job.id})


async def show_fleet(_request: web.Request, endpoint: Endpoint) -> web.Response:
    """Give the workers that the emulator started, and how many there may be."""
    return web.json_response({"fleet": _fleet(endpoint.fleet)})


async def limit_fleet(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Change how many workers there may be."""
    body = await read_object(request, max_bytes=MAX_BODY_BYTES)
    _refuse_unknown(body, {"min_workers", "max_workers"})
    fleet = _require_fleet(endpoint)
    numbers = {
        "min_workers": body.get("min_workers", fleet.limits.min_workers),
        "max_workers": body.get("max_workers", fleet.limits.max_workers),
    }
    for name, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 1000:
            message = f"{name} must be a whole number from 0 to 1000"
            raise MalformedBodyError(message)
    try:
        fleet.limit(**numbers)  # type: ignore[arg-type]
    except ValueError as error:
        raise MalformedBodyError(str(error)) from error
    endpoint.events.record("fleet_limited", least=numbers["min_workers"], most=numbers["max_workers"])
    return web.json_response({"fleet": _fleet(fleet)})


async def act_on_worker(request: web.Request, endpoint: Endpoint) -> web.Response:
    """Kill, pause, resume or terminate one of the fleet's workers, or make it a zombie."""
    _require_fleet(endpoint)
    actions = endpoint.accidents.actions if endpoint.accidents is not None else {}
    action = actions.get(request.match_info["action"])
    if action is None:
        message = f"unknown action; there are {', '.join(actions)}"
        raise MalformedBodyError(message)
    action(request.match_info["worker"])
    return web.json_response({"fleet": _fleet(endpoint.fleet)})


def _require_fleet(endpoint: Endpoint) -> Fleet:
    if endpoint.fleet is None:
        message = "there is no fleet: the emulator was given no worker command"
        raise WorkerNotFoundError(message)
    return endpoint.fleet


def _refuse_unknown(body: dict[str, object], known: set[str]) -> None:
    unknown = sorted(key[:40] for key in body.keys() - known)
    if unknown:
        message = f"unknown key {unknown[0]!r}; there are {', '.join(sorted(known))}"
        raise MalformedBodyError(message)


def _clock(endpoint: Endpoint) -> dict[str, float]:
    return {"now": round(endpoint.clock(), 3), "speed": endpoint.clock.speed}


def _fleet(fleet: Fleet | None) -> dict[str, object] | None:
    if fleet is None:
        return None
    return {
        "min_workers": fleet.limits.min_workers,
        "max_workers": fleet.limits.max_workers,
        "suspended": fleet.is_suspended,
        "workers": [
            {"id": worker.id, "state": worker.state, "pid": worker.process.pid if worker.process else None}
            for worker in fleet.workers()
        ],
    }


ROUTES = (
    web.get("/events", for_watchers(events), allow_head=False),
    web.get("/control", for_watchers(overview), allow_head=False),
    web.get("/control/faults", for_watchers(list_faults), allow_head=False),
    web.post("/control/faults", for_operators(add_fault)),
    web.delete("/control/faults", for_operators(clear_faults)),
    web.delete("/control/faults/{number}", for_operators(remove_fault)),
    web.get("/control/clock", for_watchers(show_clock), allow_head=False),
    web.post("/control/clock", for_operators(set_clock)),
    web.post("/control/jobs/{job}/expire", for_operators(expire_job)),
    web.get("/control/fleet", for_watchers(show_fleet), allow_head=False),
    web.post("/control/fleet", for_operators(limit_fleet)),
    web.post("/control/workers/{worker}/{action}", for_operators(act_on_worker)),
)
