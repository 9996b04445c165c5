from pathlib import Path

import pytest

from tests.worker.shipped import SHIPPED
from worker.engine import DiffusersEngine


@pytest.fixture(scope="session")
def diffusers_engine(models_folder: Path) -> DiffusersEngine:
    """Loaded once, as in a worker."""
    return DiffusersEngine(SHIPPED, models_folder)
