"""Which adapters the worker uses. The only place that chooses."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from adapters.blocklist_file import INPUT_CHECK
from adapters.catalogue_file import CatalogueInvalid, load_catalogue
from adapters.plugging_in import NotPluggedIn, plug_in
from contracts.catalogue import Catalogue, Model
from worker.batching import LARGEST, Batching
from worker.cannot_start import CannotStart, SettingsInvalid, WorkerUnfit
from worker.compile_cache import CompileCache
from worker.engine import DiffusersEngine
from worker.fitness import GIB, Machine, check_fitness
from worker.held import jobs_held
from worker.lane import Lane
from worker.pipelines import GpuLost
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
    catalogue = _catalogue()
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
    batching = Batching(1 if Preset.STEP_CACHE in settings.lossy else LARGEST)
    engine, held = _load(
        settings, models, catalogue=catalogue, batching=batching, memory_gib=machine.free_memory / GIB
    )
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


def _load(
    settings: Settings, models: list[Model], *, catalogue: Catalogue, batching: Batching, memory_gib: float
) -> tuple[DiffusersEngine, int]:
    """The models, warmed up, and how many jobs are right for them. Raises `CannotStart`."""
    compiled = CompileCache(settings.compile_cache) if settings.compile_cache else None
    if compiled is not None:
        compiled.load()
    try:
        engine = DiffusersEngine(models, settings.models_folder, memory_gib, settings.lossy, compiled=compiled)
        took = warm_up(engine, catalogue, batching)
    except GpuLost as lost:
        raise WorkerUnfit(
            "The GPU failed while the models were loaded or warmed up. RunPod starts the worker again; where that "
            "does not help, this machine's GPU is broken."
        ) from lost
    # The slowest model decides: of slow jobs, whoever is held here could have begun at another worker.
    return engine, min(jobs_held(one.gpu, one.after, one.together) for one in took)


def _catalogue() -> Catalogue:
    try:
        return load_catalogue()
    except CatalogueInvalid as invalid:
        raise SettingsInvalid(str(invalid)) from invalid


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
