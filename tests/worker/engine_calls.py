"""Requests to the engine, as short as they can be, and what comes of them."""

from typing import Any

import numpy as np

from adapters.catalogue_file import load_catalogue
from contracts.paths import MediaType
from contracts.validation import resolve_request
from tests.worker.cloud_places import IMAGE_PATH, VIDEO_PATH
from tests.worker.parts import OnStep, PartOfACall
from tests.worker.shipped import SHIPPED
from worker.engine import DiffusersEngine
from worker.gpu_turn import Pictures

CATALOGUE = load_catalogue()
IMAGE, VIDEO = SHIPPED
PATHS = {MediaType.IMAGES: IMAGE_PATH, MediaType.VIDEOS: VIDEO_PATH}
SHORT: dict[MediaType, dict[str, Any]] = {MediaType.IMAGES: {}, MediaType.VIDEOS: {"num_frames": 5}}


def generate(
    engine: DiffusersEngine,
    media_type: MediaType = MediaType.IMAGES,
    *,
    seed: int = 1,
    on_step: OnStep = lambda step, steps: None,
    **asked: Any,  # noqa: ANN401 - any scalar
) -> Pictures:
    """What a request is answered with."""
    asked_for = part(media_type, seed=seed, on_step=on_step, **asked)
    together(engine, asked_for, media_type=media_type)
    return asked_for.pictures


def part(
    media_type: MediaType = MediaType.IMAGES,
    *,
    seed: int = 1,
    on_step: OnStep = lambda step, steps: None,
    **asked: Any,  # noqa: ANN401 - any scalar
) -> PartOfACall:
    """A job's part of a call."""
    request_data = {"prompt": "a red circle", "width": 64, "height": 64, "num_inference_steps": 2, **asked}
    _, request = resolve_request(PATHS[media_type], request_data, CATALOGUE)
    return PartOfACall(request=request, seed=seed, on_step=on_step)


def together(engine: DiffusersEngine, *parts: PartOfACall, media_type: MediaType = MediaType.IMAGES) -> None:
    """One call."""
    engine.generate(IMAGE if media_type is MediaType.IMAGES else VIDEO, parts)


def pixels(picture: Pictures) -> np.ndarray[Any, Any]:
    """Its values, which can be subtracted."""
    return picture.astype(int)


def once(error: Exception) -> OnStep:
    """Raise it at the first step that comes."""
    errors = [error]

    def raise_it(step: int, steps: int) -> None:
        if errors:
            raise errors.pop()

    return raise_it
