"""How many pictures go in one call: what the curve says, and nobody else."""

import math
from typing import Any

import pytest

from contracts.paths import MediaType
from contracts.validation import resolve_request
from tests.worker.cloud_places import CATALOGUE, IMAGE_PATH
from worker.batching import LARGEST, LONGEST_ALONE_SECONDS, TRY_AGAIN_AFTER, Batching, Kind, kind_of

MODEL = CATALOGUE.of(MediaType.IMAGES)[0]


def asked(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - any scalar
    return resolve_request(IMAGE_PATH, {"prompt": "x", **changed}, CATALOGUE)[1]


def kind(**changed: Any) -> Kind:  # noqa: ANN401 - any scalar
    return kind_of(MODEL, asked(**changed))


def measured(curve: dict[int, float], times: int = 1) -> Batching:
    batching = Batching()
    for _ in range(times):
        for pictures, seconds in curve.items():
            batching.remember(kind(), pictures, seconds)
    return batching


@pytest.mark.parametrize(
    "changed",
    [{"prompt": "y"}, {"negative_prompt": "y"}, {"seed": 7}, {"num_images": 3}],
    ids=lambda changed: next(iter(changed)),
)
def test_what_is_each_jobs_own_may_differ_within_a_call(changed: dict[str, Any]) -> None:
    assert kind(**changed) == kind()


@pytest.mark.parametrize(
    "changed",
    [{"width": 128}, {"height": 128}, {"num_inference_steps": 3}, {"guidance_scale": 1.0}],
    ids=lambda changed: next(iter(changed)),
)
def test_what_the_pipeline_takes_once_may_not(changed: dict[str, Any]) -> None:
    assert kind(**changed) != kind()


def test_who_starts_from_a_picture_of_his_own_goes_alone() -> None:
    assert kind_of(MODEL, {**asked(), "input_image": object()}).largest == 1


def test_no_call_is_larger_than_the_catalogue_lets_a_request_be() -> None:
    assert kind(width=64, height=64).largest == LARGEST
    assert kind_of(MODEL, {**asked(), "width": 512, "height": 512}).largest == MODEL.max_pixels // 512**2


def test_a_kind_that_nobody_knows_goes_one_by_one() -> None:
    assert Batching().size(kind(), 1) == 1
    assert Batching().seconds(kind(), 3, 1) is None


def test_sizes_are_tried_one_after_another_as_long_as_they_pay() -> None:
    assert measured({1: 1.0}).size(kind(), 1) == 2
    assert measured({1: 1.0, 2: 1.2}).size(kind(), 1) == 4
    assert measured({1: 1.0, 2: 1.2, 4: 1.6}).size(kind(), 1) == 8
    assert measured({1: 1.0, 2: 1.2, 4: 1.6, 8: 2.4}).size(kind(), 1) == 8


@pytest.mark.parametrize(("together", "size"), [(1.5, 2), (1.51, 1)])
def test_a_call_pays_if_nobody_waits_longer_on_average(together: float, size: int) -> None:
    """Two jobs one after another are done after 1 and 2 seconds, 1.5 on average."""
    known = measured({1: 1.0, 2: together})

    assert min(known.size(kind(), 1), 2) == size


@pytest.mark.parametrize(("waiting", "size"), [(2, 1), (3, 2), (100, 2)])
def test_those_who_wait_behind_a_call_count(waiting: int, size: int) -> None:
    """Two in 1.6 s: of two, the mean one is done later than after 1 and 2 s; of more, no later."""
    assert min(measured({1: 1.0, 2: 1.6}).size(kind(), waiting), 2) == size


@pytest.mark.parametrize("together", [1.3, 1.7, 2.0])
@pytest.mark.parametrize("calls", [1, 2, 3, 4])
def test_a_call_pays_where_the_mean_job_is_done_sooner(together: float, calls: int) -> None:
    alone = [1.0 * place for place in range(1, 2 * calls + 1)]
    in_twos = [together * call for call in range(1, calls + 1) for _ in range(2)]

    is_sooner = min(measured({1: 1.0, 2: together}).size(kind(), 2 * calls), 2) == 2

    assert is_sooner == (sum(in_twos) <= sum(alone))


def test_what_did_not_pay_is_tried_again_once_in_a_while() -> None:
    batching = measured({1: 1.0, 2: 1.9})
    sizes = []
    for _ in range(TRY_AGAIN_AFTER + 1):
        sizes.append(batching.size(kind(), 1))
        batching.remember(kind(), 1, 1.0)

    assert sizes == [1] * TRY_AGAIN_AFTER + [2]


def test_a_trial_is_over_where_fewer_wait_than_it_is_for() -> None:
    """Three in a room for four take longer than two and one: they are not put together again soon."""
    batching = measured({1: 1.0, 2: 1.5, 8: 6.0})
    assert batching.size(kind(), 3) == 4
    batching.remember(kind(), 3, 2.2)

    assert batching.size(kind(), 3) == 2
    assert batching.size(kind(), 4) == 4


def test_what_failed_for_being_many_counts_as_endless_and_tells_nothing_of_the_rest() -> None:
    batching = measured({1: 1.0, 2: 1.1, 4: 1.2})
    assert batching.size(kind(), 1) == 8
    batching.remember(kind(), 2, math.inf)

    assert batching.size(kind(), 1) == 1
    assert batching.seconds(kind(), 4, 1) == pytest.approx(4.0)
    for _ in range(TRY_AGAIN_AFTER):
        batching.remember(kind(), 1, 1.0)
    assert batching.size(kind(), 1) == 2
    assert batching.seconds(kind(), 4, 1) == pytest.approx(4.0)
    assert measured({2: math.inf}).size(kind(), 1) == 1


def test_what_keeps_the_gpu_busy_alone_is_left_alone() -> None:
    assert measured({1: LONGEST_ALONE_SECONDS + 0.1}).size(kind(), 1) == 1


def test_a_slow_moment_is_forgotten() -> None:
    batching = measured({1: 1.0, 2: 9.0})
    batching.remember(kind(), 2, 1.1)

    assert batching.size(kind(), 1) == 4


def test_many_take_as_long_as_the_calls_that_they_need() -> None:
    batching = measured({1: 1.0, 2: 1.2, 4: 1.6, 8: 2.4})

    assert batching.seconds(kind(), 8, 1) == pytest.approx(2.4)
    assert batching.seconds(kind(), 20, 1) == pytest.approx(3 * 2.4)


def test_who_joins_a_call_does_not_wait_for_it() -> None:
    batching = measured({1: 1.0, 2: 1.2, 4: 1.6, 8: 2.4})

    assert batching.seconds_before(kind(), 7, 1, 1) == 0.0
    assert batching.seconds_before(kind(), 7, 2, 1) == pytest.approx(2.4)
    assert batching.seconds_before(kind(), 8, 1, 1) == pytest.approx(2.4)
    assert batching.seconds_before(kind(), 20, 4, 1) == pytest.approx(2 * 2.4)
    assert Batching().seconds_before(kind(), 1, 1, 1) is None


def test_a_kind_that_always_comes_in_fours_is_known_too() -> None:
    batching = measured({4: 2.0})

    assert batching.seconds(kind(), 4, 1) == pytest.approx(2.0)


def test_a_worker_may_have_a_limit_of_its_own() -> None:
    batching = Batching(largest=1)
    batching.remember(kind(), 1, 1.0)
    batching.remember(kind(), 2, 1.0)

    assert kind().largest > 1
    assert batching.largest(kind()) == batching.size(kind(), 1) == 1
