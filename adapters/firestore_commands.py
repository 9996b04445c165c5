"""`CommandStore` on Firestore."""

from google.cloud import firestore

from contracts.command import COMMANDS, Command
from contracts.errors import RequestInvalid


class FirestoreCommands:
    """The commands of one Firestore database."""

    def __init__(self, client: firestore.Client) -> None:
        self._client = client

    def read(self, user_id: str, command_id: str) -> Command | RequestInvalid | None:
        """See `CommandStore.read`."""
        snapshot = self._client.document("generations", user_id, COMMANDS, command_id).get()
        if not snapshot.exists:
            return None
        try:
            return Command.from_fields(snapshot.to_dict() or {})
        except RequestInvalid as problem:
            return problem

    def remove(self, user_id: str, command_id: str) -> None:
        """See `CommandStore.remove`."""
        self._client.document("generations", user_id, COMMANDS, command_id).delete()
