"""One line of the table that `make bench` prints."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """A figure of ours beside what others reach, all taken in one run on one machine."""

    what: str
    """What was measured, with its unit."""
    ours: str
    naive: str
    """What a competent user's worker, library default or peer reaches; `-` where there is none."""
    limit: str
    """What no implementation could pass; `-` where there is none."""
    target: str
    """What we want, as `at least 0.8`."""
    met: bool
    """Whether we reach it."""
    command: str
    """What measures this row again."""
