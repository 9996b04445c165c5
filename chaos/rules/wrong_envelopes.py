"""What is around a request, with one thing wrong with it: whose, where, when, and what only the server writes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from chaos.rules import valid
from chaos.rules.creation import Creation
from chaos.rules.kinds import KINDS
from chaos.rules.spoils import Change, Spoil, Value, having, lacking, of_kind, one_of, this
from chaos.rules.tries import UNHEARD
from contracts.command import COMMAND_KEYS, COMMANDS
from contracts.generation import CREATION_KEYS, CREATION_REQUIRED_KEYS, Generation
from contracts.paths import MediaType
from contracts.status import Status
from local.firebase_user import FirebaseUser

OTHER_VERSIONS = [False, 0, 2, -1, 1.5, 2**53]
NO_STATUS = ["", "Queued", "queued\n", " queued", "waiting", *(status for status in Status if status != "queued")]
NO_TYPES = ["", "Cancel", "cancel\n", "retry", "create", "cancel,delete"]
NO_MEDIA_TYPES = ["", "image", "Images", "images\n", "audios", "commands", "images/f1/videos"]
UNKNOWN_KEYS = ["colour", "Status", "status ", "a.b", "`", "size", "id", "metadata", "prompt"]
IMPOSSIBLE_KEYS = ["", "__name__", "__x__"]
NO_IDS = [
    "über", valid.EMOJI, "a\0b", "a\n", "\na", "a\nb", "a\x7f", " ", "a b", "a.b", "a..b", "a+b", "a%2Fb", "it's",
    "\N{FULLWIDTH LATIN SMALL LETTER A}", "\N{ARABIC-INDIC DIGIT ONE}", "f" * 129, "f" * 1_500, "é" * 750, "____",
]  # fmt: skip
"""Documents can be called so, but not ours."""
IMPOSSIBLE_IDS = ["_____", "__x__", "__" + "x" * 100 + "__", ".", "..", "f" * 1_501, "é" * 751]
NO_COLLECTIONS = ["audios", "Images", "images ", "image", "notes"]
ELSEWHERE = [
    "generations/{id}",
    "generations/{uid}/images/{id}/more/x",
    "Generations/{uid}/images/{id}",
    "users/{uid}",
]


def wrong_envelopes() -> Iterator[Spoil]:
    """All of them, for generations and commands."""
    for collection in [*MediaType, COMMANDS]:
        yield from _wrong_users(collection)
        yield from _wrong_places(collection)
        yield from _wrong_keys(collection)
        yield from _wrong_times(collection)
        yield from _wrong_values(collection)


def _wrong_users(collection: str) -> Iterator[Spoil]:
    strangers: dict[str, Value] = {
        "a stranger": lambda random, _: valid.anybody(random),
        "nobody": this(FirebaseUser(uid="nobody", token=None)),
        "one whose uid begins alike": lambda random, one: valid.signed_in(
            random.choice([one.user.uid + "x", one.user.uid[:-1]])
        ),
        "one whose uid has other capitals": lambda _, one: valid.signed_in(one.user.uid.swapcase()),
    }
    for what, stranger in strangers.items():
        yield Spoil(what=f"from {what}", of=collection, change=_written_by(stranger), contracts_accept=True)
    if collection != COMMANDS:
        yield Spoil(what="in a stranger's folder", of=collection, change=_moved_to_a_stranger)
        names = one_of(["", "stranger", "nobody"])
        yield Spoil(what="in a stranger's name", of=collection, change=having("user_id", names))


def _written_by(who: Value) -> Change:
    return lambda random, creation: replace(creation, user=who(random, creation))


def _moved_to_a_stranger(random: Random, creation: Creation) -> Creation:
    path = creation.path.replace(creation.user.uid, valid.anybody(random).uid)
    return replace(creation, path=path)


def _wrong_places(collection: str) -> Iterator[Spoil]:
    own_id = collection != COMMANDS  # of a command's own id contracts/ say nothing
    for document_id in NO_IDS:
        change = _called(this(document_id))
        yield Spoil(what=f"called {document_id!r:.20}", of=collection, change=change, contracts_accept=not own_id)
    for document_id in IMPOSSIBLE_IDS:
        what, change = f"called {document_id!r:.20}", _called(this(document_id))
        yield Spoil(what=what, of=collection, change=change, answer=UNHEARD, contracts_accept=not own_id)
    yield Spoil(
        what="called something with a wrong character",
        of=collection,
        change=_called(_with_a_wrong_character),
        contracts_accept=not own_id,
    )
    for other in [*NO_COLLECTIONS, "images" if collection == COMMANDS else COMMANDS]:
        yield Spoil(what=f"in {other}", of=collection, change=_moved_to("generations/{uid}/" + other + "/{id}"))
    for place in ELSEWHERE:
        yield Spoil(what=f"at {place}", of=collection, change=_moved_to(place))


def _called(name: Value) -> Change:
    def change(random: Random, creation: Creation) -> Creation:
        document_id = name(random, creation)
        fields = {**creation.fields}
        if "user_id" in fields:
            fields["file_uid"] = document_id
        return replace(creation, path=f"{creation.path.rpartition('/')[0]}/{document_id}", fields=fields)

    return change


def _with_a_wrong_character(random: Random, _: Creation) -> str:
    document_id = valid.new_id(random)[:20]
    place = random.randrange(len(document_id) + 1)
    wrong = random.choice(
        [chr(number) for number in range(1, 0x250) if not chr(number).isalnum() and chr(number) not in "-_/"]
    )
    return document_id[:place] + wrong + document_id[place:]


def _moved_to(place: str) -> Change:
    return lambda _, creation: replace(
        creation, path=place.replace("{uid}", creation.user.uid).replace("{id}", creation.document_id)
    )


def _wrong_keys(collection: str) -> Iterator[Spoil]:
    required = COMMAND_KEYS if collection == COMMANDS else CREATION_REQUIRED_KEYS
    for key in required:
        yield Spoil(what=f"no {key}", of=collection, change=lacking(key))
    for key in [name for name in Generation.model_fields if name not in {*CREATION_KEYS, *required}]:
        some = one_of([None, 0, 1, "x", True, {}, []])
        yield Spoil(what=f"{key}, which the server writes", of=collection, change=having(key, some))
    for key in UNKNOWN_KEYS:
        yield Spoil(what=f"an unknown key {key!r}", of=collection, change=having(key, this("x")))
    for key in IMPOSSIBLE_KEYS:
        yield Spoil(
            what=f"an impossible key {key!r}", of=collection, change=having(key, this("x")), answer=UNHEARD
        )


def _wrong_times(collection: str) -> Iterator[Spoil]:
    by_its_own_clock: dict[str, Value] = {
        "a time that has been": of_kind("a timestamp"),
        "this moment": lambda _random, _creation: datetime.now(UTC),
        "a time to come": lambda random, _: datetime(2100, 1, 1, tzinfo=UTC) + timedelta(random.randrange(10_000)),
    }
    for what, time in by_its_own_clock.items():
        change = having("created_at", time)
        yield Spoil(what=f"created at {what}", of=collection, change=change, contracts_accept=True)
    yield from _wrong_kinds(collection, "created_at", {"a timestamp"})
    words = one_of(["now", "REQUEST_TIME", "2026-01-01T00:00:00Z"])
    yield Spoil(what="created at a word", of=collection, change=having("created_at", words))


def _wrong_values(collection: str) -> Iterator[Spoil]:
    if collection == COMMANDS:
        words = {"type": NO_TYPES, "media_type": NO_MEDIA_TYPES}
        words["file_uid"] = ["", "a/b", "../f1", *NO_IDS, *IMPOSSIBLE_IDS]
    else:
        words = {"status": NO_STATUS, "user_id": ["", "stranger"], "file_uid": ["", "another", "__x__"]}
        for version in OTHER_VERSIONS:
            change = having("schema_version", this(version))
            yield Spoil(what=f"schema_version {version}", of=collection, change=change)
        # To Python, true is 1, and pydantic reads a member of an enum from its bytes too.
        for key, read in {"schema_version": True, "status": b"queued"}.items():
            change = having(key, this(read))
            yield Spoil(what=f"{read!r} for {key}", of=collection, change=change, contracts_accept=True)
        yield from _wrong_kinds(collection, "schema_version", {"an integer", "a double", "true"})
    for key, wrong in words.items():
        yield from _wrong_kinds(collection, key, {"a string"})
        for word in wrong:
            yield Spoil(what=f"{word!r:.20} for {key}", of=collection, change=having(key, this(word)))


def _wrong_kinds(collection: str, key: str, fitting: set[str]) -> Iterator[Spoil]:
    for kind in KINDS:
        if kind not in fitting:
            yield Spoil(what=f"{kind} for {key}", of=collection, change=having(key, of_kind(kind)))
