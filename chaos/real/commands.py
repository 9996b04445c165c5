"""What users ask for a moment after they have asked for a picture."""

import time
from random import Random

from chaos.real.course import Course
from contracts.command import CommandType

AFTER_SECONDS = (0.3, 2.0)


class Commands:
    """Those that are still to be given."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._due: dict[str, tuple[float, CommandType]] = {}

    def later(self, file_uid: str, kind: CommandType) -> None:
        """Have this one taken back soon."""
        self._due[file_uid] = (time.monotonic() + self._random.uniform(*AFTER_SECONDS), kind)

    def give(self, course: Course) -> None:
        """Give those whose time has come. A command has the id of what it is about, so that a plan can name it."""
        for file_uid, (at, kind) in list(self._due.items()):
            if time.monotonic() > at:
                del self._due[file_uid]
                course.pages.take_back(course.pages.requests[file_uid], kind, file_uid)
