"""The captions of a pool as tokens: several ways to say each picture, worked out once."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import torch

CHUNK = 1_000
WAYS = 8
"""Captions for each picture."""
UNSAID = 0.1
"""How many are left empty, for guidance."""

Tokenize = Callable[[list[str]], torch.Tensor]
"""Words to token ids, [count, length]."""


@dataclass(frozen=True, kw_only=True)
class Prompts:
    """On the device where they are drawn from."""

    tokens: torch.Tensor
    """[count, WAYS, length]."""
    nothing: torch.Tensor
    """Of the empty prompt, [length]."""

    def draw(self, chosen: torch.Tensor, chance: torch.Generator) -> torch.Tensor:
        """One way for each of the chosen pictures, [batch, length]; now and then nothing is said."""
        device = self.tokens.device
        ways = torch.randint(self.tokens.shape[1], chosen.shape, generator=chance, device=device)
        unsaid = torch.rand(chosen.shape, generator=chance, device=device) < UNSAID
        return torch.where(unsaid[:, None], self.nothing, self.tokens[chosen, ways]).long()


def build_prompts(
    count: int, say: Callable[[int, random.Random], str], tokenize: Tokenize, device: str
) -> Prompts:
    """Say each of `count` pictures in several ways; the same ones on every machine."""
    parts = []
    for first in range(0, count, CHUNK):
        said = []
        for index in range(first, min(first + CHUNK, count)):
            chance = random.Random(~index)  # noqa: S311 - words, not secrets
            said += [say(index, chance) for _ in range(WAYS)]
        parts.append(tokenize(said).short().reshape((len(said) // WAYS, WAYS, -1)))
    return Prompts(tokens=torch.cat(parts).to(device), nothing=tokenize([""])[0].short().to(device))
