"""Who asks for pictures, and changes his mind."""

from functools import partial
from typing import Any

from chaos.simulation.town import Town
from contracts.command import CommandType
from contracts.paths import GenerationPath, MediaType

CANCELS, DELETES, USES_AGAIN = 0.08, 0.14, 0.6
CHANGES_HIS_MIND_SECONDS = (0.0, 40.0)
HAS_SEEN_ENOUGH_SECONDS = (0.0, 200.0)
JOBS_OF_A_USER = 3


class People:
    """One page after the other."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._commands = 0

    def ask(self, number: int) -> None:
        """Somebody wants a picture, or two."""
        user_id = f"u{number // JOBS_OF_A_USER}"
        path = GenerationPath(user_id=user_id, media_type=MediaType.IMAGES, file_uid=f"f-{number}x")
        self._create(path)
        random, faults = self._town.random, self._town.faults
        if random.random() < CANCELS:
            self._later(path, CommandType.CANCEL)
        elif random.random() < DELETES:
            self._later(path, CommandType.DELETE)
        if faults.fires("an account goes", 0.016):
            self._town.clock.start("user", partial(self._goes, user_id), random.uniform(*CHANGES_HIS_MIND_SECONDS))

    def _create(self, path: GenerationPath) -> None:
        town = self._town
        request: dict[str, Any] = {"prompt": "p", "num_inference_steps": 2}
        if town.random.random() < 0.3:
            request["num_images"] = 2
        fields = {
            "status": "queued",
            "created_at": town.clock.now,
            "user_id": path.user_id,
            "file_uid": path.file_uid,
            "request_data": request,
        }
        if town.faults.fires("a request breaks a rule", 0.016):
            request["width"] = 65
        if town.faults.fires("a document is none", 0.016):
            fields["request_data"] = "a picture, please"
        town.generations.put(path, fields)
        town.event(path)

    def _later(self, path: GenerationPath, kind: CommandType) -> None:
        soon = CHANGES_HIS_MIND_SECONDS if kind is CommandType.CANCEL else HAS_SEEN_ENOUGH_SECONDS
        after = self._town.random.uniform(*soon)
        self._town.clock.start("user", partial(self._order, path, kind), after)

    def _order(self, path: GenerationPath, kind: CommandType) -> None:
        town = self._town
        fields = town.generations.documents.get(path)
        if fields is None:
            return
        town.judge.taken_back[path, fields["created_at"]] = kind.value
        self._commands += 1
        command_id = f"c{self._commands}"
        town.commands.documents[path.user_id, command_id] = {
            "type": kind.value,
            "media_type": path.media_type.value,
            "file_uid": path.file_uid,
            "created_at": town.clock.now,
        }
        town.command_event(path.user_id, command_id)
        if kind is CommandType.DELETE and town.random.random() < USES_AGAIN:
            self._use_again(path)

    def _use_again(self, path: GenerationPath) -> None:
        """As soon as the old one is gone."""
        while path in self._town.generations.documents:
            self._town.clock.sleep(0.3)
        if self._town.faults.fires("an id is used again", 0.9):
            self._create(path)

    def _goes(self, user_id: str) -> None:
        self._town.owners.gone.add(user_id)
