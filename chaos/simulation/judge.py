"""Reads the history, and nothing else: what was asked for, and what became of it."""

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from chaos.stores import Fields, SeamedObjects
from contracts.paths import GenerationPath

ENDED = {"completed", "failed", "cancelled"}
Asked = tuple[GenerationPath, datetime]
"""One request: an id can be used again."""


class Judge:
    """Follows each change as it is made, and looks at what is left at the end."""

    def __init__(self, gone: AbstractSet[str]) -> None:
        self._gone = gone
        self.asked: dict[Asked, None] = {}
        self.taken_back: dict[Asked, str] = {}
        """Requests that their user cancelled or deleted."""
        self.endings: Counter[Asked] = Counter()
        self.gpu_runs: Counter[Asked] = Counter()
        self.violations: list[str] = []

    def watch(self, path: GenerationPath, before: Fields | None, after: Fields | None) -> None:
        """See `stores.Watch`."""
        if after is None:
            assert before is not None
            one = (path, before["created_at"])
            if self.taken_back.get(one) != "delete":
                self._broken(one, "was deleted, and nobody had asked for it")
            return
        one = (path, after["created_at"])
        if before is None:
            self.asked[one] = None
            return
        if before["status"] in ENDED:
            self._broken(one, f"changed after it was {before['status']}")
        if after["status"] in ENDED:
            self.endings[one] += 1
        elif "lease_expires_at" not in after:
            self._broken(one, "was left open without a lease")
        if after["status"] == "cancelled" and one not in self.taken_back and path.user_id not in self._gone:
            self._broken(one, "was cancelled, and nobody had asked for it")

    def look(self, documents: Mapping[GenerationPath, Fields], objects: SeamedObjects) -> dict[str, int]:
        """How many were lost, ended twice, are stuck, and how many objects are nobody's."""
        counts = dict.fromkeys(("lost", "ended twice", "stuck", "orphan objects"), 0)
        for one in self.asked:
            fate = self._fate(one, documents)
            counts[fate] = counts.get(fate, 0) + 1
        counts["ended twice"] = sum(times > 1 for times in self.endings.values())
        owned = {url for fields in documents.values() for url in _urls(fields)}
        there = {objects.url(stored) for stored, _ in objects.objects.values()}
        counts["orphan objects"] = len(there - owned)
        counts["files gone"] = len(owned - there)
        return counts

    def _fate(self, one: Asked, documents: Mapping[GenerationPath, Fields]) -> str:
        path, created_at = one
        fields = documents.get(path)
        if fields is None or fields["created_at"] != created_at:
            return "deleted as asked" if self.taken_back.get(one) == "delete" else "lost"
        if self.taken_back.get(one) == "delete":
            return "stuck"  # it should be gone
        return str(fields["status"]) if fields["status"] in ENDED else "stuck"

    def _broken(self, one: Asked, what: str) -> None:
        path, created_at = one
        self.violations.append(f"{path.document} of {created_at:%H:%M:%S.%f} {what}")


def _urls(fields: Fields) -> list[str]:
    data: Mapping[str, Any] = fields.get("generation_data") or {}
    return list(data.get("image_urls", ()))
