"""Where weights are found, what of them is refused, and what whoever deploys is told."""

import errno
import json
import shutil
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
from huggingface_hub import constants, hf_api
from safetensors.torch import save_file

from adapters.catalogue_file import CatalogueInvalid, load_catalogue
from contracts.catalogue import Lora, Model, Source
from contracts.task import Task
from tests.worker import library_warnings
from tests.worker.hub import REPOSITORY, Hub, hub_of
from tests.worker.tiny_pipelines import sd3
from worker import bake, safety_checker, weights
from worker.cannot_start import ModelInvalid
from worker.loading import load
from worker.safety_checker import FILES, NAME, PART
from worker.weights import REVISION, check_download, find_lora, find_part, find_weights, must_download

pytestmark = library_warnings.IGNORED

COMMIT, OTHER_COMMIT = "a" * 40, "b" * 40
WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"
MODEL = next(model for model in load_catalogue().models if model.id == "sd3.5-large").model_copy(
    update={"source": Source(repository=REPOSITORY), "revision": COMMIT}
)
LORA = Lora(
    id="pixels",
    source=Source(repository=REPOSITORY),
    revision=COMMIT,
    weight_name="loras/pixels.safetensors",
    licence="Apache-2.0",
)
CODE = "from pathlib import Path\nPath({canary!r}).touch()\n"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pipeline as its repository has it. Copy it to change it."""
    folder = tmp_path_factory.mktemp("tiny") / "repository"
    torch.manual_seed(0)
    sd3().save_pretrained(folder)
    return folder


@pytest.fixture
def repository(tiny: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny, tmp_path / "repository"))


@pytest.fixture(autouse=True)
def hub(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """What the hub's client takes for the hub, with an empty cache."""
    with hub_of(repository, COMMIT) as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(hf_api.api, "endpoint", hub.url)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        yield hub


@pytest.fixture
def baked(tmp_path: Path) -> Path:
    return tmp_path / "baked"


@pytest.fixture(autouse=True)
def volume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """RunPod's network volume, which is empty at first."""
    volume = tmp_path / "runpod-volume"
    monkeypatch.setattr(weights, "RUNPOD_CACHE", volume / "huggingface-cache" / "hub")
    monkeypatch.setattr(weights, "NETWORK_VOLUME", volume / "models")
    return volume


def marked(folder: Path, revision: str | None = COMMIT) -> Path:
    """A folder that says which revision it holds."""
    folder.mkdir(parents=True)
    if revision is not None:
        (folder / REVISION).write_text(f"{revision}\n")
    return folder


def refusal(baked: Path, model: Model = MODEL) -> str:
    with pytest.raises(ModelInvalid) as refused:
        load(model, baked, "cpu")
    return str(refused.value)


class TestPlaces:
    def test_each_place_comes_before_those_that_take_longer(
        self, baked: Path, volume: Path, hub: Hub, repository: Path
    ) -> None:
        cache = volume / "huggingface-cache" / "hub" / "models--owner--tiny" / "snapshots"
        whole = Path(shutil.copytree(repository, cache / COMMIT))
        places = [whole, marked(volume / "models" / MODEL.id), marked(baked / MODEL.id)]

        for place in places:
            assert not must_download(MODEL, baked)
            assert find_weights(MODEL, baked) == place
            shutil.rmtree(place)
        assert must_download(MODEL, baked)
        assert hub.requests == []

        assert (find_weights(MODEL, baked) / "model_index.json").is_file()
        assert hub.requests != []
        assert not must_download(MODEL, baked)

    @pytest.mark.parametrize("missing", ["model_index.json", "vae", WEIGHTS, "text_encoder/a shard"])
    def test_what_runpods_cache_has_a_part_of_is_taken_from_where_it_is_whole(
        self, missing: str, baked: Path, volume: Path, repository: Path
    ) -> None:
        cache = volume / "huggingface-cache" / "hub" / "models--owner--tiny" / "snapshots"
        half = Path(shutil.copytree(repository, cache / COMMIT))
        there = marked(baked / MODEL.id)
        if missing == "vae":
            shutil.rmtree(half / missing)
        elif missing.endswith("a shard"):
            shards = {"weight_map": {"weight": "model-00001-of-00002.safetensors"}}
            (half / "text_encoder" / "model.safetensors.index.json").write_text(json.dumps(shards))
        else:
            (half / missing).unlink()

        assert find_weights(MODEL, baked) == there

    def test_a_download_that_was_broken_off_still_needs_room(self, baked: Path, repository: Path) -> None:
        snapshot = weights.download(MODEL)
        (snapshot / WEIGHTS).unlink()

        assert must_download(MODEL, baked)

    def test_another_revision_in_runpods_cache_is_left_alone(self, baked: Path, volume: Path) -> None:
        cache = volume / "huggingface-cache" / "hub" / "models--owner--tiny" / "snapshots"
        marked(cache / OTHER_COMMIT)
        there = marked(baked / MODEL.id)

        assert find_weights(MODEL, baked) == there

    @pytest.mark.parametrize(("revision", "found"), [(OTHER_COMMIT, OTHER_COMMIT), (None, "not said")])
    def test_a_copy_of_another_revision_is_refused(
        self, revision: str | None, found: str, baked: Path, hub: Hub
    ) -> None:
        folder = marked(baked / MODEL.id, revision)

        assert refusal(baked) == (
            f"{folder} should hold revision {COMMIT}; by its revision.txt it is {found}. "
            "Make it with python -m worker.bake, or remove it."
        )
        assert hub.requests == []


class TestHub:
    def test_a_pipeline_is_downloaded_checked_and_loaded_once(self, baked: Path, hub: Hub) -> None:
        loaded = load(MODEL, baked, "cpu")
        assert type(loaded.base).__name__ == MODEL.pipeline_class

        downloads = [request for request in hub.requests if WEIGHTS in request and request.startswith("GET")]
        load(MODEL, baked, "cpu")
        assert len(downloads) == 1
        assert [one for one in hub.requests if WEIGHTS in one and one.startswith("GET")] == downloads

    def test_what_did_not_arrive_as_the_hub_has_it_is_removed_and_downloaded_again(
        self, baked: Path, hub: Hub, tmp_path: Path
    ) -> None:
        hub.spoilt = {WEIGHTS}

        assert refusal(baked) == (
            "diffusion_pytorch_model.safetensors did not arrive as the hub has it, and was removed. Start the "
            "worker again: it is then downloaded once more."
        )
        (snapshot,) = (tmp_path / "cache").glob("models--owner--tiny/snapshots/*")
        assert not (snapshot / WEIGHTS).is_symlink()

        hub.spoilt = set()
        load(MODEL, baked, "cpu")

    def test_a_file_is_compared_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = weights.download(MODEL)
        compared: list[Path] = []

        def compare(file: Path) -> str:
            compared.append(file)
            return file.name

        monkeypatch.setattr(weights, "sha256_of", compare)

        check_download(folder)
        assert compared == []

        late = tmp_path / ("c" * 64)
        late.touch()
        (folder / "late.safetensors").symlink_to(late)
        check_download(folder)
        assert compared == [late]

    @pytest.mark.parametrize("status", [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN])
    def test_a_gated_repository_is_said_to_need_a_token(self, status: HTTPStatus, baked: Path, hub: Hub) -> None:
        hub.refuses = status, "GatedRepo"

        assert refusal(baked) == (
            f"{REPOSITORY} is gated: accept its terms at https://huggingface.co/{REPOSITORY}, and set HF_TOKEN on "
            "the endpoint to a token that may read it."
        )

    @pytest.mark.parametrize(
        "changed",
        [{"source": Source(repository="owner/none")}, {"revision": OTHER_COMMIT}],
        ids=["repository", "revision"],
    )
    def test_what_the_hub_does_not_have_is_named(self, changed: dict[str, Any], baked: Path) -> None:
        model = MODEL.model_copy(update=changed)

        assert refusal(baked, model) == (
            f"The hub has no {model.source.repository} at this revision, or not this file of it, or HF_TOKEN may "
            "not see it: correct the entry in models/catalogue.toml, or the token."
        )

    @pytest.mark.parametrize("cause", ["unreachable", "broken", "offline"])
    def test_a_hub_that_does_not_answer_is_said_so(
        self, cause: str, baked: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if cause == "unreachable":
            monkeypatch.setattr(hf_api.api, "endpoint", "http://127.0.0.1:9")
        elif cause == "broken":
            hub.refuses = HTTPStatus.INTERNAL_SERVER_ERROR, "Internal"
        else:
            monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

        sentence = refusal(baked)

        assert sentence.startswith(f"{REPOSITORY} could not be downloaded: ")
        assert sentence.endswith(
            "Where the hub cannot be reached, bake the model into the image (python -m worker.bake), or put it on "
            "a network volume; see docs/models.md."
        )

    def test_a_disk_that_is_full_is_said_so(self, baked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(diffusers.DiffusionPipeline, "download", full)

        assert refusal(baked).startswith(f"{REPOSITORY} does not fit on the disk. Give the endpoint's container ")

    def test_a_cache_that_cannot_be_written_is_compared_each_time(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        folder = weights.download(MODEL)
        (folder / weights.CHECKED).unlink()
        (folder / weights.CHECKED).mkdir()  # also root cannot write there

        check_download(folder)

        assert "checksum_not_remembered" in [record.message for record in caplog.records]

    def test_a_class_that_fetches_what_nobody_has_pinned_is_not_downloaded(self, baked: Path, hub: Hub) -> None:
        model = MODEL.model_copy(update={"tasks": {Task.TEXT_TO_IMAGE: "KandinskyV22CombinedPipeline"}})

        assert refusal(baked, model).startswith(
            "sd3.5-large is a KandinskyV22CombinedPipeline, which fetches other repositories at no fixed revision."
        )
        assert hub.requests == []

    def test_a_repository_that_is_no_pipeline_is_said_so(self, baked: Path, repository: Path) -> None:
        (repository / "model_index.json").unlink()

        assert refusal(baked).startswith(f"The hub has no {REPOSITORY} at this revision, or not this file of it")


class TestLoras:
    @pytest.fixture(autouse=True)
    def file(self, repository: Path) -> None:
        (repository / "loras").mkdir()
        for name in ("pixels", "other"):
            save_file({name: torch.ones(4)}, repository / "loras" / f"{name}.safetensors")

    def test_it_is_downloaded_and_checked_beside_the_model_of_its_repository(self, baked: Path, hub: Hub) -> None:
        weights.download(MODEL)

        file = find_lora(MODEL, LORA, baked)

        assert file.is_file()
        assert file.parts[-2:] == ("loras", "pixels.safetensors")
        checked = (file.parent.parent / weights.CHECKED).read_text().split()
        assert {path.resolve().name for path in file.parent.parent.rglob("*.safetensors")} == {*checked}
        hub.spoilt = {"loras/other.safetensors"}
        with pytest.raises(ModelInvalid, match=r"other\.safetensors did not arrive"):
            find_lora(MODEL, LORA.model_copy(update={"weight_name": "loras/other.safetensors"}), baked)

    def test_one_that_is_on_this_machine_needs_no_hub(self, baked: Path, hub: Hub) -> None:
        folder = marked(baked / f"{MODEL.id}-pixels")
        (folder / "loras").mkdir()
        (folder / LORA.weight_name).touch()

        assert find_lora(MODEL, LORA, baked) == folder / LORA.weight_name
        assert hub.requests == []

    def test_all_of_a_model_are_looked_for_when_it_is_loaded(self, baked: Path) -> None:
        lora = LORA.model_copy(update={"source": Source(folder="mine")})

        assert refusal(baked, MODEL.model_copy(update={"loras": [lora]})).startswith(
            "The file of sd3.5-large's LoRA pixels is missing: "
        )

    def test_one_without_a_file_is_named(self, baked: Path) -> None:
        lora = LORA.model_copy(update={"source": Source(folder="mine")})

        with pytest.raises(ModelInvalid) as refused:
            find_lora(MODEL, lora, baked)

        assert str(refused.value) == (
            f"The file of sd3.5-large's LoRA pixels is missing: {baked / 'mine' / LORA.weight_name}. Put it "
            "there, or correct the entry."
        )


class TestBaking:
    @pytest.fixture(autouse=True)
    def catalogue(self, monkeypatch: pytest.MonkeyPatch) -> None:
        catalogue = load_catalogue().model_copy(update={"models": [MODEL]})
        monkeypatch.setattr(bake, "load_catalogue", lambda: catalogue)

    def test_what_is_baked_is_loaded_without_a_hub(
        self, baked: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert bake.main([MODEL.id, "--into", str(baked)]) == 0

        assert capsys.readouterr().out == f"{MODEL.id}: {baked / MODEL.id}\n"
        assert [path for path in baked.rglob("*") if path.is_symlink()] == []
        assert {path.name for path in (baked / MODEL.id).glob(".*")} == set()
        hub.requests.clear()
        load(MODEL, baked, "cpu")
        assert hub.requests == []

    def test_baking_again_replaces_what_is_there(self, baked: Path) -> None:
        old = marked(baked / MODEL.id, OTHER_COMMIT)
        (old / "left-over").touch()
        marked(baked / f".{MODEL.id}.half")

        assert bake.main([MODEL.id, "--into", str(baked)]) == 0

        assert not (old / "left-over").exists()
        assert (old / REVISION).read_text() == f"{COMMIT}\n"
        assert [path.name for path in baked.iterdir()] == [MODEL.id]

    def test_what_cannot_be_had_is_said_and_leaves_what_was_there(
        self, baked: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
    ) -> None:
        old = marked(baked / MODEL.id, OTHER_COMMIT)
        hub.refuses = HTTPStatus.FORBIDDEN, "GatedRepo"

        assert bake.main([MODEL.id, "--into", str(baked)]) == 1

        assert capsys.readouterr().err.startswith(f"{REPOSITORY} is gated: ")
        assert (old / REVISION).read_text() == f"{OTHER_COMMIT}\n"

    def test_a_broken_catalogue_is_said_in_a_sentence(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def broken() -> None:
            raise CatalogueInvalid("catalogue.toml is no catalogue of models: sdxl.id: wrong.")

        monkeypatch.setattr(bake, "load_catalogue", broken)

        assert bake.main([MODEL.id]) == 1
        assert capsys.readouterr().err == "catalogue.toml is no catalogue of models: sdxl.id: wrong.\n"

    def test_a_models_loras_are_baked_with_it(
        self, baked: Path, repository: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (repository / "loras").mkdir()
        save_file({"pixels": torch.ones(4)}, repository / LORA.weight_name)
        with_lora = MODEL.model_copy(update={"loras": [LORA]})
        monkeypatch.setattr(
            bake, "load_catalogue", lambda: load_catalogue().model_copy(update={"models": [with_lora]})
        )

        assert bake.main([MODEL.id, "--into", str(baked)]) == 0

        hub.requests.clear()
        file = find_lora(with_lora, LORA, baked)
        assert file == baked / f"{MODEL.id}-pixels" / LORA.weight_name
        assert not file.is_symlink()
        assert hub.requests == []

    def test_the_safety_checker_is_baked_where_it_is_looked_for(
        self, baked: Path, repository: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (repository / PART).mkdir()
        for file in FILES:
            (repository / file).write_bytes(b"x")
        for name, value in (("SOURCE", Source(repository=REPOSITORY)), ("REVISION", COMMIT)):
            monkeypatch.setattr(safety_checker, name, value)

        assert bake.main(["safety-checker", "--into", str(baked)]) == 0

        hub.requests.clear()
        found = find_part(safety_checker.SOURCE, COMMIT, name=NAME, files=FILES, baked=baked)
        assert found == baked / NAME
        assert {path.name for path in baked.iterdir()} == {NAME}
        assert hub.requests == []

    def test_a_model_that_is_in_no_repository_cannot_be_baked(self, baked: Path) -> None:
        with pytest.raises(SystemExit):
            bake.main(["safelight-image", "--into", str(baked)])


class Canary:
    """Unpickling it leaves a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._file,)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """What is there once code of the repository has run."""
    return tmp_path / "canary"


@pytest.fixture(params=["hub", "baked"])
def place(request: pytest.FixtureRequest, repository: Path, baked: Path) -> str:
    """The repository lies on the hub, or below the folder of baked models, where it is once this is called."""
    return str(request.param)


def put(place: str, repository: Path, baked: Path) -> None:
    if place == "baked":
        shutil.copytree(repository, baked / MODEL.id)
        (baked / MODEL.id / REVISION).write_text(COMMIT)


class TestSafety:
    def test_pickles_are_neither_read_nor_downloaded(
        self, place: str, repository: Path, baked: Path, canary: Path, hub: Hub
    ) -> None:
        for file in [*repository.rglob("*.safetensors")]:
            torch.save({"weights": Canary(canary)}, file.with_suffix(".bin"))
            if file.name == "model.safetensors":
                file.with_suffix(".bin").rename(file.parent / "pytorch_model.bin")
            file.unlink()
        put(place, repository, baked)

        assert "safetensors" in refusal(baked)
        assert not canary.exists()
        assert [request for request in hub.requests if ".bin" in request] == []

    @pytest.mark.parametrize(
        ("index", "code"),
        [
            ({"_class_name": ["its_own", "Pipeline"]}, "its_own.py"),
            ({"_class_name": ["pipeline", "Pipeline"]}, "pipeline.py"),
            ({"transformer": ["its_own", "Transformer"]}, "transformer/its_own.py"),
            ({"transformer": ["its_own", "Transformer"]}, "its_own/__init__.py"),
        ],
        ids=["a pipeline", "a pipeline of the usual name", "a part", "a package"],
    )
    def test_code_that_comes_with_weights_is_not_run(
        self,
        index: dict[str, Any],
        code: str,
        place: str,
        repository: Path,
        baked: Path,
        canary: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        file = repository / "model_index.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | index))
        (repository / code).parent.mkdir(exist_ok=True)
        (repository / code).write_text(CODE.format(canary=str(canary)))
        put(place, repository, baked)
        monkeypatch.chdir(repository)

        assert refusal(baked)
        assert not canary.exists()

    def test_a_checksum_of_the_entry_is_compared_with_what_is_there(self, repository: Path, baked: Path) -> None:
        put("baked", repository, baked)
        model = MODEL.model_copy(update={"sha256": {WEIGHTS: "0" * 64}})

        assert refusal(baked, model).startswith(
            f"{baked / MODEL.id / WEIGHTS} is missing, or is not the file that the catalogue names for {MODEL.id}."
        )
