"""The model catalogue as it lies on disk."""

from pathlib import Path

from contracts.catalogue import Catalogue, parse_catalogue

CATALOGUE = Path(__file__).parent.parent / "models" / "catalogue.toml"


def load_catalogue(path: Path = CATALOGUE) -> Catalogue:
    """Read and check it."""
    return parse_catalogue(path.read_text(encoding="utf-8"))
