import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.catalogue import Catalogue, Model, Source, parse_catalogue
from contracts.paths import GenerationPath, MediaType
from contracts.request import REQUEST_MODELS
from contracts.task import task_of
from contracts.validation import resolve_request
from tests.contracts.catalogues import CATALOGUE, IMAGE_MODEL, VIDEO_MODEL

COMMIT = "0123456789abcdef" * 2 + "01234567"


@pytest.mark.parametrize(
    ("media_type", "model_id", "found"),
    [
        (MediaType.IMAGES, None, "tiny-image"),
        (MediaType.IMAGES, "tiny-image", "tiny-image"),
        (MediaType.VIDEOS, None, "tiny-video"),
        (MediaType.IMAGES, "tiny-video", None),
        (MediaType.VIDEOS, "no-such-model", None),
        (MediaType.VIDEOS, "", None),
    ],
)
def test_a_model_is_found_by_its_id_among_those_that_make_this(
    media_type: MediaType, model_id: str | None, found: str | None
) -> None:
    model = CATALOGUE.find(media_type, model_id)

    assert (model.id if model else None) == found


def test_a_model_that_is_not_the_default_serves_only_who_names_it() -> None:
    other = IMAGE_MODEL | {"id": "other", "default": False}
    catalogue = Catalogue.model_validate({"models": [other, IMAGE_MODEL]})

    unnamed, named = catalogue.find(MediaType.IMAGES, None), catalogue.find(MediaType.IMAGES, "other")

    assert unnamed is not None
    assert unnamed.id == "tiny-image"
    assert named is not None
    assert named.id == "other"


def test_two_models_may_not_have_the_same_id() -> None:
    with pytest.raises(ValidationError, match="two models have the same id, tiny-image"):
        Catalogue.model_validate({"models": [IMAGE_MODEL, VIDEO_MODEL | {"id": "tiny-image"}]})


@pytest.mark.parametrize(
    "models",
    [
        [IMAGE_MODEL | {"default": False}],
        [IMAGE_MODEL, IMAGE_MODEL | {"id": "other"}],
        [IMAGE_MODEL, VIDEO_MODEL | {"default": False}],
    ],
    ids=["none", "two", "none for videos"],
)
def test_each_media_type_has_exactly_one_default(models: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError, match="exactly one model must be the default"):
        Catalogue.model_validate({"models": models})


def test_a_folder_is_pinned_by_the_checksums_of_its_weights() -> None:
    with pytest.raises(ValidationError, match="tiny-image: a folder has no commit, so sha256 must name its files"):
        Model.model_validate(IMAGE_MODEL | {"sha256": {}})


@pytest.mark.parametrize("source", [{}, {"folder": "a", "repository": "b/c"}], ids=["neither", "both"])
def test_a_source_is_either_a_folder_or_a_repository(source: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="a source is either a folder or a repository"):
        Source.model_validate(source)


@pytest.mark.parametrize("revision", ["main", "", COMMIT[:-1], COMMIT + "0", COMMIT[:-1] + "g", COMMIT.upper()])
def test_the_revision_of_a_repository_is_a_commit(revision: str) -> None:
    with pytest.raises(ValidationError, match="tiny-image: the revision of a repository is a commit"):
        Model.model_validate(IMAGE_MODEL | {"source": {"repository": "a/b"}, "revision": revision})


def test_a_repository_may_be_pinned_to_a_commit() -> None:
    model = Model.model_validate(IMAGE_MODEL | {"source": {"repository": "a/b"}, "revision": COMMIT})

    assert model.revision == COMMIT


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "red"},
        {"media_type": "image"},
        {"dtype": "float64"},
        {"execution_timeout_seconds": 0},
        {"deadlines_seconds": {}},
        {"parameters": {"width": {"most": 5}}},
        {"tasks": {"text-to-music": "X"}},
    ],
)
def test_an_entry_with_something_wrong_in_it_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Model.model_validate(IMAGE_MODEL | wrong)


def entry_with(changed: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """Changed keys replace the image model's; parameters are added, and those that are None taken away."""
    kept = {name: value for name, value in (IMAGE_MODEL["parameters"] | parameters).items() if value is not None}
    return IMAGE_MODEL | changed | {"parameters": kept}


LORA = {
    "id": "pixels",
    "source": {"folder": "pixels"},
    "revision": "1",
    "weight_name": "p.safetensors",
    "licence": "MIT",
}
TEXT_ONLY = {"tasks": {"text-to-image": "StableDiffusionPipeline"}}


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (entry_with({"tasks": {}}, {}), "tasks must be some that make images"),
        (entry_with({"tasks": {"text-to-video": "WanPipeline"}}, {}), "tasks must be some that make images"),
        (entry_with(TEXT_ONLY, {}), "input_image is a parameter, but none of its tasks takes one"),
        (entry_with(TEXT_ONLY, {"input_image": None}), "strength is a parameter, but none of its tasks takes one"),
        (entry_with({"passes": {"frame_rate": "fps"}}, {}), "passes names fps, which is not among the parameters"),
        (entry_with({}, {"mask_image": {}}), "mask_image is a parameter, but none of its tasks takes one"),
        (entry_with({}, {"input_image": None}), "image-to-image needs input_image among the parameters"),
        (entry_with({"loras": [LORA]}, {}), "lora is a parameter where there are loras, and nowhere else"),
        (entry_with({}, {"lora": {}}), "lora is a parameter where there are loras, and nowhere else"),
        (entry_with({"loras": [LORA | {"weight_name": "p.bin"}]}, {"lora": {}}), "only safetensors are read"),
        (
            entry_with({"loras": [LORA | {"source": {"repository": "a/b"}}]}, {"lora": {}}),
            "pixels: the revision of a",
        ),
    ],
)
def test_tasks_and_parameters_that_do_not_agree_are_refused(entry: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Model.model_validate(entry)


def test_a_lora_is_found_by_its_id() -> None:
    model = Model.model_validate(entry_with({"loras": [LORA]}, {"lora": {}}))

    assert model.find_lora("pixels") == model.loras[0]
    assert model.find_lora("other") is None


def test_the_weights_load_as_what_does_the_first_task() -> None:
    assert Model.model_validate(IMAGE_MODEL).pipeline_class == "StableDiffusionPipeline"


def test_what_is_not_offered_is_not_found_and_needs_no_default() -> None:
    hidden = IMAGE_MODEL | {"id": "hidden", "offered": False}
    catalogue = Catalogue.model_validate({"models": [IMAGE_MODEL, hidden]})

    assert catalogue.find(MediaType.IMAGES, "hidden") is None
    assert [model.id for model in catalogue.offered] == ["tiny-image"]
    assert [model.id for model in catalogue.models] == ["tiny-image", "hidden"]


@pytest.mark.parametrize("text", ["models = ", "models = 5", "", "[[models]]\nid = 'x'"])
def test_a_text_that_is_no_catalogue_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_catalogue(text)


def test_what_is_wrong_is_named_with_its_entry() -> None:
    text = Path("models/catalogue.toml").read_text(encoding="utf-8")

    for was, becomes, said in (
        (
            "max_pixels = 524_288",
            "max_pixel = 524_288",
            "safelight-image.max_pixels: Field required; safelight-image",
        ),
        ('id = "sdxl-turbo"', 'id = "sdxl"', "two models have the same id, sdxl"),
        ('frame_rate = "fps"', 'frame_rate = "rate"', "ltx-video: passes names rate, which is not"),
    ):
        assert text.count(was) == 1
        with pytest.raises(ValueError, match="^" + re.escape(said)):
            parse_catalogue(text.replace(was, becomes))


def test_another_entry_and_a_big_model_that_is_offered_take_nothing_but_the_file() -> None:
    """A fine-tune of SDXL, and SDXL itself."""
    text = Path("models/catalogue.toml").read_text(encoding="utf-8")
    sdxl = next(f"[[models]]{entry}" for entry in text.split("[[models]]") if '\nid = "sdxl"\n' in entry)
    offered = sdxl.replace("offered = false\n", "")
    fine_tune = offered.replace('id = "sdxl"', 'id = "my-sdxl"').replace("stabilityai/", "me/my-")

    catalogue = parse_catalogue(text.replace(sdxl, f"{offered}\n{fine_tune}\n"))

    path = GenerationPath(user_id="u", media_type=MediaType.IMAGES, file_uid="f")
    for name in ("sdxl", "my-sdxl"):
        found, request = resolve_request(path, {"prompt": "", "model": name}, catalogue)
        assert (found.id, request["width"]) == (name, 1024)
    assert resolve_request(path, {"prompt": ""}, catalogue)[0].id == "safelight-image"


class TestTheCatalogueThatIsShipped:
    catalogue = parse_catalogue(Path("models/catalogue.toml").read_text(encoding="utf-8"))

    @pytest.mark.parametrize("media_type", MediaType)
    def test_it_has_models_for_images_and_for_videos(self, media_type: MediaType) -> None:
        assert self.catalogue.find(media_type, None) is not None

    @pytest.mark.parametrize("model", catalogue.models, ids=lambda model: model.id)
    def test_its_parameters_are_keys_of_the_request(self, model: Model) -> None:
        keys = REQUEST_MODELS[model.media_type].model_fields.keys() - {"prompt", "model"}

        assert model.parameters.keys() <= keys

    @pytest.mark.parametrize("model", catalogue.models, ids=lambda model: model.id)
    def test_its_defaults_can_be_asked_for(self, model: Model) -> None:
        path = GenerationPath(user_id="u", media_type=model.media_type, file_uid="f")
        only = Catalogue(models=[model.model_copy(update={"offered": True, "default": True})])
        for task in model.tasks:
            uploads = dict.fromkeys(task.starts_from, "uploads/u/picture")

            found, request = resolve_request(path, {"prompt": "", **uploads}, only)

            assert task_of(model.media_type, request) is task
            assert found.id == model.id

    @pytest.mark.parametrize("model", catalogue.models, ids=lambda model: model.id)
    def test_its_sizes_have_defaults(self, model: Model) -> None:
        for name in ("width", "height"):
            assert model.parameters[name].default is not None

    @pytest.mark.parametrize("model", catalogue.models, ids=lambda model: model.id)
    @pytest.mark.parametrize("limit", ["default", "minimum", "maximum"])
    def test_its_limits_are_narrower_than_the_requests(self, model: Model, limit: str) -> None:
        for name, parameter in model.parameters.items():
            value = getattr(parameter, limit)
            if value is not None:
                whole = int(value) if isinstance(value, float) and value.is_integer() else value
                REQUEST_MODELS[model.media_type].model_validate({"prompt": "", name: whole})
