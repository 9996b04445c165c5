"""Which adapters the functions use. The only place that chooses."""

import functools
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from google.cloud import firestore
from google.cloud.pubsub_v1 import PublisherClient
from google.cloud.storage import Client as StorageClient

from adapters.catalogue_file import load_catalogue
from adapters.firestore_commands import FirestoreCommands
from adapters.firestore_generations import FirestoreGenerations
from adapters.object_urls import ObjectUrls, choose_urls
from adapters.pubsub_endings import PubSubEndings
from adapters.runpod_http import RunPodHttp
from adapters.storage_objects import StorageObjects
from contracts.catalogue import Catalogue
from contracts.ports import Clock, CommandStore, EndingPublisher, GenerationStore, ObjectStore, RunPodQueue
from triggers.settings import Settings

SEEDS = 2**32  # drawn seeds are short enough to be told over the telephone


@dataclass(frozen=True, kw_only=True)
class Outside:
    """Everything the use cases reach."""

    generations: GenerationStore
    commands: CommandStore
    objects: ObjectStore
    runpod: RunPodQueue
    endings: EndingPublisher
    catalogue: Catalogue
    now: Clock
    draw_seed: Callable[[], int]


@functools.cache
def outside() -> Outside:
    """The real ones, once per process."""
    settings = Settings.from_environment()
    documents = firestore.Client(project=settings.project_id)
    bucket = StorageClient(project=settings.project_id).bucket(settings.bucket)
    return Outside(
        generations=FirestoreGenerations(documents),
        commands=FirestoreCommands(documents),
        objects=StorageObjects(bucket, choose_urls(ObjectUrls.DOWNLOAD, settings.storage_emulator)),
        runpod=RunPodHttp(
            base_url=settings.runpod_base_url,
            endpoint_id=settings.runpod_endpoint_id,
            api_key=settings.runpod_api_key,
        ),
        endings=PubSubEndings(PublisherClient(), settings.project_id),
        catalogue=load_catalogue(),
        now=lambda: datetime.now(UTC),
        draw_seed=lambda: secrets.randbelow(SEEDS),
    )
