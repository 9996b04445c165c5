"""Jobs that RunPod has, and the tokens that we gave it for them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from chaos.webhook_tokens.world import NOW
from contracts.paths import GenerationPath, MediaType
from contracts.webhook_token import Hint

SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
USERS = ["", "übung", "日本", "a b%", "😀", "a.b", '"', "\\"]
SECONDS_OF_A_DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Genuine:
    """One attempt, which is at RunPod, and the token of it."""

    hint: Hint
    secret: str
    is_processing: bool

    @property
    def token(self) -> str:
        """As RunPod got it."""
        return self.hint.sign(self.secret)

    @property
    def said(self) -> str:
        """Its first part."""
        return self.token.partition(".")[0]

    @property
    def signature(self) -> str:
        """Its second part."""
        return self.token.partition(".")[2]

    @property
    def fields(self) -> dict[str, Any]:
        """The document while the attempt lives."""
        fields = {
            "status": "queued",
            "created_at": self.hint.created_at,
            "user_id": self.hint.path.user_id,
            "file_uid": self.hint.path.file_uid,
            "request_data": {"prompt": "a red circle"},
            "stage": "dispatched",
            "attempt": self.hint.attempt,
            "failures": 0,
            "seed": 1,
            "dispatched_at": self.hint.created_at,
            "lease_expires_at": NOW + timedelta(hours=1),
            "runpod_job_id": f"job-of-{self.hint.path.document}",
            "modified": self.hint.created_at,
        }
        if self.is_processing:
            fields |= {"status": "processing", "stage": "generating", "claim": "nonce", "started_at": NOW}
        return fields


def genuine(random: Random, secret: str) -> Genuine:
    """Any job there can be."""
    path = GenerationPath(
        user_id=random.choice(USERS) + "".join(random.choices(SIGNS, k=20)),
        media_type=random.choice(list(MediaType)),
        file_uid="".join(random.choices(SIGNS, k=random.choice([1, 20, 120]))) + "f",
    )
    hint = Hint(
        path=path,
        created_at=_before_now(random),
        attempt=random.choice([1, 1, 2, 3, 40]),
        expires_at=NOW + timedelta(seconds=random.choice([1, random.randint(1, SECONDS_OF_A_DAY)])),
    )
    return Genuine(hint=hint, secret=secret, is_processing=random.random() < 0.5)


def new_secret(random: Random) -> str:
    """A secret, as long as it has to be or longer."""
    return "".join(random.choices(SIGNS, k=random.choice([32, 43, 64, 100])))


def _before_now(random: Random) -> datetime:
    return NOW - timedelta(seconds=random.randint(1, 3600), microseconds=random.randrange(10**6))
