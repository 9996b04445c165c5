"""The lane in front of the GPU: who is let in when, who goes together, and who is to blame."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future

import pytest

from contracts.catalogue import Model
from contracts.errors import ClaimLost, ErrorCode, Unavailable
from tests.worker.jobs_in_a_lane import (
    MODEL,
    OTHER,
    PATIENCE,
    PAYS,
    Gpu,
    Jobs,
    calls_of_those_behind_one,
    jobs_for,
    three_behind_one,
)
from tests.worker.test_batching import asked
from worker.batching import kind_of
from worker.lane import OVERTAKEN_SECONDS
from worker.pipelines import GpuLost, Part


def test_a_job_gets_its_pictures_and_its_watcher_sees_every_step() -> None:
    jobs = jobs_for(Gpu(wait=False), {})
    assert jobs.start(7, num_images=3).result(PATIENCE) == [7, 7, 7]
    assert jobs.followers[7].seen == ["generating", "1/2", "2/2"]


def test_those_who_wait_for_the_same_kind_go_together() -> None:
    gpu = Gpu()
    jobs = jobs_for(gpu, PAYS)
    results = [jobs.start(0)]
    assert gpu.began.acquire(timeout=PATIENCE)
    results += [jobs.start(seed) for seed in range(1, 9)]
    jobs.wait_for(*range(9))
    gpu.go_on.release(9)

    assert [result.result(PATIENCE) for result in results] == [[seed] for seed in range(9)]
    assert gpu.calls[0] == [0]
    assert sorted(gpu.calls[1]) == list(range(1, 9))


def test_those_whose_call_takes_long_go_together_too() -> None:
    """Who joins a call does not wait for it, so it is no reason to let him in later."""
    calls = calls_of_those_behind_one({1: 1.0, 2: 1.2, 4: 1.6, 8: 2.4}, 8)

    assert [sorted(call) for call in calls] == [[0], list(range(1, 9))]


def test_those_of_another_kind_do_not() -> None:
    gpu = Gpu()
    jobs = jobs_for(gpu, PAYS, 64, 128)
    results = [jobs.start(0)]
    assert gpu.began.acquire(timeout=PATIENCE)
    results += [jobs.start(1), jobs.start(2, width=128), jobs.start(3), jobs.start(4, width=128)]
    jobs.wait_for(1, 2, 3, 4)
    gpu.go_on.release(9)

    assert [result.result(PATIENCE) for result in results] == [[0], [1], [2], [3], [4]]
    assert sorted(map(sorted, gpu.calls)) == [[0], [1, 3], [2, 4]]


def held_up(gpu: Gpu, jobs: Jobs) -> list["Future[list[int]]"]:
    """One job is on the GPU; behind it, one whose model is not loaded, and one whose model is."""
    gpu.loaded = {MODEL.id}
    results = [jobs.start(0)]
    assert gpu.began.acquire(timeout=PATIENCE)
    for seed, model in ((1, OTHER), (2, MODEL)):
        results.append(jobs.start(seed, of=model))
        jobs.wait_for_line(seed)
    return results


def test_jobs_of_the_loaded_model_go_before_one_whose_model_is_not() -> None:
    gpu = Gpu()
    jobs = jobs_for(gpu, {1: 600.0})
    gpu.takes = {1: 1.0}
    results = held_up(gpu, jobs)
    gpu.go_on.release(3)

    assert [result.result(PATIENCE) for result in results] == [[0], [1], [2]]
    assert gpu.calls == [[0], [2], [1]]
    assert gpu.prepared == [OTHER.id]
    assert jobs.followers[1].seen == ["loading", "generating", "1/2", "2/2"]


def test_nobody_is_overtaken_for_longer_than_that() -> None:
    gpu = Gpu()
    jobs = jobs_for(gpu, {1: 600.0})
    gpu.takes = {1: OVERTAKEN_SECONDS}
    results = held_up(gpu, jobs)
    gpu.go_on.release(3)

    assert [result.result(PATIENCE) for result in results] == [[0], [1], [2]]
    assert gpu.calls == [[0], [1], [2]]
    assert gpu.prepared == [OTHER.id, MODEL.id]


def test_models_that_take_long_to_load_are_not_swapped_after_every_job() -> None:
    gpu = Gpu()
    jobs = jobs_for(gpu, {1: 600.0})
    gpu.takes, gpu.loaded, gpu.loading = {1: OVERTAKEN_SECONDS / 3}, {MODEL.id}, 2 * OVERTAKEN_SECONDS
    models = (MODEL, OTHER, MODEL, MODEL, MODEL, OTHER)
    results = []
    for seed, model in enumerate(models):
        results.append(jobs.start(seed, of=model))
        if seed == 0:
            assert gpu.began.acquire(timeout=PATIENCE)
        else:
            jobs.wait_for_line(seed)
    gpu.go_on.release(len(models))

    assert [result.result(PATIENCE) for result in results] == [[seed] for seed in range(len(models))]
    assert gpu.prepared == [OTHER.id, MODEL.id]


def test_while_a_model_is_loaded_nobody_is_let_in() -> None:
    """How long that takes is not known, and until then another worker can have the job."""
    gpu = Gpu()
    jobs = jobs_for(gpu, {1: 0.01})
    gpu.loaded = {OTHER.id}
    entered, go_on = threading.Event(), threading.Event()
    load = gpu.prepare

    def prepare(model: Model) -> None:
        entered.set()
        assert go_on.wait(PATIENCE)
        load(model)

    gpu.prepare = prepare  # type: ignore[method-assign]
    first = jobs.start(0)
    assert entered.wait(PATIENCE)
    second = jobs.start(1)
    jobs.wait_for_line(1)
    assert not threading.Event().wait(0.3)
    assert jobs.let_in == [0]
    go_on.set()
    jobs.wait_for(1)  # the call has begun, and is known to be short
    gpu.go_on.release(2)
    assert (first.result(PATIENCE), second.result(PATIENCE)) == ([0], [1])


def test_while_a_model_waits_to_be_loaded_nobody_is_let_in_behind_it() -> None:
    gpu = Gpu()
    gpu.loaded = {MODEL.id}
    jobs = jobs_for(gpu, {1: 0.01})
    jobs.lane._batching.remember(kind_of(OTHER, asked()), 1, 0.01)
    results = [jobs.start(0)]
    assert gpu.began.acquire(timeout=PATIENCE)
    results.append(jobs.start(1, of=OTHER))
    jobs.wait_for(1)
    results.append(jobs.start(2))
    jobs.wait_for_line(1)

    assert not threading.Event().wait(0.3)
    assert jobs.let_in == [0, 1]

    gpu.go_on.release(3)
    assert [result.result(PATIENCE) for result in results] == [[0], [1], [2]]


def test_a_model_that_cannot_be_loaded_is_tried_once_for_all_of_a_call() -> None:
    gpu = Gpu()
    jobs = jobs_for(gpu, PAYS)
    first, *mates = three_behind_one(gpu, jobs)
    gpu.loaded, gpu.unloadable = set(), {MODEL.id}
    gpu.go_on.release()

    assert first.result(PATIENCE) == [0]
    for mate in mates:
        with pytest.raises(Unavailable, match="cannot be loaded"):
            mate.result(PATIENCE)
    assert gpu.tried == [MODEL.id]


def test_a_gpu_that_is_lost_while_a_model_is_loaded_is_lost() -> None:
    gpu = Gpu(wait=False)
    gpu.loaded, gpu.lost = set(), True
    jobs = jobs_for(gpu, {1: 600.0})

    for seed in (0, 1):
        with pytest.raises(Unavailable) as given_back:
            jobs.start(seed).result(PATIENCE)
        assert given_back.value.failure.code is ErrorCode.GPU_LOST

    assert jobs.lane.lost.is_set()
    assert gpu.tried == [MODEL.id]


def test_a_batch_that_is_too_large_is_not_tried_at_every_call() -> None:
    gpu = Gpu()
    gpu.failing = lambda parts: RuntimeError("too many") if len(parts) > 1 else None
    jobs = jobs_for(gpu, PAYS)
    for seeds in (range(5), range(5, 10)):
        results = [jobs.start(seeds[0])]
        assert gpu.began.acquire(timeout=PATIENCE)
        results += [jobs.start(seed) for seed in seeds[1:]]
        jobs.wait_for(*seeds)
        gpu.go_on.release(9)
        assert [result.result(PATIENCE) for result in results] == [[seed] for seed in seeds]
        while gpu.began.acquire(blocking=False) or gpu.go_on.acquire(blocking=False):
            """Begin anew."""

    assert len([call for call in gpu.calls if len(call) == 4]) == 1


def test_a_batch_of_which_one_has_left_is_not_taken_for_too_large() -> None:
    gpu = Gpu()
    jobs = jobs_for(gpu, PAYS)
    first, *mates = three_behind_one(gpu, jobs)

    def fails(parts: Sequence[Part]) -> Exception | None:
        if len(parts) == 1:
            return None
        jobs.followers[2].leaves = True
        for part in parts:
            part.step(1, 2)
        return ValueError("2 was bad")

    gpu.failing = fails
    gpu.go_on.release(9)

    assert [future.result(PATIENCE) for future in (first, mates[0], mates[2])] == [[0], [1], [3]]
    with pytest.raises(ClaimLost):
        mates[1].result(PATIENCE)
    assert jobs.lane._batching.size(kind_of(MODEL, asked()), 8) == 8


def test_a_model_that_cannot_be_loaded_ends_the_job_and_not_the_lane() -> None:
    gpu = Gpu(wait=False)
    gpu.loaded, gpu.unloadable = {MODEL.id}, {OTHER.id}
    jobs = jobs_for(gpu, {})

    with pytest.raises(Unavailable, match="cannot be loaded"):
        jobs.start(1, of=OTHER).result(PATIENCE)

    assert jobs.start(2).result(PATIENCE) == [2]
    assert gpu.calls == [[2]]


def test_where_a_batch_does_not_pay_nobody_waits_for_one() -> None:
    gpu = Gpu()
    jobs = jobs_for(gpu, {1: 0.01, 2: 0.02})
    results = [jobs.start(seed) for seed in range(4)]
    gpu.go_on.release(9)

    assert [result.result(PATIENCE) for result in results] == [[0], [1], [2], [3]]
    assert sorted(gpu.calls) == [[0], [1], [2], [3]]


def test_the_more_wait_the_more_go_together() -> None:
    """Two at a time, in 1.6 s instead of 2: a loss for two, and a gain for all of six."""
    calls = calls_of_those_behind_one({1: 1.0, 2: 1.6, 4: 4.0}, 6)

    assert [len(call) for call in calls] == [1, 2, 2, 1, 1]


def test_a_job_is_claimed_no_earlier_than_shortly_before_its_turn() -> None:
    """Until then it can be cancelled, or given to another worker, without anybody's noticing."""
    gpu = Gpu()
    jobs = jobs_for(gpu, {1: 600.0})
    first = jobs.start(0)
    assert gpu.began.acquire(timeout=PATIENCE)
    second = jobs.start(1)
    assert not threading.Event().wait(0.6)
    assert jobs.let_in == [0]

    gpu.go_on.release(2)
    assert (first.result(PATIENCE), second.result(PATIENCE)) == ([0], [1])


def test_it_is_claimed_while_the_one_before_still_denoises() -> None:
    gpu = Gpu()
    jobs = jobs_for(gpu, {1: 0.2})
    jobs.start(0)
    assert gpu.began.acquire(timeout=PATIENCE)
    jobs.start(1)

    jobs.wait_for(1)
    assert gpu.calls == [[0]]
    gpu.go_on.release(2)


def test_who_is_told_to_stop_in_line_claims_nothing() -> None:
    gpu = Gpu()
    jobs = jobs_for(gpu, {1: 600.0})
    jobs.start(0)
    assert gpu.began.acquire(timeout=PATIENCE)
    waiting = jobs.start(1)
    jobs.stops[1].set()

    with pytest.raises(ClaimLost):
        waiting.result(PATIENCE)
    assert jobs.let_in == [0]
    gpu.go_on.release(1)


def test_a_claim_that_is_refused_keeps_nobody_waiting() -> None:
    def refused() -> None:
        raise RuntimeError

    gpu = Gpu(wait=False)
    jobs = jobs_for(gpu, {1: 600.0})
    with pytest.raises(RuntimeError):
        jobs.start(0, claim=refused).result(PATIENCE)

    assert jobs.start(1).result(PATIENCE) == [1]
    assert gpu.calls == [[1]]


def test_who_leaves_a_call_leaves_his_mates_untouched() -> None:
    gpu = Gpu()
    jobs = jobs_for(gpu, PAYS)
    first, *mates = three_behind_one(gpu, jobs)
    gpu.go_on.release()
    first.result(PATIENCE)
    assert gpu.began.acquire(timeout=PATIENCE)
    jobs.followers[2].leaves = True
    gpu.go_on.release()

    assert (mates[0].result(PATIENCE), mates[2].result(PATIENCE)) == ([1], [3])
    with pytest.raises(ClaimLost):
        mates[1].result(PATIENCE)
    assert sorted(map(sorted, gpu.calls)) == [[0], [1, 2, 3]]


def test_a_call_that_nobody_wants_any_more_ends_at_the_next_step() -> None:
    gpu = Gpu()
    jobs = jobs_for(gpu, {})
    job = jobs.start(0)
    assert gpu.began.acquire(timeout=PATIENCE)
    jobs.followers[0].leaves = True
    gpu.go_on.release()

    with pytest.raises(ClaimLost):
        job.result(PATIENCE)
    assert jobs.followers[0].seen == ["generating", "1/2"]
    gpu.go_on.release()
    assert jobs.start(1).result(PATIENCE) == [1]


def test_a_bad_job_is_the_only_one_that_fails() -> None:
    gpu = Gpu()
    gpu.failing = lambda parts: ValueError("2 is bad") if any(part.seed == 2 for part in parts) else None
    jobs = jobs_for(gpu, PAYS)
    first, *mates = three_behind_one(gpu, jobs)
    gpu.go_on.release(9)

    assert first.result(PATIENCE) == [0]
    assert (mates[0].result(PATIENCE), mates[2].result(PATIENCE)) == ([1], [3])
    with pytest.raises(ValueError, match="2 is bad"):
        mates[1].result(PATIENCE)


def test_a_lost_gpu_gives_every_job_back_at_once() -> None:
    gpu = Gpu()
    gpu.failing = lambda _: GpuLost()
    jobs = jobs_for(gpu, {1: 600.0})
    results = [jobs.start(0), jobs.start(1), jobs.start(2)]
    assert gpu.began.acquire(timeout=PATIENCE)
    gpu.go_on.release()

    for result in results:
        with pytest.raises(Unavailable) as given_back:
            result.result(PATIENCE)
        assert given_back.value.failure.code is ErrorCode.GPU_LOST
    assert jobs.lane.lost.is_set()
    assert gpu.calls == [[0]]
