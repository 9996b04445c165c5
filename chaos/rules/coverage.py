"""Which expressions of the rules have come to true, to false, or to anything at all."""

from collections.abc import Iterable, Mapping
from typing import Any

UNDEFINED = "undefined"
"""What the emulator says of an expression that was passed over, or that no value could be found for."""


class Coverage:
    """What each expression came to, over many reports."""

    def __init__(self, rules: str) -> None:
        self.rules = rules
        self._seen: dict[str, set[object]] = {}

    def __len__(self) -> int:
        return len(self._seen)

    @property
    def both(self) -> int:
        """How many were seen both true and false."""
        return sum(values >= {True, False} for values in self._seen.values())

    def add(self, report: Iterable[Mapping[str, Any]]) -> None:
        """One report of the emulator."""
        for expression in report:
            seen = self._seen.setdefault(self._name(expression["sourcePosition"]), set())
            for counted in expression.get("values", ()):
                seen.add(_kind_of(counted["value"]))
            self.add(expression.get("children", ()))

    def gaps(self) -> list[str]:
        """What the tries have not shown."""
        if not self._seen:
            return ["the emulator told of no expression at all"]
        return [f"{name}: {gap}" for name, values in self._seen.items() if (gap := _gap(values))]

    def _name(self, position: Mapping[str, Any]) -> str:
        # It ends before its last bracket, as the emulator has it.
        text = self.rules[position["currentOffset"] : position["endOffset"] + 1]
        return f"line {position['line']}, column {position['column']}: {' '.join(text.split())}"


def _kind_of(value: Mapping[str, Any]) -> object:
    """True, false, or of which type it was."""
    ((kind, content),) = value.items() or [("null", None)]
    return content if kind == "boolValue" else kind


def _gap(values: set[object]) -> str:
    if values <= {UNDEFINED}:
        return "never came to anything"
    if values & {True, False} in ({True}, {False}):
        return f"was never {str(False in values).lower()}"
    return ""
