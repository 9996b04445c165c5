"""Two sides in memory: those that are the same do the same, and one that is broken is seen."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.in_memory import InMemoryCommands, InMemoryGenerations, InMemoryObjects, InMemorySweeper
from chaos.differences.applying import TRANSITIONS
from chaos.differences.plain import plain
from chaos.differences.run import _never
from chaos.differences.sequences import Account, run
from chaos.differences.sides import InMemory
from contracts import transitions
from contracts.errors import Broken, ErrorCode, FailedStage, RequestInvalid
from contracts.generation import Malformed
from contracts.paths import GenerationPath, MediaType
from contracts.ports import Applied, Creation, Mark, Overdue, Refused
from contracts.stored_object import DOWNLOAD_TOKEN, File, StoredObject
from contracts.transitions import Transition

SEQUENCES = 300
SERVER_TIME = datetime(2026, 8, 1, tzinfo=UTC)


def a_side() -> InMemory:
    """With a clock of its own, as a server has."""
    moments = (SERVER_TIME + timedelta(seconds=number) for number in itertools.count())
    return InMemory(lambda: next(moments))


def accounts(change: Mapping[str, object]) -> Iterator[Account]:
    """Of sequences between one side with these stores instead of its own, and one without."""
    for number in range(SEQUENCES):
        side = a_side()
        for name, store in change.items():
            setattr(side, name, store() if callable(store) else store)
        yield run(1, number, side)


def test_what_is_the_same_does_the_same() -> None:
    assert [account.difference for account in accounts({}) if account.difference] == []


def test_the_same_seed_draws_the_same_sequence() -> None:
    assert run(1, 2, a_side()) == run(1, 2, a_side())
    assert run(1, 2, a_side()).done != run(1, 3, a_side()).done
    assert run(1, 2, a_side()).done != run(2, 2, a_side()).done


def test_each_transition_comes_up_in_every_way() -> None:
    outcomes = sum((account.outcomes for account in accounts({})), Counter())

    assert {name for name in vars(transitions) if name in TRANSITIONS} >= {"dispatch", "claim", "cancel"}
    assert not [never for never in _never(outcomes) if "overtaken" not in never]
    assert {"put object", "find objects", "all objects", "url", "remove object", "waiting commands"} <= {
        kind for kind, _ in outcomes
    }
    assert {("read object", came_to) for came_to in ("bytes", "None", "ObjectTooLarge")} <= outcomes.keys()


def test_what_never_came_up_is_told() -> None:
    told = _never(Counter({("claim", "Applied"): 1, ("claim", "gone"): 1, ("cancel", "ended"): 1}))

    assert "claim was never written" not in told
    assert "claim was never refused" in told
    assert "cancel was never written" in told
    assert "cancel was never refused" not in told
    assert "dispatch, overtaken was never written" in told


class NoCompareAndSet(InMemoryGenerations):
    def apply(
        self, path: GenerationPath, transition: Transition, *, after: Applied | None = None
    ) -> Applied | Refused:
        self._before_write = lambda at: self._versions.update({at: seen.get(at, 0)})
        seen = dict(self._versions)
        return super().apply(path, transition, after=after)


class DeletesAnyJob(InMemoryGenerations):
    def delete(self, path: GenerationPath, created_at: datetime | None) -> bool:
        return self.documents.pop(path, None) is not None


class CreatesOverWhatIsThere(InMemoryGenerations):
    def create(self, path: GenerationPath, request_data: Mapping[str, Any], retry_of: GenerationPath) -> None:
        self.documents.pop(path, None)
        super().create(path, request_data, retry_of)


class OverdueAsText(InMemoryGenerations):
    def overdue(self, media_type: MediaType, *, now: datetime, limit: int) -> Sequence[Overdue]:
        return sorted(super().overdue(media_type, now=now, limit=limit), key=lambda one: one.path.document)


class CreatedAsText(InMemoryGenerations):
    def created(self, media_type: MediaType, *, since: Mark, until: datetime, limit: int) -> Sequence[Creation]:
        found = super().created(media_type, since=since, until=until, limit=limit)
        return sorted(found, key=lambda one: (one.mark.created_at, one.mark.document))


class CreatedWithTheMarkItself(InMemoryGenerations):
    def created(self, media_type: MediaType, *, since: Mark, until: datetime, limit: int) -> Sequence[Creation]:
        before = Mark(created_at=since.created_at, document=since.document[:-1])
        return super().created(media_type, since=before, until=until, limit=limit)


class WritesAnInteger(InMemoryGenerations):
    def _put(self, path: GenerationPath, fields: dict[str, Any]) -> dict[str, Any]:
        if "request_data" in fields and isinstance(fields["request_data"], dict):
            fields = fields | {"request_data": fields["request_data"] | {"strength": 1}}
        return super()._put(path, fields)


class WaitingByCommand(InMemoryCommands):
    def waiting(self, *, until: datetime, limit: int) -> Sequence[tuple[str, str]]:
        return sorted(super().waiting(until=until, limit=limit), key=lambda ids: ids[::-1])


class RemovesNoCommand(InMemoryCommands):
    def remove(self, user_id: str, command_id: str) -> None:
        pass


class OneMarkForAll(InMemorySweeper):
    def move(self, media_type: MediaType, mark: Mark) -> None:
        super().move(MediaType.IMAGES, mark)


class BreakerForgets(InMemorySweeper):
    def open_breaker(self, code: str, *, now: datetime, until: datetime) -> bool:
        return super().open_breaker("another code", now=now, until=until)


class StoresOverAll(InMemoryObjects):
    def put(self, file: File, metadata: Mapping[str, str], *, replacing: int) -> StoredObject:
        there = self.objects.get(file.name)
        return super().put(file, metadata, replacing=there[0].generation if there else 0)


class RemovesAnyVersion(InMemoryObjects):
    def remove(self, stored: StoredObject) -> None:
        self.objects.pop(stored.name, None)


class FindsAll(InMemoryObjects):
    def find(self, path: GenerationPath) -> list[StoredObject]:
        path.check()
        return [stored for name, (stored, _) in sorted(self.objects.items()) if name.startswith(path.object_stem)]


class AllButTheLast(InMemoryObjects):
    def all(self, *, stored_before: datetime) -> Iterator[StoredObject]:
        return super().all(stored_before=stored_before - timedelta(microseconds=1))


class KeepsOneToken(InMemoryObjects):
    def put(self, file: File, metadata: Mapping[str, str], *, replacing: int) -> StoredObject:
        stored = super().put(file, metadata, replacing=replacing)
        self.objects[file.name] = (stored, file.content + b"!")
        return stored


class ReadsWhateverItsSize(InMemoryObjects):
    def read(self, name: str, *, at_most: int) -> bytes | None:
        return super().read(name, at_most=at_most + 1)


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("generations", NoCompareAndSet),
        ("generations", DeletesAnyJob),
        ("generations", CreatesOverWhatIsThere),
        ("generations", OverdueAsText),
        ("generations", CreatedAsText),
        ("generations", CreatedWithTheMarkItself),
        ("generations", WritesAnInteger),
        ("commands", WaitingByCommand),
        ("commands", RemovesNoCommand),
        ("sweeper", OneMarkForAll),
        ("sweeper", BreakerForgets),
        ("objects", StoresOverAll),
        ("objects", RemovesAnyVersion),
        ("objects", FindsAll),
        ("objects", AllButTheLast),
        ("objects", KeepsOneToken),
        ("objects", ReadsWhateverItsSize),
    ],
)
def test_what_is_broken_is_seen(name: str, broken: type) -> None:
    account = next(account for account in accounts({name: broken}) if account.difference)

    assert "in memory: " in account.difference
    assert account.done


def test_types_are_kept_apart() -> None:
    assert len({str(plain(value)) for value in (1, 1.0, True, "1", b"1", None, [1], {"a": 1})}) == 8
    assert plain(datetime(2026, 8, 1, tzinfo=UTC)) != plain(datetime(2026, 8, 1))  # noqa: DTZ001


def test_a_member_is_as_firestore_holds_it() -> None:
    assert plain(ErrorCode.EXPIRED) == plain("expired")


def test_what_is_wrong_with_a_document_is_compared() -> None:
    one, other = (Malformed(fields={}, problem=RequestInvalid(field, "no")) for field in ("a", "b"))

    assert plain(one) == plain(Malformed(fields={}, problem=RequestInvalid("a", "no")))
    assert plain(one) != plain(other)
    assert plain(Broken(ErrorCode.EXPIRED, FailedStage.LOADING, "no")) == "raised Broken"


def test_a_version_is_named_by_when_it_appeared() -> None:
    def stored(name: str, generation: int, token: str) -> StoredObject:
        return StoredObject(name=name, generation=generation, metadata={DOWNLOAD_TOKEN: token, "a": "b"})

    mine = [stored("x", 5, "t5"), stored("x", 7, "t7")]
    others = [stored("x", 1001, "u"), stored("x", 1002, "v")]

    assert plain(mine, mine) == plain(others, others)
    assert plain(mine[0], mine) != plain(others[1], others)
    assert plain(mine[0], mine) != plain(mine[0], [])
