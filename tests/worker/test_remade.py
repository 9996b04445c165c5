"""What the engine makes a second time: without enough memory, compiled blocks that fail, black pictures."""

import contextlib
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from contracts.errors import ClaimLost, ErrorCode, FailedStage, GenerationFailed
from contracts.paths import MediaType
from tests.worker import library_warnings
from tests.worker.engine_calls import IMAGE, SHORT, VIDEO, generate, once, part, pixels, together
from worker.call import COMPILE
from worker.engine import BLACK, OUT_OF_MEMORY, DiffusersEngine
from worker.gpu_turn import Pictures
from worker.loading import LoadedModel
from worker.pipelines import GpuLost

pytestmark = library_warnings.IGNORED


def test_memory_that_is_too_small_is_said_so(diffusers_engine: DiffusersEngine) -> None:
    def run_out(step: int, steps: int) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has ...")

    with pytest.raises(GenerationFailed) as failed:
        generate(diffusers_engine, on_step=run_out)

    failure = failed.value.failure
    assert (failure.code, failure.stage, failure.retryable) == (
        ErrorCode.OUT_OF_MEMORY,
        FailedStage.GENERATING,
        False,
    )
    assert failure.message == (
        "This was too big for the GPU's memory: ask for fewer or smaller pictures, or fewer frames."
    )


@pytest.mark.parametrize("media_type", MediaType)
def test_what_runs_out_of_memory_alone_is_made_once_more_with_less(
    media_type: MediaType, diffusers_engine: DiffusersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[bool] = []
    asked_for = part(media_type, **SHORT[media_type])
    run_out = once(torch.OutOfMemoryError("CUDA out of memory"))

    def look(step: int, steps: int) -> None:
        vae = diffusers_engine.shelf.take(IMAGE if media_type is MediaType.IMAGES else VIDEO).base.vae
        used.append(vae.use_tiling)
        run_out(step, steps)

    asked_for.on_step = look
    together(diffusers_engine, asked_for, media_type=media_type)

    assert asked_for.remade == [OUT_OF_MEMORY]
    assert used == [False, True, True]
    usual = generate(diffusers_engine, media_type, **SHORT[media_type])
    assert abs(pixels(asked_for.pictures) - pixels(usual)).max() <= 2


def test_several_that_run_out_of_memory_are_not_made_again_together(diffusers_engine: DiffusersEngine) -> None:
    parts = [part(on_step=once(torch.OutOfMemoryError("CUDA out of memory"))), part()]

    with pytest.raises(GenerationFailed):
        together(diffusers_engine, *parts)

    assert [one.remade for one in parts] == [[], []]


class Held:
    """A tensor, as far as anybody sees."""


def run_out_holding(seen: list[weakref.ref[Held]]) -> Callable[[int, int], None]:
    """Runs out of memory, each time with something in it."""

    def run_out(step: int, steps: int) -> None:
        held = Held()
        seen.append(weakref.ref(held))
        raise torch.OutOfMemoryError("CUDA out of memory")

    return run_out


@pytest.mark.parametrize("count", [1, 2])
def test_what_ran_out_of_memory_holds_none_of_it(count: int, diffusers_engine: DiffusersEngine) -> None:
    """Or whatever is tried next would find as little as it did. The error itself is held by the lane."""
    seen: list[weakref.ref[Held]] = []
    parts = [part(on_step=run_out_holding(seen)) for _ in range(count)]

    with pytest.raises(GenerationFailed) as failed:
        together(diffusers_engine, *parts)

    assert failed.value.failure.code is ErrorCode.OUT_OF_MEMORY
    assert [one() for one in seen] == [None] * (2 if count == 1 else 1)


class TestCompiled:
    """A block that was compiled at the usual size, and fails at another one."""

    @pytest.fixture
    def loaded(self, diffusers_engine: DiffusersEngine) -> Iterator[LoadedModel]:
        loaded = diffusers_engine.shelf.take(IMAGE)
        loaded.took = ["channels_last", "attention", "compile"]
        self.compile(loaded, fails=True)
        yield loaded
        self.block(loaded)._compiled_call_impl = None
        loaded.took = []

    @staticmethod
    def block(loaded: LoadedModel) -> Any:  # noqa: ANN401 - the library is untyped
        return loaded.base.unet.mid_block

    def compile(self, loaded: LoadedModel, *, fails: bool) -> None:
        def compiled(*given: object, **named: object) -> object:
            if fails:
                raise RuntimeError("a secret prompt")
            return self.block(loaded)._call_impl(*given, **named)

        self.block(loaded)._compiled_call_impl = compiled

    def test_it_is_made_without_what_was_compiled_and_so_are_all_that_follow(
        self, diffusers_engine: DiffusersEngine, loaded: LoadedModel, caplog: pytest.LogCaptureFixture
    ) -> None:
        first, second = part(), part()

        together(diffusers_engine, first)
        together(diffusers_engine, second)

        assert (first.remade, second.remade) == ([COMPILE], [])
        assert first.pictures.tobytes() == second.pictures.tobytes()
        assert loaded.took == ["channels_last"]
        (said,) = [record for record in caplog.records if record.message == "compile_given_up"]
        assert (said.__dict__["model"], said.__dict__["exception_type"]) == (IMAGE.id, "RuntimeError")
        assert "secret" not in caplog.text

    def test_a_request_that_fails_all_the_same_slows_nobody_else(
        self, diffusers_engine: DiffusersEngine, loaded: LoadedModel
    ) -> None:
        def bad(step: int, steps: int) -> None:
            raise ValueError(step)

        self.compile(loaded, fails=False)
        compiled = self.block(loaded)._compiled_call_impl

        with pytest.raises(ValueError, match="1"):
            generate(diffusers_engine, on_step=bad)

        assert self.block(loaded)._compiled_call_impl is compiled
        assert "compile" in loaded.took

    @pytest.mark.parametrize(
        "error", [ClaimLost(), torch.OutOfMemoryError("CUDA"), torch.AcceleratorError("CUDA error")], ids=repr
    )
    def test_what_is_not_the_compilers_is_not_taken_for_it(
        self, error: Exception, diffusers_engine: DiffusersEngine, loaded: LoadedModel
    ) -> None:
        self.compile(loaded, fails=False)
        asked_for = part(on_step=once(error))

        with contextlib.suppress(ClaimLost, GpuLost):
            together(diffusers_engine, asked_for)

        assert COMPILE not in asked_for.remade
        assert "compile" in loaded.took

    def test_a_video_of_which_frames_are_delivered_is_not_begun_again(
        self, diffusers_engine: DiffusersEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        loaded = diffusers_engine.shelf.take(VIDEO)
        monkeypatch.setattr(loaded, "took", ["compile"])
        asked_for = part(MediaType.VIDEOS, num_frames=9)

        def full(pictures: Pictures) -> None:
            asked_for.arrived.append(pictures)
            if len(asked_for.arrived) == 2:
                raise ValueError(len(pictures))

        monkeypatch.setattr(asked_for, "deliver", full)

        with pytest.raises(ValueError, match="4"):
            together(diffusers_engine, asked_for, media_type=MediaType.VIDEOS)

        assert asked_for.remade == []


class TestBlack:
    """Half precision that overflows gives what is not a number, and that becomes black."""

    @pytest.fixture
    def decoder(self, diffusers_engine: DiffusersEngine) -> Any:  # noqa: ANN401 - untyped
        return diffusers_engine.shelf.take(IMAGE).base.vae.decoder

    @pytest.fixture
    def frames_decoder(self, diffusers_engine: DiffusersEngine) -> Any:  # noqa: ANN401 - untyped
        return diffusers_engine.shelf.take(VIDEO).base.vae.decoder

    @staticmethod
    def spoil(decoder: Any, value: float, times: int) -> Any:  # noqa: ANN401 - untyped
        left = iter(range(times))

        def instead(_: object, __: object, decoded: torch.Tensor) -> torch.Tensor | None:
            return torch.full_like(decoded, value) if next(left, None) is not None else None

        return decoder.register_forward_hook(instead)

    @pytest.mark.parametrize("value", [float("nan"), float("inf") * 0, -1.0], ids=["nan", "inf", "black"])
    def test_an_image_that_is_black_is_made_once_more(
        self, value: float, diffusers_engine: DiffusersEngine, decoder: torch.nn.Module
    ) -> None:
        asked_for = part()
        with self.spoil(decoder, value, times=1):
            together(diffusers_engine, asked_for)

        assert asked_for.remade == [BLACK]
        assert pixels(asked_for.pictures).max() > 0

    def test_an_image_that_is_meant_to_be_black_is_delivered(
        self, diffusers_engine: DiffusersEngine, decoder: torch.nn.Module
    ) -> None:
        asked_for = part()
        with self.spoil(decoder, -1.0, times=2):
            together(diffusers_engine, asked_for)

        assert pixels(asked_for.pictures).max() == 0

    def test_what_is_no_number_twice_fails(
        self, diffusers_engine: DiffusersEngine, decoder: torch.nn.Module
    ) -> None:
        with self.spoil(decoder, float("nan"), times=2), pytest.raises(GenerationFailed) as failed:
            generate(diffusers_engine)

        assert failed.value.failure.code is ErrorCode.GENERATION_FAILED

    @pytest.mark.parametrize(("times", "remade"), [(1, []), (2, [BLACK])], ids=["a fade", "all of it"])
    def test_a_video_is_made_once_more_only_if_nothing_can_be_seen_in_it(
        self, times: int, remade: list[str], diffusers_engine: DiffusersEngine, frames_decoder: torch.nn.Module
    ) -> None:
        asked_for = part(MediaType.VIDEOS, num_frames=5)  # two groups: the first frame, and four more
        with self.spoil(frames_decoder, -1.0, times=times):
            together(diffusers_engine, asked_for, media_type=MediaType.VIDEOS)

        assert asked_for.remade == remade
        assert asked_for.pictures.shape == (5, 64, 64, 3)
        assert bool(pixels(asked_for.pictures[0]).max() == 0) is (not remade)
