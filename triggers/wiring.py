"""Which adapters the functions use. The only place that chooses.

Each brings a library along that takes a while to import, and a cold start pays only for those that it uses: to
dispatch a generation takes Firestore and RunPod.
"""

import functools
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adapters.alerting import call_operator
from adapters.blocklist_file import INPUT_CHECK
from adapters.catalogue_file import CatalogueInvalid, load_catalogue
from adapters.plugging_in import NotPluggedIn, plug_in
from adapters.when_used import when_used
from contracts.catalogue import Catalogue
from contracts.generation import Generation
from contracts.moderation import InputCheck, allow_everything
from contracts.paths import GenerationPath
from contracts.patience import USUAL, Patience
from contracts.ports import (
    Clock,
    CommandStore,
    EndingPublisher,
    GenerationStore,
    ObjectStore,
    Owners,
    RunPodQueue,
    SweeperStore,
)
from contracts.webhook_token import Hint
from triggers.settings import Settings, SettingsInvalid

SEEDS = 2**32  # drawn seeds are short enough to be told over the telephone
AUTH_TIMEOUT_SECONDS = 5  # the library's own is two minutes, and it tries again
WEBHOOK_VALID_FOR = timedelta(hours=25)  # longer than any generation waits


@dataclass(frozen=True, kw_only=True)
class Outside:
    """Everything the use cases reach."""

    generations: GenerationStore
    commands: CommandStore
    objects: ObjectStore
    runpod: RunPodQueue
    endings: EndingPublisher
    sweeper: SweeperStore
    owners: Owners
    catalogue: Catalogue
    now: Clock
    draw_seed: Callable[[], int]
    chance: Callable[[], float]
    """From 0 to 1, for jitter."""
    webhook_for: Callable[[GenerationPath, Generation], str | None]
    """Where RunPod shall tell that an attempt's job is over, if anywhere."""
    patience: Patience = USUAL
    input_check: InputCheck = allow_everything


@functools.cache
def outside() -> Outside:
    """The real ones, once per process."""
    from google.cloud import firestore

    from adapters.firestore_commands import FirestoreCommands
    from adapters.firestore_generations import FirestoreGenerations
    from adapters.firestore_sweeper import FirestoreSweeper

    settings, input_check, catalogue = _settings()
    documents = firestore.Client(project=settings.project_id)
    return Outside(
        generations=FirestoreGenerations(documents),
        commands=FirestoreCommands(documents),
        objects=when_used(lambda: _objects(settings)),
        runpod=when_used(lambda: _runpod(settings)),
        endings=when_used(lambda: _endings(settings)),
        sweeper=FirestoreSweeper(documents),
        owners=when_used(lambda: _owners(settings)),
        catalogue=catalogue,
        now=lambda: datetime.now(UTC),
        draw_seed=lambda: secrets.randbelow(SEEDS),
        chance=random.random,
        webhook_for=functools.partial(_webhook_for, settings),
        input_check=input_check,
    )


def _objects(settings: Settings) -> ObjectStore:
    from google.cloud.storage import Client

    from adapters.object_urls import ObjectUrls, choose_urls
    from adapters.storage_objects import StorageObjects

    bucket = Client(project=settings.project_id).bucket(settings.bucket)
    return StorageObjects(bucket, choose_urls(ObjectUrls.DOWNLOAD, settings.storage_emulator))


def _runpod(settings: Settings) -> RunPodQueue:
    from adapters.runpod_http import RunPodHttp

    return RunPodHttp(
        base_url=settings.runpod_base_url,
        endpoint_id=settings.runpod_endpoint_id,
        api_key=settings.runpod_api_key,
    )


def _endings(settings: Settings) -> EndingPublisher:
    from google.cloud.pubsub_v1 import PublisherClient

    from adapters.pubsub_endings import PubSubEndings

    return PubSubEndings(PublisherClient(), settings.project_id)


def _owners(settings: Settings) -> Owners:
    import firebase_admin

    from adapters.firebase_owners import FirebaseOwners

    options = {"projectId": settings.project_id, "httpTimeout": AUTH_TIMEOUT_SECONDS}
    return FirebaseOwners(firebase_admin.initialize_app(options=options, name="safelight"))


def _settings() -> tuple[Settings, InputCheck, Catalogue]:
    """And the check that they name, and the models: all that whoever deploys can have written wrong."""
    try:
        settings = Settings.from_environment()
        return settings, _plugged_in(settings), _catalogue()
    except SettingsInvalid as invalid:
        call_operator("settings_invalid", str(invalid))
        raise


def _plugged_in(settings: Settings) -> InputCheck:
    try:
        return plug_in(INPUT_CHECK, settings.input_check)
    except NotPluggedIn as error:
        raise SettingsInvalid(str(error)) from error


def _catalogue() -> Catalogue:
    try:
        return load_catalogue()
    except CatalogueInvalid as invalid:
        raise SettingsInvalid(str(invalid)) from invalid


def _webhook_for(settings: Settings, path: GenerationPath, generation: Generation) -> str | None:
    if not settings.webhook_url:
        return None
    hint = Hint(
        path=path,
        created_at=generation.created_at,
        attempt=generation.attempt,
        expires_at=datetime.now(UTC) + WEBHOOK_VALID_FOR,
    )
    return f"{settings.webhook_url.rstrip('/')}/{hint.sign(settings.webhook_secret)}"
