"""Every type of value that Firestore knows, with an example or two of each."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from local.firebase_user import DOCUMENTS
from local.firestore_json import Raw

VECTOR = {
    "__type__": {"stringValue": "__vector__"},
    "value": {"arrayValue": {"values": [{"doubleValue": 0.5}]}},
}
Draw = Callable[[Random], Any]

KINDS: dict[str, Draw] = {
    "null": lambda _: None,
    "true": lambda _: True,
    "false": lambda _: False,
    "an integer": lambda random: random.choice([0, 1, 64, -1, 2**63 - 1, -(2**63)]),
    "a double": lambda random: random.choice([64.5, 64.0, 1e300, 5e-324, random.random()]),
    "minus zero": lambda _: -0.0,
    "NaN": lambda _: math.nan,
    "infinity": lambda _: math.inf,
    "minus infinity": lambda _: -math.inf,
    "a timestamp": lambda random: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=random.randrange(10**8)),
    "a string": lambda random: random.choice(["", "1", "queued", "a"]),
    "bytes": lambda random: random.choice([b"", b"prompt", random.randbytes(8)]),
    "a reference": lambda random: Raw({"referenceValue": f"{DOCUMENTS}/a/b{random.randrange(100)}"}),
    "a geopoint": lambda random: Raw({"geoPointValue": {"latitude": random.uniform(-90, 90), "longitude": 0}}),
    "an array": lambda random: random.choice([[], ["a"], [1], [{"prompt": "a"}]]),
    "a map": lambda random: random.choice([{}, {"a": 1}, {"size": 1}]),
    "maps in maps": lambda random: {"a": {"b": {"c": [{"d": random.random()}]}}},
    "a vector": lambda _: Raw({"mapValue": {"fields": VECTOR}}),
}
