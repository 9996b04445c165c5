"""The faults that are to happen: rules in their order, each with a chance and a count of its own."""

import random
from collections.abc import Iterable
from dataclasses import dataclass

from runpod_emulator.errors import RuleNotFoundError
from runpod_emulator.events import Events
from runpod_emulator.fault_rules import Fault, FaultRule, FaultRuleError

MAX_RULES = 1000


@dataclass
class _Running:
    """A rule at work.

    Attributes:
        rule: What it does.
        chance: Its own, so that other rules do not change what it draws.
        matched: How many chances it had.
        fired: How often it struck.
    """

    rule: FaultRule
    chance: random.Random
    matched: int = 0
    fired: int = 0

    def strikes(self) -> bool:
        """Say whether it strikes at this chance, and count."""
        if self.rule.count is not None and self.fired >= self.rule.count:
            return False
        self.matched += 1
        if self.matched <= self.rule.skip or self.chance.random() >= self.rule.probability:
            return False
        self.fired += 1
        return True


class Faults:
    """The fault rules of one emulator.

    Args:
        events: Where each fault is noted.
        seed: What the chances start from: the same seed and the same requests give the same faults.
    """

    def __init__(self, events: Events, *, seed: int = 0) -> None:
        self._events = events
        self._seed = seed
        self._rules: dict[int, _Running] = {}
        self._added = 0

    def add(self, rule: FaultRule) -> int:
        """Add a rule after the others; return its number.

        Raises:
            FaultRuleError: There are too many.
        """
        if len(self._rules) >= MAX_RULES:
            message = f"there are {MAX_RULES} rules already"
            raise FaultRuleError(message)
        self._added += 1
        chance = random.Random(f"{self._seed}/{self._added}")  # noqa: S311 - faults, not secrets
        self._rules[self._added] = _Running(rule=rule, chance=chance)
        return self._added

    def remove(self, number: int) -> None:
        """Take a rule away.

        Raises:
            RuleNotFoundError: There is none of this number.
        """
        if self._rules.pop(number, None) is None:
            message = f"there is no rule {number}"
            raise RuleNotFoundError(message)

    def clear(self) -> None:
        """Take all rules away."""
        self._rules.clear()

    def draw(self, place: str, kinds: Iterable[Fault]) -> FaultRule | None:
        """Return the first rule that strikes here now, or None. Only one strikes; only those asked are counted."""
        for number, running in self._rules.items():
            if running.rule.on == place and running.rule.fault in kinds and running.strikes():
                self._events.record("fault_fired", rule=number, fault=running.rule.fault, on=place)
                return running.rule
        return None

    def to_json(self) -> list[dict[str, object]]:
        """Return all rules with their counts."""
        return [
            {"number": number, **running.rule.to_json(), "matched": running.matched, "fired": running.fired}
            for number, running in self._rules.items()
        ]
