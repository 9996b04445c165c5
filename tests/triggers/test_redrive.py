"""A generation that was given up is put back as a new document."""

import pytest

from adapters.in_memory import InMemoryGenerations
from contracts.generation import read_generation
from contracts.paths import GenerationPath, MediaType
from contracts.ports import StoreUnavailable
from tests.contracts.documents import CANCELLED, COMPLETED_IMAGE, DISPATCHED, FAILED, IMAGE_PATH
from triggers.redrive import NotRedriven, main, redrive

NEW = GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid="new")


def test_the_new_document_is_as_a_page_would_write_it_and_names_the_old_one() -> None:
    generations = InMemoryGenerations()
    generations.put(IMAGE_PATH, FAILED)

    assert redrive(IMAGE_PATH, generations, "new") == NEW

    written = generations.documents[NEW]
    assert written["request_data"] == FAILED["request_data"]
    assert (written["status"], written["file_uid"], written["user_id"]) == ("queued", "new", "u1")
    assert written["retry_of"] == IMAGE_PATH.document
    assert read_generation(written) == generations.read(NEW)
    assert generations.documents[IMAGE_PATH] == FAILED


@pytest.mark.parametrize("fields", [None, DISPATCHED, COMPLETED_IMAGE, CANCELLED, {"status": "failed"}])
def test_only_what_has_failed_is_put_back(fields: dict[str, object] | None) -> None:
    generations = InMemoryGenerations()
    if fields is not None:
        generations.put(IMAGE_PATH, fields)

    with pytest.raises(NotRedriven, match="generations/u1/images/f1 is not a generation that has failed"):
        redrive(IMAGE_PATH, generations, "new")


def test_no_document_is_written_over() -> None:
    generations = InMemoryGenerations()
    generations.put(IMAGE_PATH, FAILED)

    with pytest.raises(StoreUnavailable):
        redrive(IMAGE_PATH, generations, "f1")

    assert generations.documents[IMAGE_PATH] == FAILED


@pytest.mark.parametrize("arguments", [[], ["images/f1"], ["generations/u1/commands/f1"], ["a", "b"]])
def test_what_is_no_generation_is_answered_with_how_to_say_it(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert "python -m triggers.redrive generations/" in capsys.readouterr().err
