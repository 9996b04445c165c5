"""One job that has a document, from its claim to its ending."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from adapters.in_memory import InMemoryGenerations, InMemoryObjects
from contracts import transitions
from contracts.paths import GenerationPath, MediaType
from contracts.ports import Applied, StoreUnavailable
from contracts.stored_object import File, StoredObject, describe
from tests.worker.cloud_places import (
    CREATED_AT,
    IMAGE_PATH,
    NOW,
    RUNPOD_JOB_ID,
    SEED,
    VIDEO_PATH,
    CloudPlace,
    a_file,
    dispatched,
)
from tests.worker.painters import Breaking, Painter
from worker import generate

COMPLETED = {
    "status", "created_at", "user_id", "file_uid", "schema_version", "request_data", "attempt", "failures", "seed",
    "dispatched_at", "runpod_job_id", "started_at", "modified", "completed_at", "generated", "generation_data",
}  # fmt: skip
OF_BOTH = {
    "object_paths", "content_type", "width", "height", "seed", "model", "revision", "sha256", "bytes",
    "timings_seconds",
}  # fmt: skip
OF_WORK = {"claim", "lease_expires_at", "stage", "progress"}
IMAGE = "generating/u1/image/f1.png"


@pytest.fixture(name="place")
def fresh_place() -> CloudPlace:
    return CloudPlace()


def painter_of(place: CloudPlace) -> Painter:
    assert isinstance(place.engine, Painter)
    return place.engine


def end(place: CloudPlace, path: GenerationPath = IMAGE_PATH) -> None:
    """What a cancel command does."""
    assert isinstance(place.generations.apply(path, lambda found: transitions.cancel(found, now=NOW)), Applied)


class TestCompleted:
    def test_an_image_leaves_exactly_the_fields_of_the_contract(self, place: CloudPlace) -> None:
        result = place.run(place.dispatch())

        document = place.document()
        assert result == {"outcome": "completed", "object_paths": [IMAGE]}
        assert set(document) == COMPLETED
        assert (document["status"], document["generated"]) == ("completed", True)
        assert document["started_at"] == document["completed_at"] == NOW
        data = document["generation_data"]
        assert set(data) == OF_BOTH | {"image_urls"}
        assert data["timings_seconds"]["queued"] == 5.0
        assert set(data["timings_seconds"]) == {"queued", "loading", "generating", "encoding", "uploading"}

    def test_what_is_said_of_the_files_is_so(self, place: CloudPlace) -> None:
        place.run(place.dispatch(num_images=2))

        data = place.document()["generation_data"]
        contents = [place.objects.objects[name][1] for name in data["object_paths"]]
        assert data["object_paths"] == ["generating/u1/image/f1_0.png", "generating/u1/image/f1_1.png"]
        assert data["sha256"] == [hashlib.sha256(content).hexdigest() for content in contents]
        assert data["bytes"] == [len(content) for content in contents]
        assert data["image_urls"] == [
            place.objects.url(place.objects.objects[name][0]) for name in data["object_paths"]
        ]

    def test_a_video_leaves_exactly_the_fields_of_the_contract(self, place: CloudPlace) -> None:
        place.run(place.dispatch(VIDEO_PATH))

        document = place.document(VIDEO_PATH)
        assert set(document) == COMPLETED
        data = document["generation_data"]
        assert set(data) == OF_BOTH | {
            "video_url", "poster_url", "thumbnail_url", "fps", "num_frames", "duration_seconds",
        }  # fmt: skip
        assert data["object_paths"] == [f"generating/u1/video/f1.{kind}" for kind in ("mp4", "jpg", "webp")]
        assert (data["num_frames"], data["fps"], data["duration_seconds"]) == (17, 8, 2.125)

    def test_the_engine_gets_the_model_its_defaults_and_the_documents_seed(self, place: CloudPlace) -> None:
        place.run(place.dispatch(width=80))

        ((model, request, seed),) = painter_of(place).asked
        assert (model, seed) == ("safelight-image", SEED)
        assert (request["width"], request["height"], request["num_inference_steps"]) == (80, 64, 2)

    def test_its_ending_is_published_once(self, place: CloudPlace) -> None:
        place.run(place.dispatch())

        (ending,) = place.endings.published
        assert (ending.status, ending.user_id, ending.file_uid) == ("completed", "u1", "f1")


class TestRefused:
    """No GPU time is spent, and nothing is written."""

    @pytest.mark.parametrize(
        ("changed", "reason"),
        [
            pytest.param({"attempt": 2}, "other_attempt", id="another attempt has begun"),
            pytest.param({"created_at": CREATED_AT + timedelta(seconds=1)}, "other_job", id="a new job of old id"),
            pytest.param({"status": "processing", "claim": "other"}, "not_queued", id="another has claimed it"),
            pytest.param({"status": "cancelled"}, "ended", id="it was cancelled"),
            pytest.param({"status": 5}, "malformed", id="it is no generation"),
        ],
    )
    def test_a_claim(self, place: CloudPlace, changed: dict[str, Any], reason: str) -> None:
        job = place.dispatch()
        place.document().update(changed)
        before = dict(place.document())

        assert place.run(job) == {"outcome": "refused", "reason": reason}

        assert painter_of(place).asked == []
        assert place.document() == before
        assert place.endings.published == []

    def test_a_claim_of_what_is_gone(self, place: CloudPlace) -> None:
        job = place.dispatch()
        place.generations.documents.clear()

        assert place.run(job) == {"outcome": "refused", "reason": "gone"}

    def test_the_second_of_two_deliveries(self, place: CloudPlace) -> None:
        job = place.dispatch()
        place.run(job)

        assert place.run(job) == {"outcome": "refused", "reason": "ended"}
        assert len(painter_of(place).asked) == 1

    def test_a_claim_for_a_request_that_would_fail_anyway(self, place: CloudPlace) -> None:
        job = place.dispatch(width=130)
        end(place)

        assert place.run(job) == {"outcome": "refused", "reason": "ended"}


class TestStopped:
    def test_a_cancel_stops_it_at_the_next_step(self) -> None:
        place: CloudPlace = CloudPlace(
            engine=Painter(at_step=lambda step: place.stop.set() if step == 2 else None)
        )
        job = place.dispatch(num_inference_steps=200)

        assert place.run(job) == {"outcome": "stopped"}

        assert place.objects.objects == {}
        assert place.document()["status"] == "processing"

    def test_a_cancel_while_it_uploads_leaves_no_file(self) -> None:
        place: CloudPlace = CloudPlace(objects=Interrupted(lambda: end(place)))

        assert place.run(place.dispatch()) == {"outcome": "stopped"}

        assert place.document()["status"] == "cancelled"
        assert place.objects.objects == {}
        assert place.endings.published == []

    def test_a_deletion_while_it_uploads_leaves_no_file(self) -> None:
        generations = InMemoryGenerations()
        place = CloudPlace(generations=generations, objects=Interrupted(generations.documents.clear))

        assert place.run(place.dispatch()) == {"outcome": "stopped"}
        assert place.objects.objects == {}

    def test_a_deletion_between_two_uploads_leaves_no_file(self) -> None:
        """It removes the files that it finds, then the document; those that come afterwards are the worker's."""

        class DeletedAfterTheFirst(InMemoryObjects):
            def put(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on as they are
                stored = super().put(*arguments, **named)
                if IMAGE_PATH in place.generations.documents:
                    end(place)
                    self.objects.clear()
                    place.generations.delete(IMAGE_PATH, CREATED_AT)
                return stored

        place: CloudPlace = CloudPlace(objects=DeletedAfterTheFirst())

        assert place.run(place.dispatch(num_images=4)) == {"outcome": "stopped"}
        assert place.objects.objects == {}

    @pytest.mark.parametrize("anew", [True, False], ids=["and created anew", "for good"])
    def test_a_cancelled_one_that_is_deleted_meanwhile_leaves_no_file(self, *, anew: bool) -> None:
        """Between the refusal of its ending and the look at what has become of it."""

        class DeletedOnceCancelled(InMemoryGenerations):
            def read(self, path: GenerationPath) -> Any:  # noqa: ANN401 - passed on
                self.documents.pop(path, None)
                if anew:
                    later = dispatched(path, {"prompt": "another"})
                    self.put(path, later | {"created_at": CREATED_AT + timedelta(seconds=3)})
                return super().read(path)

        place: CloudPlace = CloudPlace(generations=DeletedOnceCancelled(), objects=Interrupted(lambda: end(place)))

        assert place.run(place.dispatch()) == {"outcome": "stopped"}
        assert place.objects.objects == {}

    @pytest.mark.parametrize("status", ["completed", "processing"])
    def test_the_files_of_one_who_was_quicker_stay(self, status: str) -> None:
        taken = {"status": status, "claim": "another's"}
        place: CloudPlace = CloudPlace(objects=Interrupted(lambda: place.document().update(taken)))

        assert place.run(place.dispatch()) == {"outcome": "stopped"}

        assert place.document()["status"] == status
        assert set(place.objects.objects) == {IMAGE}


class Interrupted(InMemoryObjects):
    """Something happens while the first file is stored."""

    def __init__(self, happens: Any) -> None:  # noqa: ANN401 - called, its result not looked at
        super().__init__()
        self._happens = happens

    def put(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on as they are
        self._happens()
        return super().put(*arguments, **named)


class TestFilesThatAreThere:
    def test_a_complete_set_of_the_same_job_is_adopted(self, place: CloudPlace) -> None:
        place.run(place.dispatch())
        made = place.document()["generation_data"]

        job = place.dispatch()  # as after a worker that died between the upload and the document
        assert place.run(job)["outcome"] == "completed"

        assert len(painter_of(place).asked) == 1
        adopted = place.document()["generation_data"]
        assert {key: adopted[key] for key in adopted if key != "timings_seconds"} == {
            key: made[key] for key in made if key != "timings_seconds"
        }

    def test_half_a_set_is_replaced(self, place: CloudPlace) -> None:
        place.run(place.dispatch(num_images=2))
        del place.objects.objects["generating/u1/image/f1_1.png"]

        assert place.run(place.dispatch(num_images=2))["outcome"] == "completed"

        assert len(painter_of(place).asked) == 2
        assert len(place.objects.objects) == 2

    def test_a_file_of_an_earlier_job_of_the_same_name_is_replaced(self, place: CloudPlace) -> None:
        put(place, IMAGE_PATH, IMAGE, created_at=CREATED_AT - timedelta(days=1))

        assert place.run(place.dispatch())["outcome"] == "completed"
        assert place.objects.objects[IMAGE][1] != b"somebody's picture"

    def test_a_file_of_another_generation_is_never_overwritten(self, place: CloudPlace) -> None:
        other = GenerationPath(user_id="u1", media_type=MediaType.IMAGES, file_uid="f1_0")
        taken = "generating/u1/image/f1_0.png"
        put(place, other, taken)

        assert place.run(place.dispatch(num_images=2)) == {"outcome": "failed", "code": "object_taken"}

        assert place.objects.objects[taken][1] == b"somebody's picture"
        error = place.document()["error"]
        assert (error["field"], error["retryable"]) == ("file_uid", False)


def put(place: CloudPlace, path: GenerationPath, name: str, created_at: Any = CREATED_AT) -> None:  # noqa: ANN401
    file = a_file(name)
    (metadata,) = describe(path, created_at=created_at, attempt=1, files=[file], facts={})
    place.objects.put(file, metadata, replacing=0)


class Refusing(InMemoryObjects):
    """Lists, and takes nothing."""

    def put(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - not looked at
        self.unavailable = True
        return super().put(*arguments, **named)


class RefusingOnceCancelled(InMemoryObjects):
    """Takes nothing, and its user cancels meanwhile."""

    def __init__(self, place: CloudPlace) -> None:
        super().__init__()
        self._place = place

    def put(self, file: File, metadata: Mapping[str, str], *, replacing: int) -> StoredObject:
        if self._place.document()["status"] != "cancelled":
            end(self._place)
        raise StoreUnavailable(file.name)


class TestReturned:
    """Storage or Firestore did not take it: what there is goes back through RunPod, for the sweeper."""

    @pytest.mark.parametrize("path", [IMAGE_PATH, VIDEO_PATH], ids=["image", "video"])
    def test_the_files_where_storage_takes_none(self, path: GenerationPath) -> None:
        place = CloudPlace(objects=Refusing())

        result = place.run(place.dispatch(path))

        assert result["outcome"] == "returned"
        for file in result["files"]:
            content = base64.b64decode(file["base64"])
            assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert [file["object_path"].rpartition(".")[2] for file in result["files"]] == (
            ["png"] if path is IMAGE_PATH else ["mp4", "jpg", "webp"]
        )
        assert result["facts"]["timings_seconds"]["queued"] == 5.0
        assert place.document(path)["status"] == "processing"

    def test_a_storage_that_cannot_even_be_looked_at_still_gets_its_files_made(self) -> None:
        place = CloudPlace()
        place.objects.unavailable = True

        assert place.run(place.dispatch())["outcome"] == "returned"

    def test_files_that_are_too_large_for_a_result_are_made_again_later(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(generate, "MAX_RETURNED_BYTES", 100)
        place = CloudPlace(objects=Refusing())

        assert place.run(place.dispatch()) == {"outcome": "given_back", "code": "storage_unavailable"}

        document = place.document()
        assert (document["status"], document["attempt"], document["failures"]) == ("queued", 2, 1)
        pause = document["lease_expires_at"] - NOW
        assert timedelta(seconds=5) <= pause <= timedelta(seconds=10)
        assert place.endings.published == []

    def test_the_third_time_that_they_cannot_be_stored_it_has_failed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(generate, "MAX_RETURNED_BYTES", 100)
        place = CloudPlace(objects=Refusing())
        job = place.dispatch()
        place.generations.documents[IMAGE_PATH]["failures"] = 2

        assert place.run(job) == {"outcome": "failed", "code": "storage_unavailable"}

        error = place.document()["error"]
        assert (error["stage"], error["retryable"]) == ("uploading", True)
        assert error["message"] == "The file could not be stored. Try again later."
        assert [ending.status for ending in place.endings.published] == ["failed"]
        assert [letter.code for letter in place.endings.dead_letters] == ["storage_unavailable"]

    def test_what_was_taken_away_in_the_meantime_is_not_given_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(generate, "MAX_RETURNED_BYTES", 100)
        place = CloudPlace()
        place.objects = RefusingOnceCancelled(place)
        job = place.dispatch()

        assert place.run(job) == {"outcome": "stopped"}
        assert place.document()["status"] == "cancelled"

    def test_what_the_document_would_have_said_where_firestore_is_gone(self) -> None:
        place: CloudPlace = CloudPlace(
            objects=Interrupted(lambda: setattr(place.generations, "unavailable", True))
        )

        result = place.run(place.dispatch())

        assert result["outcome"] == "returned"
        assert result["generation_data"]["object_paths"] == [IMAGE]
        assert set(place.objects.objects) == {IMAGE}


class TestFailed:
    @pytest.mark.parametrize("error", [RuntimeError("secret inside"), ValueError("a red circle"), KeyError("x")])
    def test_whatever_the_pipeline_raised_is_one_sentence_without_internals(self, error: Exception) -> None:
        place = CloudPlace(engine=Breaking(error))

        assert place.run(place.dispatch()) == {"outcome": "failed", "code": "generation_failed"}

        document = place.document()
        assert document["error"] == {
            "code": "generation_failed",
            "stage": "generating",
            "retryable": False,
            "message": "The model could not make this; other settings may work.",
        }
        assert set(document) & OF_WORK == set()
        assert document["ended_at"] == document["modified"] == NOW
        assert [ending.status for ending in place.endings.published] == ["failed"]

    def test_pictures_that_cannot_be_encoded_fail_at_that_stage(self) -> None:
        place = CloudPlace(engine=Unencodable())

        place.run(place.dispatch())

        assert place.document()["error"]["stage"] == "encoding"

    def test_a_request_that_the_model_cannot_do_is_refused_before_the_gpu(self, place: CloudPlace) -> None:
        assert place.run(place.dispatch(width=130)) == {"outcome": "failed", "code": "invalid_request"}

        assert painter_of(place).asked == []
        assert place.document()["error"]["field"] == "width"

    def test_a_failure_that_comes_after_the_cancel_changes_nothing(self) -> None:
        def cancel_then_break(_: int) -> None:
            end(place)
            msg = "too late"
            raise RuntimeError(msg)

        place = CloudPlace(engine=Painter(at_step=cancel_then_break))

        assert place.run(place.dispatch()) == {"outcome": "stopped"}
        assert place.document()["status"] == "cancelled"
        assert "error" not in place.document()


class Unencodable(Painter):
    """Gives something that is no picture."""

    def generate(self, *_: Any) -> Any:  # noqa: ANN401 - wrong on purpose
        return ["not a picture"]


def test_the_claim_says_who_is_at_work() -> None:
    seen: list[dict[str, Any]] = []
    place = CloudPlace(engine=Painter(at_step=lambda _: seen.append(dict(place.document()))))

    place.run(place.dispatch())

    assert seen[0]["status"] == "processing"
    assert seen[0]["runpod_job_id"] == RUNPOD_JOB_ID
    assert len(seen[0]["claim"]) == 32
    assert seen[0]["lease_expires_at"] > NOW


def test_two_workers_have_two_nonces() -> None:
    claims: list[str] = []
    place = CloudPlace(engine=Painter(at_step=lambda _: claims.append(place.document()["claim"])))

    for _ in range(2):
        place.objects.objects.clear()
        place.run(place.dispatch(num_inference_steps=1))

    assert len(set(claims)) == 2


def test_a_document_that_another_writes_meanwhile_is_completed_all_the_same() -> None:
    """As when the function notes the RunPod job late: the precondition fails, and the guard is asked again."""
    writes = iter(range(3))

    def note_the_job(path: GenerationPath) -> None:
        if next(writes, None) is not None:
            place.generations.put(path, place.document() | {"runpod_job_id": "noted"})

    place = CloudPlace(generations=InMemoryGenerations(before_write=note_the_job))

    assert place.run(place.dispatch())["outcome"] == "completed"
    assert place.document()["status"] == "completed"


def test_a_worker_without_firebase_says_that_it_serves_direct_jobs_only(place: CloudPlace) -> None:
    job = place.dispatch()
    alone = place.workplace.__class__(**{**vars(place.workplace), "cloud": None})

    answer = generate.run_cloud_job(job, RUNPOD_JOB_ID, alone, place.stop)

    assert answer == {
        "error": "this worker has no Firebase variables, so it can only serve use_cloud_storage: false"
    }
