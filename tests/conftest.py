from pathlib import Path

import pytest

from worker.settings import MODELS_FOLDER


@pytest.fixture(scope="session")
def models_folder() -> Path:
    """What is in this repository."""
    return MODELS_FOLDER
