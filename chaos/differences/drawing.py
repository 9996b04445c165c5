"""What everything that is drawn is drawn from: few ids, few times, so that they meet."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from contracts.errors import ErrorCode, FailedStage, Failure
from contracts.generation import Progress
from contracts.generation_data import ImageData, VideoData
from contracts.paths import GenerationPath, MediaType
from contracts.status import Stage

START = datetime(2020, 1, 1, tzinfo=UTC)
"""All times are before any that a server's clock gives."""
FAR_AHEAD = datetime(2100, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# As text `a-b/` and `a!/` come before `a/`, id by id they do not.
USERS = ("a", "a-b", "a!", "ü")
FILE_UIDS = ("f", "f_0", "f-1", "F", "f.1", "no id")
"""The last two are none that the contract allows; a document can be there all the same."""
RIGHT = 0.8
CODES = (ErrorCode.WORKER_LOST, ErrorCode.INVALID_REQUEST)

MADE: dict[str, Any] = {
    "object_paths": ["generating/a/image/f.png"],
    "content_type": "image/png",
    "width": 64,
    "height": 64,
    "seed": 5,
    "model": "safelight-image",
    "revision": "1",
    "sha256": ["0a"],
    "bytes": [123],
    "timings_seconds": {"queued": 0.5, "loading": 0.0, "generating": 1.25, "encoding": 0.0, "uploading": 0.0},
}
IMAGE = ImageData.model_validate({**MADE, "image_urls": ["http://somewhere/f.png?token=1"]})
VIDEO = VideoData.model_validate(
    {
        **MADE,
        "video_url": "http://somewhere/f.mp4",
        "poster_url": "http://somewhere/f.jpg",
        "thumbnail_url": "http://somewhere/f.webp",
        "fps": 8,
        "num_frames": 17,
        "duration_seconds": 2.125,
    }
)


class Moments(NamedTuple):
    """The times of one operation. No other has the same, but for leases and creations, which are to meet."""

    now: datetime
    lease: datetime


class Drawing:
    """The dice of one sequence."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self._mostly = random.choice(list(MediaType))
        self.paths = [self._path() for _ in range(4)]
        self._operations = 0

    def moments(self) -> Moments:
        """Of the next operation."""
        self._operations += 1
        late = self.random.choice((0, 0, 0, 4))  # then all leases are over
        now = START + timedelta(seconds=self._operations, hours=late)
        return Moments(now=now, lease=self.lease())

    def lease(self) -> datetime:
        """When one is over: one of three moments."""
        return START + timedelta(hours=self.random.randrange(3))

    def path(self) -> GenerationPath:
        """Mostly one of few."""
        return self.random.choice(self.paths) if self.random.random() < RIGHT else self._path()

    def media_type(self) -> MediaType:
        """Mostly the same in one sequence."""
        return self._mostly if self.random.random() < RIGHT else self.random.choice(list(MediaType))

    def creation(self) -> datetime:
        """When something was created: one of two moments."""
        return START + self.random.randrange(2) * MICROSECOND

    def any_moment(self) -> datetime:
        """Of any kind."""
        choices = (self.creation(), START - MICROSECOND, START + timedelta(hours=1), FAR_AHEAD)
        return self.random.choice(choices)

    def limit(self) -> int:
        """How many are asked for."""
        return self.random.choice((1, 2, 50, 50))

    def argument(self, name: str, fields: Mapping[str, Any], moments: Moments) -> object:
        """What a transition asks for under this name: mostly what fits the document, sometimes what does not."""
        random, right = self.random, self.random.random() < RIGHT
        attempt, created_at = fields.get("attempt", 0), fields.get("created_at")
        known_attempt = attempt if isinstance(attempt, int) else 0
        known_time = created_at if isinstance(created_at, datetime) else START
        drawn: Mapping[str, object] = {
            "now": moments.now,
            "lease_expires_at": moments.lease,
            "retry_at": moments.lease,
            "attempt": known_attempt + (0 if right else random.choice((-1, 1))),
            "created_at": known_time if right else known_time + random.choice((-1, 1)) * MICROSECOND,
            "asked_at": random.choice((None, self.creation(), FAR_AHEAD)),
            "claim": fields.get("claim", "nonce") if right else f"nonce-{self._operations}",
            "seed": random.randrange(2**53),
            "runpod_job_id": f"job-{self._operations}",
            "stage": random.choice(list(Stage)),
            "progress": random.choice((None, self._progress())),
            "generation_data": random.choice((IMAGE, VIDEO)),
            "failure": self._failure(),
            "counts": random.random() < RIGHT,
        }
        return drawn[name]

    def _path(self) -> GenerationPath:
        random = self.random
        return GenerationPath(
            user_id=random.choice(USERS), media_type=self.media_type(), file_uid=random.choice(FILE_UIDS)
        )

    def _progress(self) -> Progress:
        step = self.random.randrange(13)
        return Progress(sequence=step, fraction=step / 12, step=step, steps=12, eta_seconds=None if step else 0.5)

    def _failure(self) -> Failure:
        return Failure(
            code=self.random.choice(CODES),
            stage=self.random.choice(list(FailedStage)),
            retryable=self.random.random() < 0.5,
            message="It could not be made. Ümlaut.",
            field=self.random.choice((None, "width")),
        )
