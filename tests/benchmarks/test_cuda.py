"""The script for CUDA, at sizes for a CPU. Its figures mean nothing here; that it takes them does."""

import numpy as np
import pytest
import torch

from benchmarks import cuda
from benchmarks.__main__ import BEGIN, END
from benchmarks.cuda import CASES, PAGE, in_turn, take
from benchmarks.cuda_pair import Pair
from benchmarks.gpu_rates import operations
from benchmarks.random_pipelines import configuration, random_pipeline
from tests.worker import library_warnings

pytestmark = library_warnings.IGNORED


@pytest.mark.parametrize(
    ("name", "billions"),
    [("flux", 11.90), ("sdxl", 2.567), ("wan", 14.29)],
    ids=["FLUX.1-dev", "SDXL's UNet", "Wan 2.1 14B"],
)
def test_the_full_sizes_are_those_of_the_published_models(name: str, billions: float) -> None:
    pipeline = random_pipeline(configuration(name, tiny=False), "meta", torch.bfloat16, ["vae"])
    denoiser = pipeline.unet if name == "sdxl" else pipeline.transformer

    assert sum(weight.numel() for weight in denoiser.parameters()) / 1e9 == pytest.approx(billions, abs=0.006)
    assert {weight.dtype for weight in denoiser.parameters()} == {torch.bfloat16}
    assert {weight.dtype for weight in pipeline.vae.parameters()} == {torch.float32}


def test_all_cases_give_their_rows() -> None:
    rows = take(list(CASES), tiny=True)

    assert [row.command.removeprefix("python -m benchmarks.cuda ") for row in rows] == [
        "flux", "flux", "overlap", *["sdxl"] * 3, "load", "wan",
    ]  # fmt: skip
    for row in rows:
        figures = [float(cell.partition(",")[0].rstrip("%")) for cell in (row.ours, row.naive)]
        # So small a model reaches next to nothing of the matrix rate, and the table has one decimal.
        assert all(figure >= 0 if "matrix rate" in row.what else figure > 0 for figure in figures), row


def test_both_sides_make_the_same_picture() -> None:
    """Or one would be faster because it does something else."""
    pair = Pair("flux", tiny=True)

    naive = np.asarray(pair.naive(64, 1, 2).images[0])
    (ours,) = pair.ours(64, 1, 2)

    assert ours[0].std() > 1
    assert np.abs(naive.astype(int) - ours[0].astype(int)).max() <= 1


def test_what_a_call_computes_is_counted_from_its_first_two_steps() -> None:
    matrix = torch.ones(8, 8)
    asked = []

    def call(steps: int) -> None:
        asked.append(steps)
        for _ in range(steps + 3):  # three are before and after the steps
            matrix @ matrix

    assert operations(call, 28, "cpu") == (28 + 3) * 2 * 8**3
    assert asked == [1, 2]


def test_both_sides_take_turns_after_one_call_that_does_not_count() -> None:
    called: list[str] = []

    in_turn(lambda: called.append("naive"), lambda: called.append("ours"), "cpu", rounds=2)

    assert called == ["naive", "ours"] * 3


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_nothing_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["cuda"])

    assert cuda.main() == 1

    assert capsys.readouterr().err.startswith("torch sees no CUDA GPU here; --tiny")


def test_the_page_has_a_place_for_the_table_and_says_whether_there_is_one() -> None:
    text = PAGE.read_text(encoding="utf-8")
    table = text.partition(BEGIN)[2].partition(END)[0]

    assert table.strip()
    assert ("has not been run on a CUDA GPU yet" in text) == ("| measured |" not in table)
