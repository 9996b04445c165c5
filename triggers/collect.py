"""Each day: remove the objects that no document owns.

There should be none: workers and functions clean up after themselves. But a machine can die between its upload and
everything that would follow, and nobody looks at a document that is gone.
"""

import logging
from datetime import timedelta

from contracts.paths import generation_at
from contracts.ports import StoreUnavailable
from contracts.stored_object import StoredObject, are_wanted, made_at
from triggers.wiring import Outside

OLD_ENOUGH = timedelta(days=1)
"""By then whoever stored it has completed its document, or never will."""

log = logging.getLogger(__name__)


def collect(outside: Outside) -> int:
    """Remove them. How many there were. Raises `StoreUnavailable` where the bucket cannot be listed."""
    removed = 0
    for stored in outside.objects.all(stored_before=outside.now() - OLD_ENOUGH):
        try:
            if _is_nobodys(stored, outside):
                outside.objects.remove(stored)
                removed += 1
                log.warning("orphan_removed", extra={"object": stored.name})
        except StoreUnavailable as error:
            log.warning("not_collected", extra={"object": stored.name, "cause": str(error)})
    return removed


def _is_nobodys(stored: StoredObject, outside: Outside) -> bool:
    """Only of objects that say whose they are: what else lies in the bucket is not ours to remove."""
    path = generation_at(stored.metadata.get("document", ""))
    created_at = None if path is None else made_at(path, stored)
    if path is None or created_at is None:
        return False
    return not are_wanted(outside.generations.read(path), created_at)
