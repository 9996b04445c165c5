"""Everything that the use cases reach, in memory."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from adapters.in_memory import (
    InMemoryCommands,
    InMemoryEndings,
    InMemoryGenerations,
    InMemoryObjects,
    InMemoryOwners,
    InMemoryRunPod,
    InMemorySweeper,
)
from contracts.moderation import InputCheck, allow_everything
from contracts.patience import USUAL
from contracts.ports import GenerationStore, RunPodQueue
from tests.contracts.catalogues import CATALOGUE
from tests.contracts.documents import DISPATCHED_AT
from triggers.wiring import Outside

DRAWN_SEED = 4711
PATIENCE = USUAL


@dataclass
class InMemory:
    """The twins, by what they are; `outside` is how the use cases see them."""

    generations: InMemoryGenerations = field(default_factory=InMemoryGenerations)
    commands: InMemoryCommands = field(default_factory=InMemoryCommands)
    objects: InMemoryObjects = field(default_factory=InMemoryObjects)
    runpod: InMemoryRunPod = field(default_factory=InMemoryRunPod)
    endings: InMemoryEndings = field(default_factory=InMemoryEndings)
    sweeper: InMemorySweeper = field(default_factory=InMemorySweeper)
    owners: InMemoryOwners = field(default_factory=InMemoryOwners)
    webhook: str | None = None
    now: datetime = DISPATCHED_AT
    input_check: InputCheck = allow_everything

    @property
    def outside(self) -> Outside:
        return Outside(
            generations=self.generations,
            commands=self.commands,
            objects=self.objects,
            runpod=self.runpod,
            endings=self.endings,
            sweeper=self.sweeper,
            owners=self.owners,
            catalogue=CATALOGUE,
            now=lambda: self.now,
            draw_seed=lambda: DRAWN_SEED,
            chance=lambda: 1.0,
            webhook_for=lambda path, generation: self.webhook,
            input_check=self.input_check,
        )

    def outside_with(
        self, *, runpod: RunPodQueue | None = None, generations: GenerationStore | None = None
    ) -> Outside:
        return replace(self.outside, runpod=runpod or self.runpod, generations=generations or self.generations)
