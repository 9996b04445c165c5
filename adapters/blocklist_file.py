"""The blocklist as it lies on disk: the input check of whoever plugs in no other."""

from pathlib import Path

from contracts.moderation import Blocklist, parse_blocklist

BLOCKLIST = Path(__file__).parent.parent / "models" / "blocklist.txt"
INPUT_CHECK = "SAFELIGHT_INPUT_CHECK"
"""The variable, of functions and worker, that names another: `package.module:factory`."""
USUAL = f"{__name__}:load_blocklist"


def load_blocklist(path: Path = BLOCKLIST) -> Blocklist:
    """Read and check it. Raises `ValueError` or `OSError`."""
    return parse_blocklist(path.read_text(encoding="utf-8"))
