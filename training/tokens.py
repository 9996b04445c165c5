"""Tokenizers for the words of this world, in which no other word is an error.

For CLIP a byte-pair encoding: the world's words are one token each, everything else falls into pieces, down to
bytes. For T5 a list of the world's words and of letters; what is neither becomes `<unk>`.
"""

import random
from collections import Counter
from itertools import pairwise
from typing import Any

import torch
from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTokenizer, T5Tokenizer

from training.captions import caption
from training.motion import draw_video
from training.prompts import Tokenize
from training.video_captions import video_caption
from training.world import draw_picture

CAPTIONS = 20_000
SELDOM = 20
"""A word that is said less often is one of those that mean nothing."""
LENGTH = 32
"""Tokens of a caption, with those at its ends; what is longer is cut."""


def build_clip_tokenizer() -> CLIPTokenizer:
    """The same on every machine: its words come from captions that come from a fixed seed."""
    letters = sorted(ByteLevel.alphabet())
    merges: Any = learn_merges(world_words())
    tokens = [*letters, *(letter + "</w>" for letter in letters), *(first + second for first, second in merges)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: index for index, token in enumerate(dict.fromkeys(tokens))}
    return CLIPTokenizer(vocabulary, merges, model_max_length=LENGTH)


def build_t5_tokenizer() -> T5Tokenizer:
    """A word of the world is likelier than its letters, so that it is taken whole; so is one with a capital."""
    words = [form for word in world_words() for form in (f"▁{word}", f"▁{word.capitalize()}")]
    letters = [chr(code) for code in range(ord("!"), ord("~") + 1)]
    vocabulary: Any = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -4.0)]
    vocabulary += [(word, -2.0) for word in dict.fromkeys(words)] + [(letter, -8.0) for letter in letters]
    return T5Tokenizer(vocab=vocabulary, extra_ids=0, model_max_length=512)


def tokens_of(tokenizer: CLIPTokenizer | T5Tokenizer) -> Tokenize:
    """How a pipeline's prompts become tokens: cut, or filled up, to one length."""

    def tokenize(words: list[str]) -> torch.Tensor:
        ids: torch.Tensor = tokenizer(
            words, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt"
        ).input_ids
        return ids

    return tokenize


def world_words() -> list[str]:
    """All words that captions of pictures and videos are made of, in order."""
    chance = random.Random(0)  # noqa: S311 - words, not secrets
    said: Counter[str] = Counter()
    for _ in range(CAPTIONS):
        said.update(_words(caption(draw_picture(chance), chance)))
        said.update(_words(video_caption(draw_video(chance), chance)))
    return sorted(word for word, times in said.items() if times >= SELDOM)


def learn_merges(words: list[str]) -> list[tuple[str, str]]:
    """Byte-pair encoding until each word is one token.

    After Sennrich and others, "Neural Machine Translation of Rare Words with Subword Units", 2016. The trainer of
    the tokenizers library breaks ties by chance, so that each of its tokenizers would need weights of its own.
    """
    spelled = [[*word[:-1], f"{word[-1]}</w>"] for word in words]
    merges = []
    while pairs := Counter(pair for pieces in spelled for pair in pairwise(pieces)):
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        spelled = [_merged(pieces, best) for pieces in spelled]
    return merges


def _merged(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    for piece in pieces:
        if merged and (merged[-1], piece) == pair:
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged


def _words(said: str) -> list[str]:
    return [word for word in said.lower().replace(",", " ").replace(".", " ").split() if word.isalpha()]
