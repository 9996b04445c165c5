from pathlib import Path

import pytest

from adapters.catalogue_file import load_catalogue
from worker.engine import DiffusersEngine


@pytest.fixture(scope="session")
def diffusers_engine(models_folder: Path) -> DiffusersEngine:
    """Loaded once, as in a worker."""
    return DiffusersEngine(load_catalogue().offered, models_folder)
