"""A file of fault rules, in TOML:

seed = 7

[[rule]]
fault = "ambiguous"
on = "run"
count = 2
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from runpod_emulator.fault_rules import FaultRule, FaultRuleError, read_rule


@dataclass(frozen=True, kw_only=True)
class FaultScript:
    """What the file says.

    Attributes:
        seed: What the chances start from; None if it does not say.
        rules: The rules, in their order.
    """

    seed: int | None
    rules: tuple[FaultRule, ...]


def read_fault_script(path: Path) -> FaultScript:
    """Read a file of fault rules.

    Raises:
        FaultRuleError: The file cannot be read, or is not what it should be; the message says where.
    """
    try:
        script = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise FaultRuleError(message) from error
    except ValueError as error:  # says the line; also what it is for bytes that are no text
        message = f"{path}: {error}"
        raise FaultRuleError(message) from error
    unknown = sorted(script.keys() - {"seed", "rule"})
    if unknown:
        message = f"{path}: unknown key {unknown[0]!r}; there are seed and [[rule]]"
        raise FaultRuleError(message)
    return FaultScript(seed=_read_seed(path, script.get("seed")), rules=_read_rules(path, script.get("rule", [])))


def _read_seed(path: Path, seed: object) -> int | None:
    if seed is None or (isinstance(seed, int) and not isinstance(seed, bool)):
        return seed
    message = f"{path}: seed must be a whole number"
    raise FaultRuleError(message)


def _read_rules(path: Path, bodies: object) -> tuple[FaultRule, ...]:
    if not isinstance(bodies, list):
        message = f"{path}: write [[rule]], with two brackets"
        raise FaultRuleError(message)
    rules = []
    for number, body in enumerate(bodies, start=1):
        try:
            rules.append(read_rule(body))
        except FaultRuleError as error:
            message = f"{path}: rule {number}: {error}"
            raise FaultRuleError(message) from error
    return tuple(rules)
