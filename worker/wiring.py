"""Which adapters the worker uses. The only place that chooses."""

import logging
from datetime import UTC, datetime
from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore
from google.cloud.pubsub_v1 import PublisherClient
from google.cloud.storage import Client as StorageClient

from adapters.catalogue_file import load_catalogue
from adapters.firestore_generations import FirestoreGenerations
from adapters.object_urls import choose_urls
from adapters.pubsub_endings import PubSubEndings
from adapters.storage_objects import StorageObjects
from contracts.catalogue import Catalogue, Model
from worker.engine import DiffusersEngine
from worker.settings import Firebase, Settings, SettingsInvalid
from worker.workplace import Cloud, Workplace

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
        cloud=None if settings.firebase is None else _cloud(settings.firebase),
    )


def _chosen(catalogue: Catalogue, ids: tuple[str, ...]) -> list[Model]:
    known = {model.id: model for model in catalogue.models}
    for model_id in ids:
        if model_id not in known:
            raise SettingsInvalid(f"SAFELIGHT_MODELS names {model_id}; the catalogue has {', '.join(known)}.")
    return [known[model_id] for model_id in ids] or catalogue.models


def _cloud(firebase: Firebase) -> Cloud:
    # The emulators take no credentials, and these must not be sent to them.
    nobody: Any = AnonymousCredentials  # the library is untyped
    storage_credentials = nobody() if firebase.storage_emulator else firebase.credentials
    bucket = StorageClient(project=firebase.project_id, credentials=storage_credentials).bucket(firebase.bucket)
    urls = choose_urls(firebase.object_urls, firebase.storage_emulator, firebase.credentials)
    return Cloud(
        generations=FirestoreGenerations(
            firestore.Client(project=firebase.project_id, credentials=firebase.credentials)
        ),
        objects=StorageObjects(bucket, urls),
        endings=PubSubEndings(PublisherClient(credentials=firebase.credentials), firebase.project_id),
    )
