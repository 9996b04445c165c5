"""Put a generation that was given up back to work, as a new document.

    python -m triggers.redrive generations/{user_id}/{images|videos}/{file_uid}

It prints the new document's path. The old one stays as it ended; the new one names it in `retry_of`.
"""

import sys
import uuid

from contracts.generation import Generation
from contracts.paths import GenerationPath, generation_at
from contracts.ports import GenerationStore
from contracts.status import Status
from triggers.wiring import outside

USAGE = "usage: python -m triggers.redrive generations/{user_id}/{images|videos}/{file_uid}"


class NotRedriven(Exception):  # noqa: N818 - read by a person
    """There is nothing to put back. The message says why."""


def redrive(path: GenerationPath, generations: GenerationStore, file_uid: str) -> GenerationPath:
    """Write the new document. Its path. Raises `NotRedriven`, or `StoreUnavailable`."""
    found = generations.read(path)
    if not isinstance(found, Generation) or found.status is not Status.FAILED:
        message = f"{path.document} is not a generation that has failed"
        raise NotRedriven(message)
    again = GenerationPath(user_id=path.user_id, media_type=path.media_type, file_uid=file_uid)
    generations.create(again, found.request_data, retry_of=path)
    return again


def main(arguments: list[str]) -> int:
    """The exit status."""
    path = generation_at(arguments[0]) if len(arguments) == 1 else None
    if path is None:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        print(redrive(path, outside().generations, uuid.uuid4().hex).document)
    except NotRedriven as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
