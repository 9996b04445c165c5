"""The safety checker of Stable Diffusion 1, as an output check: `worker.safety_checker:load_safety_checker`.

It compares a picture with twenty concepts of nudity and sex that its authors have not named, and is known to miss
and to take offence: see https://arxiv.org/abs/2210.04610. It looks at pictures of any model.
"""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
from numpy.typing import NDArray
from PIL import Image

from contracts.catalogue import Source
from worker.cannot_start import ModelInvalid
from worker.gpu_turn import Pictures
from worker.moderation import OutputCheck
from worker.weights import find_part

SOURCE = Source(repository="stable-diffusion-v1-5/stable-diffusion-v1-5")
REVISION = "451f4fe16113bff5a5d2269ed5ad43b0592e9a14"
NAME = "stable-diffusion-v1-5"
"""Of the folder, below the models' one or on the network volume, that can hold a copy."""
PART, VARIANT = "safety_checker", "fp16"
FILES = (f"{PART}/config.json", f"{PART}/model.{VARIANT}.safetensors")
# What CLIP's pictures are brought to (OPENAI_CLIP_MEAN and OPENAI_CLIP_STD in transformers' image_utils.py).
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
DEVIATION = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)

log = logging.getLogger(__name__)


def load_safety_checker(models_folder: Path) -> OutputCheck:
    """Find the weights, load them and look at one picture. Takes 1.2 GiB of the GPU, where there is one.

    Raises `ModelInvalid`.
    """
    checker = SafetyChecker(find_part(SOURCE, REVISION, name=NAME, files=FILES, baked=models_folder) / PART)
    checker(np.zeros((1, 64, 64, 3), np.uint8))
    log.info("safety_checker_loaded", extra={"device": checker.device})
    return checker


class SafetyChecker:
    """An `OutputCheck`. Any number of threads can ask it."""

    def __init__(self, folder: Path) -> None:
        """Load it. Raises `ModelInvalid`, also where a weight is missing: it would be drawn by chance."""
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        load: Any = StableDiffusionSafetyChecker.from_pretrained
        try:
            # In half precision what overflows would be no number, and no number is above a threshold.
            checker, loaded = load(
                folder,
                variant=VARIANT,
                dtype=torch.float32,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
            )
        except Exception as error:
            raise ModelInvalid(
                f"The safety checker cannot be loaded from {folder}: {type(error).__name__}. Put the whole of "
                f"{PART} from {SOURCE.repository} there, or remove the folder."
            ) from error
        if wrong := sorted(str(key) for kind in ("missing_keys", "mismatched_keys") for key in loaded[kind]):
            raise ModelInvalid(
                f"{folder} does not hold the whole safety checker: {wrong[0]} is missing, or of another shape. "
                f"Put {PART} from {SOURCE.repository} there."
            )
        self._checker: Any = checker.eval().to(self.device)
        self._side: int = checker.config.vision_config.image_size

    def __call__(self, pictures: Pictures) -> bool:
        """Whether it takes offence at none of them."""
        seen = torch.from_numpy(np.stack([self._seen(picture) for picture in pictures])).to(self.device)
        with torch.inference_mode():
            # It blackens what it is given beside: nothing here.
            _, found = self._checker(clip_input=seen, images=torch.zeros(len(pictures)))
        return not any(found)

    def _seen(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As CLIP sees it: the square in the middle, in its size and its range; (3, side, side)."""
        height, width, _ = picture.shape
        scale = self._side / min(height, width)
        size = (max(self._side, int(width * scale)), max(self._side, int(height * scale)))
        scaled = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC), np.float32)
        top, left = (scaled.shape[0] - self._side) // 2, (scaled.shape[1] - self._side) // 2
        middle = scaled[top : top + self._side, left : left + self._side]
        seen: NDArray[np.float32] = ((middle / 255 - MEAN) / DEVIATION).astype(np.float32).transpose(2, 0, 1)
        return seen
