"""Cancel and delete, and commands that are none."""

import logging
from collections.abc import Mapping
from typing import Any

import pytest

from adapters.in_memory import InMemoryObjects
from contracts.ending import Ending
from contracts.paths import GenerationPath, MediaType
from contracts.ports import StoreUnavailable
from contracts.stored_object import File, StoredObject
from tests.contracts.documents import (
    CANCELLED,
    CANCELLED_WHILE_QUEUED,
    COMPLETED_IMAGE,
    CREATED_AT,
    DISPATCHED,
    DISPATCHED_AT,
    ENDED_AT,
    FAILED,
    IMAGE_PATH,
    PROCESSING,
    QUEUED,
)
from tests.triggers.outside_in_memory import InMemory
from triggers.commands import carry_out

COMMAND = {"type": "cancel", "media_type": "images", "file_uid": "f1", "created_at": CREATED_AT}
OTHERS_PATH = GenerationPath(user_id="u2", media_type=MediaType.IMAGES, file_uid="f1")


@pytest.fixture
def world() -> InMemory:
    return InMemory()


def asked(world: InMemory, **fields: object) -> dict[str, Any] | None:
    """The user's document after his command, which is gone."""
    world.commands.documents["u1", "c1"] = {**COMMAND, **fields}
    carry_out("u1", "c1", world.outside)
    assert world.commands.documents == {}
    return world.generations.documents.get(IMAGE_PATH)


def store(world: InMemory, path: GenerationPath, name: str, document: str | None = None) -> None:
    file = File(name=name, content=b"x", content_type="image/png", sha256="0a")
    world.objects.put(file, {"document": document or path.document}, replacing=0)


def names(world: InMemory) -> list[str]:
    return sorted(world.objects.objects)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        pytest.param(QUEUED, [], id="queued"),
        pytest.param(DISPATCHED, ["ab-u1"], id="dispatched"),
        pytest.param(PROCESSING, ["ab-u1"], id="processing"),
        pytest.param(QUEUED | {"runpod_job_id": 7}, [], id="malformed, with a job id that is none"),
        pytest.param(QUEUED | {"error": "what a console wrote"}, [], id="malformed, with an error that is none"),
    ],
)
def test_an_open_generation_is_cancelled_here_and_at_runpod(
    world: InMemory, fields: dict[str, Any], told: list[str]
) -> None:
    world.generations.put(IMAGE_PATH, fields)

    document = asked(world)

    of_work = {"claim", "lease_expires_at", "stage", "progress"}
    assert document == {
        **{key: value for key, value in fields.items() if key not in of_work},
        "status": "cancelled",
        "ended_at": DISPATCHED_AT,
        "modified": DISPATCHED_AT,
    }
    assert world.runpod.cancelled == told
    assert world.endings.published == [
        Ending(user_id="u1", media_type="images", file_uid="f1", created_at=CREATED_AT, status="cancelled")
    ]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(COMPLETED_IMAGE, id="completed"),
        pytest.param(FAILED, id="failed"),
        pytest.param(CANCELLED, id="cancelled"),
        pytest.param(CANCELLED_WHILE_QUEUED, id="cancelled while queued"),
    ],
)
def test_an_ended_generation_stays_as_it_is(world: InMemory, fields: dict[str, Any]) -> None:
    world.generations.put(IMAGE_PATH, fields)

    assert asked(world) == fields
    assert world.runpod.cancelled == []
    assert world.endings.published == []


@pytest.mark.parametrize("kind", ["cancel", "delete"])
def test_a_command_about_nothing_is_removed_without_a_word(world: InMemory, kind: str) -> None:
    assert asked(world, type=kind) is None
    assert world.endings.published == []


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(QUEUED, id="queued"),
        pytest.param(PROCESSING, id="processing"),
        pytest.param(COMPLETED_IMAGE, id="completed"),
        pytest.param({"status": "failed"}, id="malformed"),
    ],
)
def test_delete_removes_the_document_and_its_files(world: InMemory, fields: dict[str, Any]) -> None:
    world.generations.put(IMAGE_PATH, fields)
    store(world, IMAGE_PATH, "generating/u1/image/f1_0.png")
    store(world, IMAGE_PATH, "generating/u1/image/f1_1.png")

    assert asked(world, type="delete") is None
    assert names(world) == []


def test_delete_ends_a_running_generation_first(world: InMemory) -> None:
    world.generations.put(IMAGE_PATH, PROCESSING)

    asked(world, type="delete")

    assert world.runpod.cancelled == ["ab-u1"]
    assert [ending.status for ending in world.endings.published] == ["cancelled"]


def test_delete_finishes_what_an_earlier_one_began(world: InMemory) -> None:
    store(world, IMAGE_PATH, "generating/u1/image/f1.png")

    asked(world, type="delete")

    assert names(world) == []


def test_delete_leaves_what_was_created_anew_meanwhile(world: InMemory) -> None:
    """The same id is another generation by now, and nobody has asked for its end."""
    anew = QUEUED | {"created_at": ENDED_AT}

    class Meanwhile(InMemoryObjects):
        def find(self, path: GenerationPath) -> list[StoredObject]:
            world.generations.put(path, anew)
            return super().find(path)

    world.objects = Meanwhile()
    world.generations.put(IMAGE_PATH, COMPLETED_IMAGE)

    assert asked(world, type="delete") == anew


@pytest.mark.parametrize("kind", ["cancel", "delete"])
@pytest.mark.parametrize("spoilt", [{}, {"request_data": "a picture, please"}], ids=["a generation", "none"])
def test_a_command_that_is_carried_out_again_does_not_mean_what_was_created_after_it(
    world: InMemory, kind: str, spoilt: dict[str, Any]
) -> None:
    """Its event came twice, and in between the page used the id again: this is a new job."""
    anew = PROCESSING | {"created_at": ENDED_AT} | spoilt
    world.generations.put(IMAGE_PATH, anew)
    file = File(name="generating/u1/image/f1.png", content=b"x", content_type="image/png", sha256="0a")
    says = {"document": IMAGE_PATH.document, "created_at": ENDED_AT.isoformat()}
    world.objects.put(file, says, replacing=0)

    assert asked(world, type=kind) == anew

    assert names(world) == [file.name]
    assert (world.runpod.cancelled, world.endings.published) == ([], [])


def test_a_delete_that_finds_its_document_gone_leaves_one_that_comes_meanwhile(world: InMemory) -> None:
    anew = QUEUED | {"created_at": ENDED_AT}

    class Meanwhile(InMemoryObjects):
        def find(self, path: GenerationPath) -> list[StoredObject]:
            world.generations.put(path, anew)
            file = File(name="generating/u1/image/f1.png", content=b"x", content_type="image/png", sha256="0a")
            says = {"document": IMAGE_PATH.document, "created_at": ENDED_AT.isoformat()}
            self.put(file, says, replacing=0)
            return super().find(path)

    world.objects = Meanwhile()

    assert asked(world, type="delete") == anew
    assert names(world) == ["generating/u1/image/f1.png"]


def test_delete_removes_what_is_no_generation(world: InMemory) -> None:
    world.generations.put(IMAGE_PATH, {"status": "failed"})

    assert asked(world, type="delete") is None


def test_delete_leaves_the_files_of_a_later_job_of_the_same_name(world: InMemory) -> None:
    for name, created_at in (("f1.png", CREATED_AT), ("f1_0.png", ENDED_AT), ("f1_1.png", None)):
        file = File(name=f"generating/u1/image/{name}", content=b"x", content_type="image/png", sha256="0a")
        says = {} if created_at is None else {"created_at": created_at.isoformat()}
        world.objects.put(file, {"document": IMAGE_PATH.document, **says}, replacing=0)
    world.generations.put(IMAGE_PATH, COMPLETED_IMAGE)

    asked(world, type="delete")

    assert names(world) == ["generating/u1/image/f1_0.png"]


def test_delete_leaves_the_files_of_other_generations(world: InMemory) -> None:
    world.generations.put(IMAGE_PATH, COMPLETED_IMAGE)
    store(world, IMAGE_PATH, "generating/u1/image/f1.png")
    store(world, IMAGE_PATH, "generating/u1/image/f1_0.png", document="generations/u1/images/f1_0")
    store(world, IMAGE_PATH, "generating/u1/image/f10.png")
    store(world, IMAGE_PATH, "generating/u1/video/f1.mp4")
    store(world, OTHERS_PATH, "generating/u2/image/f1.png")

    asked(world, type="delete")

    assert names(world) == [
        "generating/u1/image/f10.png",
        "generating/u1/image/f1_0.png",
        "generating/u1/video/f1.mp4",
        "generating/u2/image/f1.png",
    ]


@pytest.mark.parametrize("kind", ["cancel", "delete"])
@pytest.mark.parametrize(
    "file_uid",
    ["f1", "../../u2/images/f1", "f1/../f1", "/generations/u2/images/f1", "u2/images/f1", "__f1__", ""],
)
def test_nobody_reaches_the_generation_of_another(
    world: InMemory, kind: str, file_uid: str, caplog: pytest.LogCaptureFixture
) -> None:
    world.generations.put(OTHERS_PATH, PROCESSING | {"user_id": "u2"})
    store(world, OTHERS_PATH, "generating/u2/image/f1.png")
    before = dict(world.generations.documents)

    asked(world, type=kind, file_uid=file_uid)

    assert world.generations.documents == before
    assert names(world) == ["generating/u2/image/f1.png"]
    assert world.runpod.cancelled == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        pytest.param({"type": "explode"}, "type", id="an unknown type"),
        pytest.param({"media_type": "audios"}, "media_type", id="an unknown media type"),
        pytest.param({"file_uid": "a b"}, "file_uid", id="an id that is none"),
        pytest.param({"file_uid": 7}, "file_uid", id="an id that is a number"),
        pytest.param({"user_id": "u2"}, "user_id", id="a key too many"),
        pytest.param({"created_at": "now"}, "created_at", id="no time"),
    ],
)
def test_a_malformed_command_is_removed_with_a_warning(
    world: InMemory, fields: Mapping[str, object], field: str, caplog: pytest.LogCaptureFixture
) -> None:
    world.generations.put(IMAGE_PATH, PROCESSING)

    assert asked(world, **fields) == PROCESSING

    (record,) = caplog.records
    assert (record.levelname, record.message) == ("WARNING", "command_invalid")
    assert (vars(record)["user_id"], vars(record)["field"]) == ("u1", field)


def test_what_was_done_is_logged(world: InMemory, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    world.generations.put(IMAGE_PATH, PROCESSING)

    asked(world, type="delete")

    (record,) = caplog.records
    assert (record.levelname, record.message) == ("INFO", "command_carried_out")
    assert (vars(record)["generation"], vars(record)["type"]) == (IMAGE_PATH.document, "delete")


def test_a_command_that_is_gone_does_nothing(world: InMemory) -> None:
    world.generations.put(IMAGE_PATH, PROCESSING)

    carry_out("u1", "c1", world.outside)

    assert world.generations.documents[IMAGE_PATH] == PROCESSING


def test_a_command_is_kept_until_its_work_is_done(world: InMemory) -> None:
    world.generations.put(IMAGE_PATH, COMPLETED_IMAGE)
    world.commands.documents["u1", "c1"] = {**COMMAND, "type": "delete"}
    world.objects.unavailable = True

    with pytest.raises(StoreUnavailable):
        carry_out("u1", "c1", world.outside)

    assert world.generations.documents[IMAGE_PATH] == COMPLETED_IMAGE
    assert ("u1", "c1") in world.commands.documents

    world.objects.unavailable = False
    carry_out("u1", "c1", world.outside)

    assert world.generations.documents == {}
    assert world.commands.documents == {}
