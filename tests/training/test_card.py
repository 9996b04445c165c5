from pathlib import Path

import numpy as np
from PIL import Image

from training.card import Card, grid, write_card

CARD = Card(
    title="tiny",
    architecture="A pipeline.",
    parameters=5_700_000,
    data="Dots.",
    training="2 steps.",
    asked="Twice.",
    samples="all of them",
    repeated="The same.",
)


def test_a_card_has_the_table_with_the_measures_own_error(tmp_path: Path) -> None:
    table = {"single": {"background": 95.0, "shape": 80.0}, "pair": {"background": 91.0, "relation": 70.0}}
    truth = {"single": {"background": 100.0, "shape": 99.0}, "pair": {"background": 100.0, "relation": 98.0}}

    write_card(CARD, table=table, truth=truth, samples=[[np.zeros((8, 8, 3), np.uint8)] * 3], folder=tmp_path)

    card = (tmp_path / "README.md").read_text()
    assert "| | background | shape | relation |" in card
    assert "| single | 95.0 (100.0) | 80.0 (99.0) |  |" in card
    assert "| pair | 91.0 (100.0) |  | 70.0 (98.0) |" in card
    assert "5.7 million parameters" in card
    with Image.open(tmp_path / "samples.png") as samples:
        assert samples.size == (24, 8)


def test_a_grid_shows_all_samples_in_order() -> None:
    samples = [np.full((2, 2, 3), index, np.uint8) for index in range(3)]

    sheet = np.asarray(grid([samples[:2], samples[2:]]))

    assert sheet.shape == (4, 4, 3)
    assert [sheet[0, 0, 0], sheet[0, 2, 0], sheet[2, 0, 0]] == [0, 1, 2]
    assert sheet[2, 2, 0] == 255
