"""Which adapters a worker gets for its settings. Nothing here reaches the network."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from adapters.catalogue_file import CatalogueInvalid, load_catalogue
from adapters.firestore_generations import FirestoreGenerations
from adapters.pubsub_endings import PubSubEndings
from adapters.storage_objects import StorageObjects
from contracts.moderation import Blocklist, allow_everything
from contracts.stored_object import DOWNLOAD_TOKEN, StoredObject
from local.service_account import emulator_service_account
from tests.worker import library_warnings
from tests.worker.test_batching import kind
from worker.cannot_start import ModelInvalid, SettingsInvalid, WorkerUnfit
from worker.fitness import Machine
from worker.gpu_turn import Pictures
from worker.lane import Lane
from worker.settings import BUCKET, KEY, Settings
from worker.wiring import build_worker
from worker.workplace import Workplace

pytestmark = library_warnings.IGNORED

CATALOGUE = load_catalogue()
STORED = StoredObject(name="generating/u1/image/f1.png", generation=7, metadata={DOWNLOAD_TOKEN: "abc"})


def build(models_folder: Path, **variables: str) -> Workplace:
    """The workplace of a worker with these variables, and one small model to load."""
    ours = {"SAFELIGHT_MODELS": "safelight-image", "SAFELIGHT_MODELS_FOLDER": str(models_folder)}
    return build_worker(Settings.from_environment(ours | variables)).workplace


def url(models_folder: Path, **variables: str) -> str:
    """Where such a worker would say that an object is."""
    firebase = {KEY: emulator_service_account("my-app"), BUCKET: "my-app.appspot.com"}
    cloud = build(models_folder, **firebase, **variables).cloud
    assert cloud is not None
    return cloud.objects.url(STORED)


def test_without_firebase_there_are_no_documents_objects_and_endings(models_folder: Path) -> None:
    assert build(models_folder).cloud is None


def test_with_firebase_they_are_googles(models_folder: Path) -> None:
    firebase = {KEY: emulator_service_account("my-app"), BUCKET: "my-app.appspot.com"}

    cloud = build(models_folder, **firebase).cloud

    assert cloud is not None
    assert isinstance(cloud.generations, FirestoreGenerations)
    assert isinstance(cloud.objects, StorageObjects)
    assert isinstance(cloud.endings, PubSubEndings)


def test_the_clock_knows_its_zone_as_documents_demand(models_folder: Path) -> None:
    now = build(models_folder).now()

    assert now.utcoffset() is not None


def test_download_urls_are_firebases_and_carry_the_token(models_folder: Path) -> None:
    assert url(models_folder) == (
        "https://firebasestorage.googleapis.com/v0/b/my-app.appspot.com/o/"
        "generating%2Fu1%2Fimage%2Ff1.png?alt=media&token=abc"
    )


def test_with_the_emulator_download_urls_point_to_it(models_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9199")

    shown = url(models_folder, STORAGE_EMULATOR_HOST="http://127.0.0.1:9199")

    assert shown.startswith("http://127.0.0.1:9199/v0/b/my-app.appspot.com/o/generating%2Fu1")


def test_urls_can_be_signed_with_the_key(models_folder: Path) -> None:
    shown = url(models_folder, SAFELIGHT_OBJECT_URLS="signed")

    assert shown.startswith("https://storage.googleapis.com/my-app.appspot.com/generating/u1/image/f1.png?")
    assert "X-Goog-Credential=worker%40my-app.iam.gserviceaccount.com" in shown
    assert "X-Goog-Signature=" in shown


def test_urls_can_be_public(models_folder: Path) -> None:
    shown = url(models_folder, SAFELIGHT_OBJECT_URLS="public")

    assert shown == "https://storage.googleapis.com/my-app.appspot.com/generating/u1/image/f1.png"


def test_a_broken_catalogue_is_a_setting_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise CatalogueInvalid("catalogue.toml is no catalogue of models: sdxl.id: wrong.")

    monkeypatch.setattr("worker.wiring.load_catalogue", broken)

    with pytest.raises(SettingsInvalid, match=r"sdxl\.id: wrong"):
        build_worker(Settings.from_environment({}))


@pytest.mark.parametrize("models", ["safelight-imag", "safelight-image,other"])
def test_a_model_that_the_catalogue_does_not_have_is_refused_before_anything_is_loaded(models: str) -> None:
    nowhere = Settings.from_environment({"SAFELIGHT_MODELS": models, "SAFELIGHT_MODELS_FOLDER": "/nowhere"})

    with pytest.raises(SettingsInvalid) as refused:
        build_worker(nowhere)

    unknown = models.rpartition(",")[2]
    assert str(refused.value) == (
        f"SAFELIGHT_MODELS names {unknown}; the catalogue has {', '.join(model.id for model in CATALOGUE.models)}."
    )


def test_all_models_are_loaded_where_none_is_named(models_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="worker")

    build(models_folder, SAFELIGHT_MODELS="")
    build(models_folder, SAFELIGHT_MODELS="safelight-video")

    loaded = [record.__dict__["models"] for record in caplog.records if record.message == "models_loaded"]
    assert loaded == [["safelight-image", "safelight-video"], ["safelight-video"]]


@pytest.mark.parametrize("with_firebase", [True, False], ids=["with Firebase", "without Firebase"])
def test_the_first_line_of_the_log_says_which_kind_of_worker_this_is(
    with_firebase: bool,  # noqa: FBT001 - a parameter of the test
    models_folder: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", logger="worker")
    firebase = {KEY: emulator_service_account("my-app"), BUCKET: "my-app.appspot.com"} if with_firebase else {}

    build(models_folder, **firebase)

    first = caplog.records[0]
    assert first.message == "starting"
    assert first.__dict__["serves"] == ("documents and direct jobs" if with_firebase else "direct jobs only")


def test_prompts_are_checked_by_the_blocklist_and_pictures_by_nobody_unless_one_is_named(
    models_folder: Path,
) -> None:
    usual = build(models_folder)

    assert isinstance(usual.input_check, Blocklist)
    assert usual.output_check is None


def test_the_checks_that_are_named_are_the_ones(models_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Path] = []

    def eye(folder: Path) -> Callable[[Pictures], bool]:
        given.append(folder)
        return lambda pictures: False

    plugged = SimpleNamespace(ear=lambda: allow_everything, eye=eye)
    monkeypatch.setitem(sys.modules, "plugged", plugged)

    built = build(models_folder, SAFELIGHT_INPUT_CHECK="plugged:ear", SAFELIGHT_OUTPUT_CHECK="plugged:eye")

    assert built.input_check is allow_everything
    assert built.output_check is not None
    assert not built.output_check(np.zeros((1, 8, 8, 3), np.uint8))
    assert given == [models_folder]


@pytest.mark.parametrize("variable", ["SAFELIGHT_INPUT_CHECK", "SAFELIGHT_OUTPUT_CHECK"])
def test_a_check_that_is_nowhere_is_refused_before_anything_is_loaded(variable: str) -> None:
    nowhere = Settings.from_environment({variable: "nowhere.at.all:check", "SAFELIGHT_MODELS_FOLDER": "/nowhere"})

    with pytest.raises(SettingsInvalid, match=f"^{variable} is nowhere.at.all:check, and nowhere.at.all "):
        build_worker(nowhere)


def test_a_checker_without_its_weights_says_itself_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "stable-diffusion-v1-5").mkdir()
    named = Settings.from_environment(
        {
            "SAFELIGHT_OUTPUT_CHECK": "worker.safety_checker:load_safety_checker",
            "SAFELIGHT_MODELS_FOLDER": str(tmp_path),
        }
    )

    with pytest.raises(ModelInvalid, match="should hold revision"):
        build_worker(named)


def test_room_on_the_disk_is_asked_for_by_what_must_be_downloaded(
    models_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = replace(Machine.of_this_process(), free_disk=0)
    monkeypatch.setattr(Machine, "of_this_process", lambda: full)
    monkeypatch.setattr("worker.wiring.must_download", lambda model, folder: folder == models_folder)

    with pytest.raises(WorkerUnfit, match="safelight-image need about 0 GiB of disk"):
        build(models_folder)


def test_what_is_compiled_is_looked_for_before_models_are_loaded(
    models_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="worker")

    build(models_folder, SAFELIGHT_COMPILE_CACHE=str(tmp_path))

    said = [record.message for record in caplog.records]
    assert said.index("compile_cache_read") < said.index("model_loaded")


def test_a_gpu_that_is_lost_at_start_is_said_in_a_sentence(
    models_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise torch.AcceleratorError("CUDA error: unspecified launch failure")

    monkeypatch.setattr("worker.engine.load", gone)

    with pytest.raises(WorkerUnfit, match=r"^The GPU failed while the models were loaded or warmed up"):
        build(models_folder)


def test_with_cached_steps_each_picture_is_made_alone(
    models_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="worker")

    lane = build(models_folder, SAFELIGHT_MODELS="safelight-video", SAFELIGHT_LOSSY="step-cache").engine

    took = [record.__dict__["took"] for record in caplog.records if record.message == "accelerated"]
    assert took == [["step-cache"]]
    assert isinstance(lane, Lane)
    assert lane._batching.largest(kind()) == 1
