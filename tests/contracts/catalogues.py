"""A catalogue with one model for images and one for videos that between them have every kind of limit."""

from typing import Any

from contracts.catalogue import Catalogue, Model
from contracts.paths import MediaType

DEADLINES = {"queued": 900, "loading": 300, "generating": 60, "encoding": 30, "uploading": 60}
IMAGE_MODEL: dict[str, Any] = {
    "id": "tiny-image",
    "title": "Tiny Image",
    "media_type": "images",
    "default": True,
    "source": {"folder": "tiny-image"},
    "revision": "1",
    "sha256": {"unet/model.safetensors": "0" * 64},
    "dtype": "float32",
    "tasks": {"text-to-image": "StableDiffusionPipeline", "image-to-image": "StableDiffusionImg2ImgPipeline"},
    "licence": "Apache-2.0",
    "memory_gib": 0.1,
    "max_pixels": 524_288,
    "execution_timeout_seconds": 300,
    "deadlines_seconds": DEADLINES,
    "parameters": {
        "negative_prompt": {"default": ""},
        "width": {"default": 128, "minimum": 64, "maximum": 512, "multiple_of": 8},
        "height": {"default": 128, "minimum": 64, "maximum": 512, "multiple_of": 8},
        "guidance_scale": {"default": 3.0, "minimum": 0, "maximum": 7.5},
        "num_images": {"default": 1, "minimum": 1, "maximum": 8},
        "output_format": {"default": "png", "choices": ["png", "webp"]},
        "seed": {"minimum": 0, "maximum": 4_294_967_295},
        "input_image": {},
        "strength": {"default": 0.8},
    },
}
VIDEO_MODEL = IMAGE_MODEL | {
    "id": "tiny-video",
    "title": "Tiny Video",
    "media_type": "videos",
    "tasks": {"text-to-video": "WanPipeline", "image-to-video": "WanImageToVideoPipeline"},
    "max_pixels": 540_672,
    "parameters": {
        "width": {"default": 64, "minimum": 64, "maximum": 128, "multiple_of": 16},
        "height": {"default": 64, "minimum": 64, "maximum": 128, "multiple_of": 16},
        "num_frames": {"default": 17, "minimum": 5, "maximum": 49, "one_more_than_a_multiple_of": 4},
        "fps": {"default": 8},
        "input_image": {},
        "last_image": {},
    },
}
CATALOGUE = Catalogue.model_validate({"models": [IMAGE_MODEL, VIDEO_MODEL]})


def default_model(media_type: MediaType) -> Model:
    """The model that serves requests that name none."""
    model = CATALOGUE.find(media_type, None)
    assert model is not None
    return model
