"""The catalogue that ships, and others that are broken."""

from pathlib import Path

import pytest

from adapters.catalogue_file import CatalogueInvalid, load_catalogue
from contracts.paths import MediaType


def test_what_ships_makes_images_and_videos_with_no_model_named() -> None:
    catalogue = load_catalogue()

    for media_type in MediaType:
        model = catalogue.find(media_type, None)
        assert model is not None
        assert model.media_type is media_type


def test_a_catalogue_is_read_as_utf8(tmp_path: Path) -> None:
    text = (Path(__file__).parent.parent.parent / "models" / "catalogue.toml").read_text(encoding="utf-8")
    path = tmp_path / "catalogue.toml"
    path.write_text(
        text.replace('title = "Safelight Image"', 'title = "Dunkelkammer für Bilder"'), encoding="utf-8"
    )

    assert load_catalogue(path).models[0].title == "Dunkelkammer für Bilder"


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ("[[models]", "line 1"),
        ('[[models]]\nid = "x"\n', r"x\.title: Field required; x\.media_type"),
        ("[[models]]\n", r"model 1\.id: Field required"),
        ("[other]\nx = 1\n", "models"),
        ("", "models"),
    ],
    ids=["not TOML", "keys missing", "an id missing", "another table", "empty"],
)
def test_a_broken_one_is_refused_and_named(broken: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(broken)

    with pytest.raises(CatalogueInvalid, match=named) as invalid:
        load_catalogue(path)
    assert str(invalid.value).startswith(f"{path} is no catalogue of models: ")
    assert "\n" not in str(invalid.value)


def test_a_missing_one_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CatalogueInvalid, match="No such file"):
        load_catalogue(tmp_path / "catalogue.toml")
