"""Which adapters the worker uses. The only place that chooses."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.blocklist_file import INPUT_CHECK
from adapters.catalogue_file import load_catalogue
from adapters.plugging_in import NotPluggedIn, plug_in
from contracts.catalogue import Catalogue, Model
from worker.batching import LARGEST, Batching
from worker.cannot_start import CannotStart, SettingsInvalid
from worker.compile_cache import CompileCache
from worker.engine import DiffusersEngine
from worker.fitness import GIB, Machine, check_fitness
from worker.held import jobs_held
from worker.lane import Lane
from worker.preset import Preset
from worker.settings import OUTPUT_CHECK, Settings
from worker.warm_up import warm_up
from worker.weights import must_download
from worker.workplace import Workplace

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Worker:
    """What `handler.serve` needs."""

    workplace: Workplace
    held: int
    """How many jobs to have at once."""
    lost: threading.Event
    """Set when the GPU is."""


def build_worker(settings: Settings) -> Worker:
    """Load the models, warm them up and connect. Raises `CannotStart`."""
    catalogue = load_catalogue()
    models = _chosen(catalogue, settings.models)
    log.info(
        "starting", extra={"serves": "documents and direct jobs" if settings.firebase else "direct jobs only"}
    )
    input_check = _plugged_in(INPUT_CHECK, settings.input_check)
    output_check = (
        None
        if settings.output_check is None
        else _plugged_in(OUTPUT_CHECK, settings.output_check, settings.models_folder)
    )
    machine = Machine.of_this_process()  # without what the check takes of its memory
    check_fitness(models, machine, [model for model in models if must_download(model, settings.models_folder)])
    compiled = CompileCache(settings.compile_cache, models) if settings.compile_cache else None
    if compiled is not None:
        compiled.load()
    engine = DiffusersEngine(models, settings.models_folder, machine.free_memory / GIB, settings.lossy)
    batching = Batching(1 if Preset.STEP_CACHE in settings.lossy else LARGEST)
    # The slowest model decides: of slow jobs, whoever is held here could have begun at another worker.
    held = min(jobs_held(took.gpu, took.after) for took in warm_up(engine, catalogue, batching))
    if compiled is not None:
        compiled.save()
    lane = Lane(engine, batching)
    from worker.connection import connect

    workplace = Workplace(
        engine=lane,
        catalogue=catalogue,
        now=lambda: datetime.now(UTC),
        cloud=None if settings.firebase is None else connect(settings.firebase),
        input_check=input_check,
        output_check=output_check,
    )
    return Worker(workplace=workplace, held=settings.jobs_held or held, lost=lane.lost)


def _plugged_in(variable: str, named: str, *arguments: object) -> Callable[..., Any]:
    try:
        return plug_in(variable, named, *arguments, passing=(CannotStart,))
    except NotPluggedIn as error:
        raise SettingsInvalid(str(error)) from error


def _chosen(catalogue: Catalogue, ids: tuple[str, ...]) -> list[Model]:
    known = {model.id: model for model in catalogue.models}
    for model_id in ids:
        if model_id not in known:
            raise SettingsInvalid(f"SAFELIGHT_MODELS names {model_id}; the catalogue has {', '.join(known)}.")
    return [known[model_id] for model_id in ids] or catalogue.offered
