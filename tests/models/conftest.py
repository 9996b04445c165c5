from pathlib import Path

import pytest

from tests.models.built import built_models


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_models(tmp_path_factory.mktemp("models"))
