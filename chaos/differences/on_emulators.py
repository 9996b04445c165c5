"""The real adapters on the Firestore emulator, and on the Storage emulator behind its preconditions."""

import uuid
from datetime import datetime
from typing import Any

import requests
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore, storage

from adapters.firestore_commands import FirestoreCommands
from adapters.firestore_generations import FirestoreGenerations
from adapters.firestore_sweeper import COLLECTION, FirestoreSweeper
from adapters.object_urls import ObjectUrls, choose_urls
from adapters.storage_objects import StorageObjects
from chaos.differences.sides import Fields, Side
from contracts.command import COMMANDS
from contracts.paths import GenerationPath, MediaType
from contracts.stored_object import StoredObject
from local.ports import address

TIMEOUT_SECONDS = 30


class Project:
    """Clients of a project and its own documents: queries go through all of them."""

    def __init__(self, storage_url: str) -> None:
        self.name = f"demo-differences-{uuid.uuid4().hex[:8]}"
        self.storage_url = storage_url
        self.firestore = firestore.Client(project=self.name)
        nobody: Any = AnonymousCredentials  # the library is untyped
        options = {"api_endpoint": storage_url}
        self.storage = storage.Client(project=self.name, credentials=nobody(), client_options=options)
        self._web = requests.Session()

    def clear(self) -> None:
        """Remove all documents."""
        documents = f"emulator/v1/projects/{self.name}/databases/(default)/documents"
        answer = self._web.delete(f"http://{address('firestore')}/{documents}", timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()


class OnEmulators(Side):
    """A project without documents, and a bucket that nobody has used."""

    def __init__(self, project: Project) -> None:
        super().__init__()
        project.clear()
        self._client = project.firestore
        self._bucket = project.storage.bucket(f"b{uuid.uuid4().hex}")
        self.generations = FirestoreGenerations(self._client, sleep=lambda _: None)
        self.commands = FirestoreCommands(self._client)
        self.sweeper = FirestoreSweeper(self._client)
        self.objects = StorageObjects(self._bucket, choose_urls(ObjectUrls.DOWNLOAD, project.storage_url))

    def put(self, path: GenerationPath, fields: Fields) -> None:
        """See `Side.put`."""
        self._client.document(path.document).set(dict(fields))

    def drop(self, path: GenerationPath) -> None:
        """See `Side.drop`."""
        self._client.document(path.document).delete()

    def put_command(self, user_id: str, command_id: str, fields: Fields) -> None:
        """See `Side.put_command`."""
        self._client.document("generations", user_id, COMMANDS, command_id).set(dict(fields))

    def created_at(self, path: GenerationPath) -> datetime:
        """See `Side.created_at`."""
        created_at: datetime = self._client.document(path.document).get().get("created_at")
        return created_at

    def stored_at(self, name: str) -> datetime:
        """See `Side.stored_at`."""
        stored_at: datetime = self._bucket.get_blob(name).time_created
        return stored_at

    def left(self) -> Fields:
        """See `Side.left`."""
        generations = [found for kind in MediaType for found in self._client.collection_group(kind.value).stream()]
        commands = self._client.collection_group(COMMANDS).stream()
        return {
            "generations": {found.reference.path: found.to_dict() for found in generations},
            "commands": {f"{found.reference.parent.parent.id}/{found.id}": found.to_dict() for found in commands},
            "sweeper": {found.id: found.to_dict() for found in self._client.collection(COLLECTION).stream()},
            "objects": {blob.name: [_described(blob), blob.md5_hash] for blob in self._bucket.list_blobs()},
        }


def _described(blob: storage.Blob) -> StoredObject:
    return StoredObject(name=blob.name, generation=blob.generation, metadata=blob.metadata)
