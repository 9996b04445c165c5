"""The blocklist that ships."""

import pytest

from adapters.blocklist_file import load_blocklist
from adapters.catalogue_file import load_catalogue


@pytest.mark.parametrize("text", ["Child  PORN", "a naked child on a beach", "child\u200bporn", "CSAM"])
def test_what_ships_blocks_sexual_content_with_minors(text: str) -> None:
    assert load_blocklist()(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "a child with a red balloon",
        "a naked woman in the style of Titian",
        "children playing football",
        "the minor planets of the solar system",
        "a naked mole-rat and its children",
        *(example for model in load_catalogue().models for example in model.examples),
    ],
)
def test_what_ships_lets_the_usual_through(text: str) -> None:
    assert load_blocklist()(text) is True
