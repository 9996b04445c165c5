"""The model catalogue as it lies on disk."""

from pathlib import Path

from contracts.catalogue import Catalogue, parse_catalogue

CATALOGUE = Path(__file__).parent.parent / "models" / "catalogue.toml"


class CatalogueInvalid(Exception):  # noqa: N818 - read by whoever deploys
    """The file is missing, or something in it is wrong. The message says which, and what."""


def load_catalogue(path: Path = CATALOGUE) -> Catalogue:
    """Read and check it. Raises `CatalogueInvalid`."""
    try:
        return parse_catalogue(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CatalogueInvalid(
            f"{path} is no catalogue of models: {error}. Correct it; contracts/catalogue.py explains each key."
        ) from error
