from pathlib import Path

import pytest

from adapters.catalogue_file import load_catalogue
from tests.models.built import built_models
from worker.engine import DiffusersEngine


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def diffusers_engine(models_folder: Path) -> DiffusersEngine:
    """Loaded once, as in a worker."""
    return DiffusersEngine(load_catalogue().models, models_folder)
