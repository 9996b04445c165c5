"""Storing the files of one job, in any bucket, at fixed paths, over nothing that is not its own."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from contracts.errors import ClaimLost, ObjectExists
from contracts.generation_data import ImageData, VideoData
from contracts.paths import GenerationPath
from contracts.ports import ObjectStore, StoreUnavailable
from contracts.stored_object import (
    File,
    StoredObject,
    build_generation_data,
    check_names_free,
    complete_set,
    describe,
    of_later_jobs,
    of_this_job,
)

TRIES = 3
UNFINISHED = "unfinished"
"""Instead of an attempt, in an object that only keeps others from finishing."""

log = logging.getLogger(__name__)


class Job(Protocol):
    """Whose files they are: a RunPod job's input says it, and so does a generation."""

    @property
    def path(self) -> GenerationPath:
        """Where its document is."""

    @property
    def created_at(self) -> datetime:
        """Which of several jobs under the same id."""

    @property
    def attempt(self) -> int:
        """Who makes them."""


def adopt(job: Job, objects: ObjectStore) -> ImageData | VideoData | None:
    """What an earlier attempt at this very job has stored already, if it is complete."""
    stored = complete_set(job.path, job.created_at, objects.find(job.path))
    return None if stored is None else _generation_data(job, stored, objects)


def store(
    job: Job, files: Sequence[File], facts: Mapping[str, Any], objects: ObjectStore
) -> ImageData | VideoData:
    """Store all files and return what the document will say.

    The last file makes several a set. Who has to store over what others left takes its name first: until he is
    done, nobody else's set is complete, and one that is complete is never stored over.

    Raises `RequestInvalid` where another generation's file is in the way, `ClaimLost` where a job that was created
    later under the same id has stored its own, `StoreUnavailable` after retries.
    """
    metadata = describe(job.path, created_at=job.created_at, attempt=job.attempt, files=files, facts=facts)
    for _ in range(TRIES):
        found = objects.find(job.path)
        if of_later_jobs(job.path, job.created_at, found):
            raise ClaimLost
        check_names_free(job.path, [file.name for file in files], found)
        adopted = complete_set(job.path, job.created_at, found)
        if adopted is not None:
            return _generation_data(job, adopted, objects)
        versions = {stored.name: stored.generation for stored in found}
        try:
            if len(files) > 1 and any(file.name in versions for file in files):
                last = files[-1]
                begun = {**metadata[-1], "attempt": UNFINISHED}
                taken = objects.put(last, begun, replacing=versions.get(last.name, 0))
                versions[last.name] = taken.generation
            stored = [
                objects.put(file, described, replacing=versions.get(file.name, 0))
                for file, described in zip(files, metadata, strict=True)
            ]
        except ObjectExists:
            continue  # a twin was here in the meantime: look at what it left
        return _generation_data(job, stored, objects)
    msg = "others kept storing under the same names"
    raise StoreUnavailable(msg)


def discard(job: Job, objects: ObjectStore) -> None:
    """Remove all that this job stored: its document is gone, or ended without it.

    Also what is only a part: a delete may have come by in the midst of the uploads, and taken the rest. What
    Storage does not let go now is left to the collector.
    """
    try:
        for stored in of_this_job(job.path, job.created_at, objects.find(job.path)):
            objects.remove(stored)
    except StoreUnavailable as error:
        log.warning("left_to_the_collector", extra={"generation": job.path.document, "cause": str(error)})


def _generation_data(job: Job, stored: Sequence[StoredObject], objects: ObjectStore) -> ImageData | VideoData:
    urls = [objects.url(one) for one in stored]
    return build_generation_data(job.path.media_type, stored[0].metadata, urls)
