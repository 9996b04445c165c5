"""What every proof looks for, and hopes not to find."""


class Violation(Exception):  # noqa: N818 - what was found, not an error of ours
    """Something that must never be has been. The message says what."""


def law(holds: bool, broken: str) -> None:
    """Raise `Violation` unless the law holds."""
    if not holds:
        raise Violation(broken)
