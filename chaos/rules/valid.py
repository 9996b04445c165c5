"""What a page may create: drawn so that every key, every limit and every kind of user comes up."""

import json
from pathlib import Path
from random import Random
from typing import Any

from chaos.rules.creation import Creation
from contracts.command import COMMANDS, CommandType
from contracts.paths import MediaType
from local.firebase_user import FirebaseUser
from local.firestore_json import SERVER_TIMESTAMP
from local.unsigned_token import unsigned_token

SCHEMA = json.loads(
    (Path(__file__).parent.parent.parent / "contracts" / "schema.json").read_text(encoding="utf-8")
)
LIMITS: dict[MediaType, dict[str, dict[str, Any]]] = {
    MediaType.IMAGES: SCHEMA["$defs"]["ImageRequest"]["properties"],
    MediaType.VIDEOS: SCHEMA["$defs"]["VideoRequest"]["properties"],
}
"""What `request_data` may hold."""
LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
LETTERS = LOWER + LOWER[:26].upper()
EMOJI = "\N{GRINNING FACE}"  # two UTF-16 units, one code point
TEXT = LETTERS + " .,;:'\"\\/%_\n\t\0\x7füжあ"
UIDS = ["", "a.b", ".*", "a|b", "^", "(x", "a\\d", "it's", "пользователь", EMOJI, "a b", "{user_id}", "%2F", "$"]
"""What a uid begins with. Any character but a slash may be in it."""


def anybody(random: Random) -> FirebaseUser:
    """Somebody who is signed in, and whom nobody else is."""
    return signed_in(random.choice(UIDS) + _of(random, LETTERS, random.choice([20, 28, 100])))


def signed_in(uid: str) -> FirebaseUser:
    """The user of this uid."""
    return FirebaseUser(uid=uid, token=unsigned_token(uid))


def new_id(random: Random) -> str:
    """An id of a document, of any length that is hardly drawn twice, and not `__like_this__`."""
    first = random.choice(["", "-", "_", "__"])
    return first + _of(random, LETTERS + "-_", random.choice([8, 20, 125])) + random.choice(LETTERS)


def generation(random: Random, media_type: MediaType | None = None) -> Creation:
    """A generation."""
    user, file_uid = anybody(random), new_id(random)
    media_type = media_type or random.choice(list(MediaType))
    fields: dict[str, Any] = {
        "status": "queued",
        "created_at": SERVER_TIMESTAMP,
        "user_id": user.uid,
        "file_uid": file_uid,
        "request_data": request_data(random, media_type, user.uid),
    }
    if random.random() < 0.5:
        fields["schema_version"] = 1
    return Creation(user=user, path=f"generations/{user.uid}/{media_type}/{file_uid}", fields=fields)


def command(random: Random) -> Creation:
    """A command."""
    user = anybody(random)
    fields = {
        "type": random.choice(list(CommandType)).value,
        "media_type": random.choice(list(MediaType)).value,
        "file_uid": new_id(random),
        "created_at": SERVER_TIMESTAMP,
    }
    return Creation(user=user, path=f"generations/{user.uid}/{COMMANDS}/{new_id(random)}", fields=fields)


def creation(random: Random, collection: str) -> Creation:
    """Whatever this collection holds."""
    return command(random) if collection == COMMANDS else generation(random, MediaType(collection))


def request_data(random: Random, media_type: MediaType, user_id: str) -> dict[str, Any]:
    """A few keys, none but the prompt, or all of them."""
    limits = LIMITS[media_type]
    share = random.choice([0.0, 0.3, 1.0])
    chosen = [key for key in limits if key == "prompt" or random.random() < share]
    return {key: fitting(random, limits[key], user_id) for key in chosen}


def fitting(random: Random, limit: dict[str, Any], user_id: str) -> Any:  # noqa: ANN401 - any scalar
    """A value within its limit, often at its edge."""
    if limit.get("x-upload"):
        return f"uploads/{user_id}/{upload_name(random)}"
    if "x-max-utf16-units" in limit:
        return text(random, random.choice([0, 1, 30, limit["x-max-utf16-units"]]))
    if limit["type"] == "string":
        choices = limit.get("enum", [limit["const"]] if "const" in limit else [])
        return random.choice(choices) if choices else name(random)
    least, most = limit["minimum"], limit["maximum"]
    if limit["type"] == "integer":
        return random.choice([least, most, random.randint(least, most)])
    return random.choice([least, most, float(least), float(most), random.uniform(least, most)])


def text(random: Random, units: int) -> str:
    """A text of so many UTF-16 units."""
    emojis = random.choice([0, units // 4, units // 2])
    characters = [EMOJI] * emojis + random.choices(TEXT, k=units - 2 * emojis)
    random.shuffle(characters)
    return "".join(characters)


def name(random: Random) -> str:
    """The name of a model or a LoRA."""
    return random.choice(LOWER) + _of(random, LOWER + "._-", random.choice([0, 12, 63]))


def upload_name(random: Random) -> str:
    """The last part of an upload's path."""
    return random.choice(LETTERS + "-_") + _of(random, LETTERS + "._-", random.choice([0, 9, 127]))


def _of(random: Random, alphabet: str, length: int) -> str:
    return "".join(random.choices(alphabet, k=length))
