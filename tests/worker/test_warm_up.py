"""What a worker does before its first job."""

import math
from collections.abc import Sequence

import pytest

from contracts.catalogue import Model
from contracts.errors import Broken, ErrorCode, FailedStage
from contracts.paths import MediaType
from tests.worker import library_warnings
from tests.worker.cloud_places import CATALOGUE
from tests.worker.shipped import SHIPPED
from tests.worker.test_batching import kind
from worker.batching import Batching
from worker.cannot_start import ModelInvalid
from worker.engine import DiffusersEngine
from worker.pipelines import GpuLost, Part
from worker.warm_up import UPLOADING_SECONDS, warm_up

pytestmark = library_warnings.IGNORED

IMAGE = CATALOGUE.of(MediaType.IMAGES)[0]


def test_each_model_has_made_pictures_before_the_first_job(diffusers_engine: DiffusersEngine) -> None:
    batching = Batching()

    took = warm_up(diffusers_engine, CATALOGUE, batching)

    assert len(took) == len(SHIPPED)
    assert all(one.gpu > 0 and one.after > UPLOADING_SECONDS for one in took)
    assert batching.seconds(kind(), 1, 1) is not None


def test_previews_are_ready(diffusers_engine: DiffusersEngine) -> None:
    warm_up(diffusers_engine, CATALOGUE, Batching())

    assert set(diffusers_engine.projections) == {model.id for model in SHIPPED}


def test_a_model_that_loads_and_cannot_generate_stops_the_worker(
    diffusers_engine: DiffusersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise Broken(ErrorCode.OUT_OF_MEMORY, FailedStage.GENERATING, "This was too big for the GPU's memory.")

    monkeypatch.setattr(diffusers_engine, "generate", broken)

    with pytest.raises(ModelInvalid) as invalid:
        warm_up(diffusers_engine, CATALOGUE, Batching())

    first = diffusers_engine.shelf.loaded[0].id
    assert str(invalid.value).startswith(f"The model {first} was loaded, but cannot generate: This was too big")


def test_whatever_a_model_raises_in_the_warm_up_is_said_in_one_sentence(
    diffusers_engine: DiffusersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("cuDNN Frontend error\nand where")

    monkeypatch.setattr(diffusers_engine, "generate", broken)

    with pytest.raises(ModelInvalid, match=r"cannot generate: RuntimeError: cuDNN Frontend error\. Its files may"):
        warm_up(diffusers_engine, CATALOGUE, Batching())


def test_a_gpu_that_is_lost_in_the_warm_up_is_no_bad_model(
    diffusers_engine: DiffusersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise GpuLost

    monkeypatch.setattr(diffusers_engine, "generate", gone)

    with pytest.raises(GpuLost):
        warm_up(diffusers_engine, CATALOGUE, Batching())


@pytest.mark.parametrize("error", [RuntimeError("int32"), GpuLost()], ids=repr)
def test_a_batch_that_fails_in_the_warm_up_is_not_tried_again_by_jobs(
    error: Exception, diffusers_engine: DiffusersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate = diffusers_engine.generate

    def alone(model: Model, parts: Sequence[Part], *, fit_previews: bool = False) -> None:
        if len(parts) > 1:
            raise error
        generate(model, parts, fit_previews=fit_previews)

    monkeypatch.setattr(diffusers_engine, "generate", alone)
    monkeypatch.setattr("worker.warm_up.LONGEST_ALONE_SECONDS", math.inf)  # of however slow a machine
    batching = Batching()

    if isinstance(error, GpuLost):
        with pytest.raises(GpuLost):
            warm_up(diffusers_engine, CATALOGUE, batching)
        return
    took = warm_up(diffusers_engine, CATALOGUE, batching)

    assert all(one.gpu < math.inf for one in took)
    curve = batching._curves[kind()]
    assert curve.pays(batching.largest(kind()), 1) is False


@pytest.mark.parametrize(
    ("batch_seconds", "gpu", "company"),
    [(4.0, 0.5, 8), (4.6, 1.0, 1), (9.0, 1.0, 1)],
    ids=["pays", "pays only for those behind it", "does not"],
)
def test_what_a_job_takes_says_how_many_share_it(
    batch_seconds: float,
    gpu: float,
    company: int,
    diffusers_engine: DiffusersEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def seconds(_: object, __: Model, parts: Sequence[Part], ___: object) -> float:
        return 1.0 if len(parts) == 1 else batch_seconds

    monkeypatch.setattr("worker.warm_up._seconds", seconds)
    loaded = diffusers_engine.shelf.loaded  # in the order in which tests before this one have asked for them

    took = warm_up(diffusers_engine, CATALOGUE, Batching())[loaded.index(IMAGE)]

    assert (took.gpu, took.together) == (gpu, company)


def test_only_calls_that_jobs_will_have_are_tried(
    diffusers_engine: DiffusersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[int] = []
    generate = diffusers_engine.generate

    def counted(model: Model, parts: Sequence[Part], *, fit_previews: bool = False) -> None:
        called.append(len(parts))
        generate(model, parts, fit_previews=fit_previews)

    monkeypatch.setattr(diffusers_engine, "generate", counted)

    warm_up(diffusers_engine, CATALOGUE, Batching(largest=1))

    assert set(called) == {1}
