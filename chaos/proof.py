"""What a proof came to."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Result:
    """One row of the table."""

    figure: str
    """What was done, in numbers."""
    violations: list[str] = field(default_factory=list)
    """Empty where the proof holds. Each says how to see it again."""
