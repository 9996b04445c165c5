"""What RunPod's webhook is let in by: RunPod signs nothing, so the URL that it is given carries a token.

A token is for one attempt at one job, and for a while. Whoever steals one can do no more than make us look at
RunPod's own answer a little early.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter

from contracts.paths import GenerationPath, MediaType

SHORTEST_SECRET = 32
"""Characters. `SecretParam.value` is empty where a secret is not bound, and a HMAC takes that without a word."""
MAX_TOKEN_LENGTH = 2_000
LATEST = int(datetime.max.replace(tzinfo=UTC).timestamp())
# user_id, media_type, file_uid, created_at, attempt, the second of expiry
CLAIMS = TypeAdapter(
    tuple[
        str,
        MediaType,
        str,
        AwareDatetime,
        Annotated[int, Field(ge=1)],
        Annotated[int, Field(ge=0, le=LATEST)],
    ],
    config=ConfigDict(strict=True),
)


@dataclass(frozen=True, kw_only=True)
class Hint:
    """What a token says: the RunPod job of this attempt may be over."""

    path: GenerationPath
    created_at: datetime
    attempt: int
    expires_at: datetime

    def sign(self, secret: str) -> str:
        """The token, of characters that stand for themselves in a URL."""
        claims = [
            self.path.user_id,
            self.path.media_type,
            self.path.file_uid,
            self.created_at.astimezone(UTC).isoformat(timespec="microseconds"),
            self.attempt,
            int(self.expires_at.timestamp()),
        ]
        said = _encode(json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode())
        return f"{said}.{_signature(said, secret)}"

    @classmethod
    def verify(cls, token: str, secret: str, now: datetime) -> Self | None:
        """What a token says, if it is one of ours and not too old; None for whatever else it is."""
        said, _, signature = token.partition(".")
        if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
            return None
        if not hmac.compare_digest(signature, _signature(said, secret)):
            return None
        try:
            user_id, media_type, file_uid, created_at, attempt, expires = CLAIMS.validate_json(_decode(said))
        except ValueError:
            return None  # signed by us, and meant for somebody else: a release before or after this one
        hint = cls(
            path=GenerationPath(user_id=user_id, media_type=media_type, file_uid=file_uid),
            created_at=created_at,
            attempt=attempt,
            expires_at=datetime.fromtimestamp(expires, UTC),
        )
        return hint if now < hint.expires_at else None


def check_secret(secret: str) -> str:
    """The secret, if it is long enough to keep one. Raises `ValueError`."""
    if len(secret) < SHORTEST_SECRET:
        msg = f"a webhook's secret must have at least {SHORTEST_SECRET} characters"
        raise ValueError(msg)
    return secret


def _signature(said: str, secret: str) -> str:
    return _encode(hmac.digest(check_secret(secret).encode(), said.encode(), hashlib.sha256))


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
