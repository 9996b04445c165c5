"""Which adapters the worker uses. The only place that chooses."""

import logging
from datetime import UTC, datetime

from adapters.catalogue_file import load_catalogue
from contracts.catalogue import Catalogue, Model
from worker.connection import connect
from worker.engine import DiffusersEngine
from worker.settings import Settings, SettingsInvalid
from worker.workplace import Workplace

log = logging.getLogger(__name__)


def build_workplace(settings: Settings) -> Workplace:
    """Load the models and connect. Raises `SettingsInvalid` or `engine.ModelInvalid`."""
    catalogue = load_catalogue()
    models = _chosen(catalogue, settings.models)
    log.info(
        "starting", extra={"serves": "documents and direct jobs" if settings.firebase else "direct jobs only"}
    )
    return Workplace(
        engine=DiffusersEngine(models, settings.models_folder),
        catalogue=catalogue,
        now=lambda: datetime.now(UTC),
        cloud=None if settings.firebase is None else connect(settings.firebase),
    )


def _chosen(catalogue: Catalogue, ids: tuple[str, ...]) -> list[Model]:
    known = {model.id: model for model in catalogue.models}
    for model_id in ids:
        if model_id not in known:
            raise SettingsInvalid(f"SAFELIGHT_MODELS names {model_id}; the catalogue has {', '.join(known)}.")
    return [known[model_id] for model_id in ids] or catalogue.models
