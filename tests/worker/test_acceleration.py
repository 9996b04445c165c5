"""Which ways each family takes, and what becomes of those that fail. Graphs are made here, and not compiled."""

import contextlib
import functools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
from torch import nn

from adapters.catalogue_file import load_catalogue
from contracts.catalogue import Lora, Model, Source
from tests.worker.tiny_denoisers import OneCall, tiny
from worker import acceleration
from worker.acceleration import WAYS, accelerate, uncompiled
from worker.denoiser import sample_call

CATALOGUE = load_catalogue()
BIG = [model for model in CATALOGUE.models if model.source.repository]
LORA = Lora(id="x", source=Source(folder="x"), revision="1", weight_name="x.safetensors", licence="MIT")


@pytest.fixture(autouse=True)
def _graphs_are_made_and_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceleration, "COMPILER", "eager")


def with_ways(*names: str, loras: Sequence[Lora] = ()) -> Model:
    return CATALOGUE.models[0].model_copy(update={"accelerations": frozenset(names), "loras": loras})


def reasons(caplog: pytest.LogCaptureFixture) -> dict[str, str]:
    """Of what was not taken."""
    records = [record.__dict__ for record in caplog.records if record.message == "acceleration_not_taken"]
    return {record["way"]: record["reason"] for record in records}


class Block(nn.Module):
    """One of a `Denoiser`'s. It decides by a number, where it is told to, and that cannot be in a graph."""

    def forward(self, x: torch.Tensor, how: str) -> torch.Tensor:
        if how == "decides" and x.sum().item() > 0:
            x = x + 1
        return x * 2


class Denoiser(nn.Module):
    """Whose attention has a fast way, a way that does not run and a way that computes something else."""

    _repeated_blocks = ("Block",)
    dtype = torch.float32

    def __init__(self) -> None:
        super().__init__()
        self.processor = self
        self._attention_backend: str | None = None
        self.block = Block()

    def set_attention_backend(self, backend: str) -> None:
        self._attention_backend = backend

    def reset_attention_backend(self) -> None:
        self._attention_backend = None

    def compile_repeated_blocks(self, *, fullgraph: bool, backend: str) -> None:
        self.block.compile(fullgraph=fullgraph, backend=backend)

    def forward(self, x: torch.Tensor, *, how: str) -> tuple[torch.Tensor]:
        if self._attention_backend == "refuses":
            raise RuntimeError(self._attention_backend)
        time.sleep(0.05 if self._attention_backend in {None, "slow"} else 0)
        return (self.block(x, how) + (self._attention_backend == "wrong"),)


def one_call(how: str = "") -> OneCall:
    return OneCall(Denoiser(), {"x": torch.ones(3), "how": how}, None)


@functools.cache
def taken(family: str) -> frozenset[str]:
    """Of everything that there is; what it predicts is the same afterwards."""
    pipeline = tiny(family)
    before = sample_call(pipeline, with_ways()).output()
    took = accelerate(pipeline, with_ways(*WAYS), "cuda")
    torch.testing.assert_close(sample_call(pipeline, with_ways()).output(), before, rtol=1e-3, atol=1e-4)
    return frozenset(took)


@pytest.mark.parametrize("model", BIG, ids=lambda model: model.id)
def test_an_entry_names_what_its_family_takes_and_nothing_else(model: Model) -> None:
    assert model.accelerations == taken(model.pipeline_class)


def test_only_what_the_entry_names_is_tried() -> None:
    assert accelerate(tiny("FluxPipeline"), with_ways("fused_qkv"), "cuda") == ["fused_qkv"]


def test_on_a_cpu_nothing_is_tried() -> None:
    assert accelerate(tiny("FluxPipeline"), with_ways(*WAYS), "cpu") == []


def test_a_unet_and_its_vae_lie_in_memory_as_convolutions_want_them() -> None:
    pipeline = tiny("StableDiffusionXLPipeline")

    accelerate(pipeline, with_ways("channels_last"), "cuda")

    for part in (pipeline.transformer, pipeline.vae):
        assert part is not None
        weights = [module.weight for module in part.modules() if isinstance(module, nn.Conv2d)]
        assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights)


def test_fused_projections_that_lose_the_normalisation_are_taken_back(caplog: pytest.LogCaptureFixture) -> None:
    """diffusers' fused processor of SD3 has none, so that every picture would be another one."""
    pipeline = tiny("StableDiffusion3Pipeline")
    before = sample_call(pipeline, with_ways()).output()

    assert accelerate(pipeline, with_ways("fused_qkv"), "cuda") == []

    assert "no longer normalises" in reasons(caplog)["fused_qkv"]
    assert torch.equal(sample_call(pipeline, with_ways()).output(), before)


def test_projections_stay_apart_where_a_lora_may_change_them(caplog: pytest.LogCaptureFixture) -> None:
    assert accelerate(tiny("FluxPipeline"), with_ways("fused_qkv", loras=[LORA]), "cuda") == []

    assert "LoRA" in reasons(caplog)["fused_qkv"]


@pytest.mark.parametrize(
    ("backends", "chosen"),
    [
        (("slow", "fast"), "fast"),
        (("fast", "slow"), "fast"),
        (("refuses", "slow"), "slow"),
        (("wrong", "slow"), "slow"),
    ],
    ids=["the fast one", "whichever is first", "one that runs", "one that is right"],
)
def test_the_attention_is_the_fastest_that_runs_and_agrees(
    backends: tuple[str, ...], chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acceleration, "ATTENTION_BACKENDS", backends)
    pipeline = one_call()

    assert accelerate(pipeline, with_ways("attention"), "cuda") == ["attention"]

    assert pipeline.transformer._attention_backend == chosen


def test_where_no_attention_runs_it_is_torchs_own_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acceleration, "ATTENTION_BACKENDS", ("refuses", "wrong"))
    pipeline = one_call()

    assert accelerate(pipeline, with_ways("attention"), "cuda") == []

    assert pipeline.transformer._attention_backend is None


def test_blocks_that_cannot_be_compiled_whole_run_as_before(caplog: pytest.LogCaptureFixture) -> None:
    pipeline = one_call("decides")

    assert accelerate(pipeline, with_ways("compile"), "cuda") == []

    assert reasons(caplog) == {"compile": "UserError"}
    assert torch.equal(sample_call(pipeline, with_ways()).output(), torch.full((3,), 4.0))


def test_what_can_be_compiled_is() -> None:
    pipeline = one_call()

    assert accelerate(pipeline, with_ways("compile"), "cuda") == ["compile"]

    assert pipeline.transformer.block._compiled_call_impl is not None


def test_compiled_blocks_meet_more_kinds_of_calls_than_torch_allows_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch._dynamo.config, "accumulated_recompile_limit", 8)  # a worker's takes longer to reach
    pipeline = one_call()
    accelerate(pipeline, with_ways("compile"), "cuda")

    with torch.inference_mode():
        for name in "abcdefghijkl":  # each is another graph
            assert torch.equal(pipeline.transformer.block(torch.ones(3), name), torch.full((3,), 2.0))


@pytest.mark.parametrize("works", [True, False])
def test_what_was_chosen_is_set_aside_for_good_where_that_helps(works: bool) -> None:  # noqa: FBT001
    pipeline = one_call()
    accelerate(pipeline, with_ways("compile"), "cuda")
    pipeline.transformer.set_attention_backend("fast")
    block = pipeline.transformer.block
    chosen = block._compiled_call_impl

    with contextlib.suppress(ValueError), uncompiled(pipeline):
        inside = block._compiled_call_impl, pipeline.transformer._attention_backend
        if not works:
            raise ValueError

    assert inside == (None, "native")
    after = block._compiled_call_impl, pipeline.transformer._attention_backend
    assert after == ((None, "native") if works else (chosen, "fast"))


def test_a_pipeline_that_cannot_be_called_is_left_to_the_warm_up(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(OneCall):
        def __call__(self, prompt: list[str], num_inference_steps: int) -> None:
            raise ValueError(prompt)

    pipeline = Broken(Denoiser(), {}, None)

    assert accelerate(pipeline, with_ways(*WAYS), "cuda") == []

    assert reasons(caplog) == {"everything": "ValueError"}


def test_a_real_pipeline_is_sampled_with_its_usual_request(models_folder: Path) -> None:
    model = next(model for model in CATALOGUE.models if model.id == "safelight-video")
    pipeline: Any = diffusers.DiffusionPipeline.from_pretrained(models_folder / model.id)

    frames = (model.parameters["num_frames"].default - 1) // 4 + 1  # type: ignore[operator]
    assert sample_call(pipeline, model).output().shape[2] == frames
