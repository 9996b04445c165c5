"""`CommandStore` on Firestore."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from google.api_core.retry import Retry
from google.cloud import firestore

from adapters.firestore_calls import CALL_TIMEOUT_SECONDS, FAILURES, RETRY, found_by, get, unavailable
from contracts.command import COMMANDS, Command
from contracts.errors import RequestInvalid
from contracts.paths import PARTS_OF_A_PATH


class FirestoreCommands:
    """The commands of one Firestore database."""

    def __init__(self, client: firestore.Client, *, retry: Retry = RETRY) -> None:
        self._client = client
        self._retry = retry

    def read(self, user_id: str, command_id: str) -> Command | RequestInvalid | None:
        """See `CommandStore.read`."""
        snapshot = get(self._document(user_id, command_id), self._retry)
        if not snapshot.exists:
            return None
        try:
            return Command.from_fields(snapshot.to_dict() or {})
        except RequestInvalid as problem:
            return problem

    def remove(self, user_id: str, command_id: str) -> None:
        """See `CommandStore.remove`."""
        document = self._document(user_id, command_id)
        try:
            document.delete(retry=self._retry, timeout=CALL_TIMEOUT_SECONDS)
        except FAILURES as error:
            raise unavailable("remove", document, error) from error

    def waiting(self, *, until: datetime, limit: int) -> Sequence[tuple[str, str]]:
        """See `CommandStore.waiting`."""
        query = (
            self._client.collection_group(COMMANDS)
            .where(filter=firestore.FieldFilter("created_at", "<=", until))
            .order_by("created_at")
            .limit(limit)
        )
        paths = [found.reference.path.split("/") for found in found_by(query, self._retry)]
        return [(path[1], path[3]) for path in paths if len(path) == PARTS_OF_A_PATH and path[0] == "generations"]

    def _document(self, user_id: str, command_id: str) -> Any:  # noqa: ANN401 - the library is untyped
        return self._client.document("generations", user_id, COMMANDS, command_id)
