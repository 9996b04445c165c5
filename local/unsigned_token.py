"""ID tokens without a signature. The emulators do not verify tokens, so a uid can be anything."""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any

from local.emulator_environment import PROJECT

VALID_SECONDS = 3600


def unsigned_token(uid: str) -> str:
    """An ID token as Firebase Authentication would issue it, without a signature."""
    now = int(time.time())
    payload = {
        "iss": f"https://securetoken.google.com/{PROJECT}",
        "aud": PROJECT,
        "auth_time": now,
        "user_id": uid,
        "sub": uid,
        "iat": now,
        "exp": now + VALID_SECONDS,
        "firebase": {"identities": {}, "sign_in_provider": "anonymous"},
    }
    return f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{_segment(payload)}."


def _segment(content: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
