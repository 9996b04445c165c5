"""What the models are made of fits its limits, and loads with nothing of ours."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline

from tests.worker import library_warnings
from training import image_parts
from training.captions import caption
from training.shipping import save_in_half_precision
from training.tokens import build_clip_tokenizer, world_words
from training.world import draw_picture

pytestmark = library_warnings.IGNORED


def test_every_word_of_the_world_is_one_token() -> None:
    tokenizer = build_clip_tokenizer()
    words = world_words()

    tokens = {word: tokenizer.tokenize(word) for word in words}

    assert {word: pieces for word, pieces in tokens.items() if len(pieces) != 1} == {}
    assert {"red", "circles", "background", "mountains", "night", "falling", "crimson"} <= set(words)
    assert 120 < len(words) < 220


@pytest.mark.parametrize("prompt", ["", "zorp 日本😀 unknown", "RED circle", "x" * 500])
def test_no_prompt_is_an_error_or_unknown(prompt: str) -> None:
    tokenizer = build_clip_tokenizer()

    tokens = tokenizer(prompt, truncation=True, padding="max_length").input_ids

    assert len(tokens) == 32
    assert tokens[0] == tokenizer.bos_token_id


def test_the_tokenizer_is_the_same_each_time() -> None:
    assert build_clip_tokenizer().get_vocab() == build_clip_tokenizer().get_vocab()


def test_captions_fit_into_a_prompt() -> None:
    tokenizer = build_clip_tokenizer()
    chance = random.Random(1)

    lengths = [len(tokenizer(caption(draw_picture(chance), chance)).input_ids) for _ in range(1_000)]

    assert max(lengths) <= 32


def test_the_image_pipeline_is_small_and_loads_as_it_lies_there(tmp_path: Path) -> None:
    torch.manual_seed(0)
    tokenizer = build_clip_tokenizer()
    pipeline = image_parts.build_pipeline(
        image_parts.build_autoencoder(),
        tokenizer,
        image_parts.build_text_encoder(tokenizer),
        image_parts.build_denoiser(),
    )

    save_in_half_precision(pipeline, tmp_path)

    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) < 12_000_000
    loaded = DiffusionPipeline.from_pretrained(tmp_path)
    loaded.set_progress_bar_config(disable=True)
    assert {part.dtype for part in (loaded.vae, loaded.unet, loaded.text_encoder)} == {torch.float32}
    pictures = loaded("a red circle", num_inference_steps=2, output_type="np").images
    assert pictures.shape == (1, 64, 64, 3)
    assert np.isfinite(pictures).all()
