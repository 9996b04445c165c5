"""Both ways from nothing to a folder, with hardly any steps: the pictures are bad, the path is the real one."""

from pathlib import Path

import numpy as np
import pytest
from diffusers import DiffusionPipeline

from tests.worker import library_warnings
from training import image_model, video_model

pytestmark = [
    library_warnings.IGNORED,
    # Wan's norms are kept in single precision under autocast; torch says that it is slower
    pytest.mark.filterwarnings("ignore:Mismatch dtype between input and weight:UserWarning"),
]


IMAGES = image_model.Recipe(
    pictures=12, autoencoder_steps=3, autoencoder_batch=2, denoiser_steps=2, denoiser_batch=4
)
VIDEOS = video_model.Recipe(
    clips=4,
    still_steps=1,
    still_batch=2,
    clip_steps=1,
    clip_batch=1,
    decoder_steps=1,
    transformer_steps=1,
    transformer_batch=2,
)


def make_image_model(folder: Path, *, minutes: float = 10) -> bool:
    return image_model.make_image_model(
        folder / "work", folder / "model", device="cpu", minutes=minutes, recipe=IMAGES
    )


def test_an_image_model_comes_out_and_loads(tmp_path: Path) -> None:
    assert make_image_model(tmp_path)

    pipeline = DiffusionPipeline.from_pretrained(tmp_path / "model")
    pipeline.set_progress_bar_config(disable=True)
    pictures = pipeline("a red circle", num_inference_steps=2, output_type="np").images
    assert pictures.shape == (1, 64, 64, 3)
    assert np.isfinite(pictures).all()


def test_a_video_model_comes_out_and_loads(tmp_path: Path) -> None:
    assert video_model.make_video_model(tmp_path / "work", tmp_path / "model", device="cpu", recipe=VIDEOS)

    assert sum(file.stat().st_size for file in (tmp_path / "model").rglob("*") if file.is_file()) < 16_000_000
    pipeline = DiffusionPipeline.from_pretrained(tmp_path / "model")
    pipeline.set_progress_bar_config(disable=True)
    frames = pipeline(
        "a red circle moving left", num_inference_steps=2, width=64, height=64, num_frames=17, output_type="np"
    ).frames
    assert frames.shape == (1, 17, 64, 64, 3)
    assert np.isfinite(frames).all()


def test_without_time_nothing_is_shipped_and_nothing_is_lost(tmp_path: Path) -> None:
    assert not make_image_model(tmp_path, minutes=0)
    assert not (tmp_path / "model").exists()

    assert make_image_model(tmp_path)
