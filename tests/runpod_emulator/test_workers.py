"""Who is counted as a worker, and as what."""

from runpod_emulator.clock import Clock
from runpod_emulator.endpoint import Endpoint
from runpod_emulator.settings import WORKER_FORGOTTEN_AFTER_SECONDS, Settings
from tests.runpod_emulator.clocks import still_clock


def endpoint_at(clock: Clock) -> Endpoint:
    return Endpoint(Settings(), clock)


def give_one(endpoint: Endpoint, worker_id: str) -> None:
    reservation = endpoint.queue.reserve(worker_id, 1)
    assert reservation is not None
    endpoint.queue.confirm(reservation)


def test_a_worker_that_only_pings_is_initializing_and_one_that_polls_is_ready() -> None:
    endpoint = endpoint_at(still_clock())

    endpoint.workers.heard("worker-1")
    assert endpoint.health()["workers"]["initializing"] == 1
    endpoint.workers.asked_for_jobs("worker-1")
    endpoint.workers.heard("worker-1")

    counts = endpoint.health()["workers"]
    assert (counts["initializing"], counts["idle"], counts["ready"]) == (0, 1, 1)


def test_a_worker_is_running_while_it_holds_a_job_and_idle_otherwise() -> None:
    endpoint = endpoint_at(still_clock())
    endpoint.workers.asked_for_jobs("worker-1")
    endpoint.workers.asked_for_jobs("worker-2")
    endpoint.queue.submit({})
    give_one(endpoint, "worker-1")

    counts = endpoint.health()["workers"]

    assert (counts["running"], counts["idle"], counts["ready"]) == (1, 1, 2)


def test_a_silent_worker_is_forgotten_and_a_pinging_one_is_not() -> None:
    clock = still_clock()
    endpoint = endpoint_at(clock)
    endpoint.workers.asked_for_jobs("silent")
    endpoint.workers.asked_for_jobs("pinging")

    clock.advance(WORKER_FORGOTTEN_AFTER_SECONDS / 2)
    endpoint.workers.heard("pinging")
    clock.advance(WORKER_FORGOTTEN_AFTER_SECONDS / 2)

    assert [worker.id for worker in endpoint.workers.present()] == ["pinging"]


def test_the_orphaned_ping_process_of_a_killed_worker_makes_nobody_ready() -> None:
    endpoint = endpoint_at(still_clock())
    endpoint.workers.asked_for_jobs("worker-1")

    endpoint.workers.forget("worker-1")
    endpoint.workers.heard("worker-1")

    assert endpoint.health()["workers"]["ready"] == 0


def test_an_unfit_worker_is_not_ready() -> None:
    endpoint = endpoint_at(still_clock())
    endpoint.workers.asked_for_jobs("worker-1")

    endpoint.workers.failed_a_check("worker-1")

    counts = endpoint.health()["workers"]
    assert (counts["unhealthy"], counts["ready"], counts["idle"]) == (1, 0, 0)
