"""The adapters that reach the documents, objects and topics of one Firebase project."""

from typing import Any

from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore
from google.cloud.pubsub_v1 import PublisherClient
from google.cloud.storage import Client as StorageClient

from adapters.firestore_generations import FirestoreGenerations
from adapters.object_urls import choose_urls
from adapters.pubsub_endings import PubSubEndings
from adapters.storage_objects import StorageObjects
from worker.settings import Firebase
from worker.workplace import Cloud


def connect(firebase: Firebase) -> Cloud:
    """Make them; nothing is asked of Firebase yet."""
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
