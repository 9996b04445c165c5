"""What a request asks a model to do: it follows from which pictures it starts from."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from contracts.paths import MediaType


class Task(StrEnum):
    """In the words of the Hugging Face hub (https://huggingface.co/tasks)."""

    TEXT_TO_IMAGE = "text-to-image"
    IMAGE_TO_IMAGE = "image-to-image"
    INPAINTING = "inpainting"
    TEXT_TO_VIDEO = "text-to-video"
    IMAGE_TO_VIDEO = "image-to-video"

    @property
    def media_type(self) -> MediaType:
        """What it makes."""
        return MediaType.VIDEOS if self in {Task.TEXT_TO_VIDEO, Task.IMAGE_TO_VIDEO} else MediaType.IMAGES

    @property
    def starts_from(self) -> frozenset[str]:
        """The uploads that must be named for it."""
        return _STARTS_FROM[self]


_STARTS_FROM = {
    Task.TEXT_TO_IMAGE: frozenset[str](),
    Task.IMAGE_TO_IMAGE: frozenset({"input_image"}),
    Task.INPAINTING: frozenset({"input_image", "mask_image"}),
    Task.TEXT_TO_VIDEO: frozenset[str](),
    Task.IMAGE_TO_VIDEO: frozenset({"input_image"}),
}
ONLY_WITH = {
    "input_image": frozenset({Task.IMAGE_TO_IMAGE, Task.INPAINTING, Task.IMAGE_TO_VIDEO}),
    "mask_image": frozenset({Task.INPAINTING}),
    "last_image": frozenset({Task.IMAGE_TO_VIDEO}),
    "strength": frozenset({Task.IMAGE_TO_IMAGE, Task.INPAINTING}),
}
"""Keys of `request_data` that mean nothing to other tasks."""


def task_of(media_type: MediaType, request_data: Mapping[str, Any]) -> Task:
    """What is asked for."""
    if media_type is MediaType.VIDEOS:
        return Task.IMAGE_TO_VIDEO if "input_image" in request_data else Task.TEXT_TO_VIDEO
    if "mask_image" in request_data:
        return Task.INPAINTING
    return Task.IMAGE_TO_IMAGE if "input_image" in request_data else Task.TEXT_TO_IMAGE
