"""From `request_data` to something a pipeline can be called with, or a sentence that says why not.

The security rules have judged types and ranges before, but only of what came through them; this judges
everything again, and then what rules cannot know: the model, its limits, and whose upload it is.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from contracts.catalogue import Catalogue, Model, Parameter
from contracts.errors import RequestInvalid
from contracts.paths import GenerationPath, MediaType, is_upload_of
from contracts.refusal import refusal
from contracts.request import REQUEST_MODELS, UPLOAD_FIELDS, Request
from contracts.task import ONLY_WITH, Task, task_of

ENVELOPE = {"prompt", "model"}  # keys that every model takes


def resolve_request(
    path: GenerationPath, request_data: Mapping[str, Any], catalogue: Catalogue
) -> tuple[Model, dict[str, Any]]:
    """The model and every parameter it is to be called with, the defaults filled in.

    Raises `RequestInvalid`, naming the field.
    """
    request = parse_request(path.media_type, request_data)
    asked = request.model_dump(exclude_unset=True)
    task = task_of(path.media_type, asked)
    for field in UPLOAD_FIELDS:
        if field in asked and not is_upload_of(path.user_id, asked[field]):
            raise RequestInvalid(field, f"{field} must be one of your own uploads, uploads/{{user_id}}/{{name}}")
    model = catalogue.find(path.media_type, request.model)
    if model is None:
        offered = ", ".join(offered.id for offered in catalogue.of(path.media_type))
        raise RequestInvalid("model", f"model must be one of those that make {path.media_type}: {offered}")
    for field, value in asked.items():
        if field not in ENVELOPE:
            _check_parameter(model, field, value)
    _check_task(model, task, asked)
    resolved = {"prompt": request.prompt, **_defaults(model, task, asked), **asked, "model": model.id}
    _check_pixels(model, resolved)
    _check_strength(resolved)
    return model, resolved


def parse_request(media_type: MediaType, request_data: Mapping[str, Any]) -> Request:
    """Check keys, types and ranges. Raises `RequestInvalid`, naming the field."""
    try:
        return REQUEST_MODELS[media_type].model_validate(dict(request_data))
    except ValidationError as error:
        raise refusal(error, "request_data") from None


def _defaults(model: Model, task: Task, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Of the keys that mean something to this task."""
    return {
        name: parameter.default
        for name, parameter in model.parameters.items()
        if parameter.default is not None
        and task in ONLY_WITH.get(name, {task})
        and not (name == "lora_scale" and "lora" not in asked)
    }


def _check_task(model: Model, task: Task, asked: Mapping[str, Any]) -> None:
    for field in asked:
        if task not in ONLY_WITH.get(field, {task}):
            raise RequestInvalid(field, f"{field} means something only with input_image")
    if task is Task.INPAINTING and "input_image" not in asked:
        raise RequestInvalid("mask_image", "mask_image says which part of input_image to repaint: name both")
    if task not in model.tasks:
        # Uploads that it does not take were refused before, so what is missing is the one that it needs.
        raise RequestInvalid("input_image", f"input_image is needed: the model {model.id} starts from a picture")


def _check_strength(resolved: Mapping[str, Any]) -> None:
    strength, steps = resolved.get("strength"), resolved.get("num_inference_steps")
    if strength is not None and steps is not None and int(strength * steps) < 1:  # as diffusers rounds
        raise RequestInvalid(
            "strength", "strength x num_inference_steps must be at least 1: nothing would be done"
        )


def _check_parameter(model: Model, field: str, value: Any) -> None:  # noqa: ANN401 - any scalar
    parameter = model.parameters.get(field)
    if parameter is None:
        raise RequestInvalid(field, f"{field} does not apply to the model {model.id}")
    if field == "lora" and model.find_lora(value) is None:
        raise RequestInvalid("lora", f"lora must be one of {', '.join(lora.id for lora in model.loras)}")
    if problem := _problem(parameter, value):
        raise RequestInvalid(field, f"{field} must be {problem}")


def _problem(parameter: Parameter, value: Any) -> str | None:  # noqa: ANN401 - any scalar
    if parameter.choices is not None and value not in parameter.choices:
        return f"one of {', '.join(parameter.choices)}"
    if parameter.minimum is not None and value < parameter.minimum:
        return f"at least {parameter.minimum:.16g}"
    if parameter.maximum is not None and value > parameter.maximum:
        return f"at most {parameter.maximum:.16g}"
    if parameter.multiple_of is not None and value % parameter.multiple_of:
        return f"a multiple of {parameter.multiple_of}"
    packed = parameter.one_more_than_a_multiple_of
    if packed is not None and value % packed != 1:
        return f"one more than a multiple of {packed}"
    return None


def _check_pixels(model: Model, resolved: Mapping[str, Any]) -> None:
    frames = resolved.get("num_frames", 1)
    pixels = resolved["width"] * resolved["height"] * frames * resolved.get("num_images", 1)
    if pixels <= model.max_pixels:
        return
    product = "width x height"
    if frames > 1:
        product = f"num_frames x {product}"
    elif resolved.get("num_images", 1) > 1:
        product = f"{product} x num_images"
    raise RequestInvalid(product.split(" ", 1)[0], f"{product} must be at most {model.max_pixels} pixels in all")
