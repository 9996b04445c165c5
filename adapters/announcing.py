"""A generation has ended: tell whoever listens."""

from collections.abc import Mapping
from typing import Any

from contracts.dead_letter import DeadLetter
from contracts.ending import ending_of
from contracts.paths import GenerationPath
from contracts.ports import EndingPublisher


def announce(path: GenerationPath, fields: Mapping[str, Any], endings: EndingPublisher) -> None:
    """Publish the ending, and a dead letter where the operator has to know. Never raises."""
    endings.publish(ending_of(path, fields))
    letter = DeadLetter.of(path, fields)
    if letter is not None:
        endings.publish_dead_letter(letter)
