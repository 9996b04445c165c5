"""What is left when everybody has come to rest: each request has ended once, and each file is somebody's."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.cloud.storage import Bucket

from chaos.real.faults import ENDINGS, RUNS
from chaos.real.pages import Pages, Request
from contracts.command import CommandType
from contracts.paths import OBJECTS
from contracts.status import Status


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The counts, and what is wrong."""

    fates: dict[str, int]
    gpu_runs_per_job: float
    """Of those that a GPU has worked on at all."""
    slowest_seconds: float
    violations: list[str]


def judge(pages: Pages, bucket: Bucket, folder: Path) -> Verdict:
    """Read documents, objects and what the processes wrote down."""
    found = list(pages.look_at_all())
    runs, endings = Counter(_lines(folder / RUNS)), Counter(_lines(folder / ENDINGS))
    violations = [
        *(
            f"{request.path.document} {wrong}"
            for request, snapshot in found
            for wrong in _wrong(request, snapshot)
        ),
        *_ended_again(endings),
        *_wrong_files([request for request, snapshot in found if snapshot.exists], bucket),
    ]
    return Verdict(
        fates=dict(Counter(request.status for request, _ in found)),
        gpu_runs_per_job=runs.total() / max(1, len(runs)),
        slowest_seconds=max((request.seconds for request, _ in found), default=0.0),
        violations=violations,
    )


def _wrong(request: Request, snapshot: Any) -> Iterator[str]:  # noqa: ANN401 - the library is untyped
    if not request.is_over:
        yield f"is stuck: {request.status}"
    elif not snapshot.exists:
        if request.taken_back is not CommandType.DELETE:
            yield "is lost"
    elif snapshot.update_time != request.ended_at:
        yield f"was changed after it was {request.status}"
    elif request.status == Status.CANCELLED and request.taken_back is None:
        yield "was cancelled, and nobody had asked for it"


def _ended_again(endings: Counter[str]) -> Iterator[str]:
    """A line has the document's id, its creation and its status: an id is used once here."""
    times = Counter(line.partition(" ")[0] for line in endings.elements())
    for file_uid, count in times.items():
        if count > 1:
            ways = [line for line in endings.elements() if line.startswith(f"{file_uid} ")]
            yield f"{file_uid} ended {count} times: {ways}"


def _wrong_files(there: list[Request], bucket: Bucket) -> Iterator[str]:
    stored = {blob.name: blob for blob in bucket.list_blobs(prefix=OBJECTS)}
    owned: set[str] = set()
    for request in there:
        if request.status != Status.COMPLETED:
            continue
        data = request.fields["generation_data"]
        for name, sha256 in zip(data["object_paths"], data["sha256"], strict=True):
            owned.add(name)
            if name not in stored:
                yield f"{name} is gone, and its document is completed"
            elif hashlib.sha256(stored[name].download_as_bytes()).hexdigest() != sha256:
                yield f"{name} is not what its document says"
    yield from (f"{name} is nobody's" for name in sorted(stored.keys() - owned))


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []
