"""Log lines as JSON objects: a constant event name and its fields, as Cloud Logging and RunPod read them.

No line ever holds a prompt or a secret: pass ids, codes and numbers as fields, never a request.
"""

import json
import logging
import sys
from typing import Any, TextIO

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonFormatter(logging.Formatter):
    """`log.info("dispatched", extra={"generation": path.document})` becomes one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {"severity": record.levelname, "message": record.getMessage()}
        line |= {key: value for key, value in vars(record).items() if key not in STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def log_as_json(*packages: str, stream: TextIO = sys.stdout) -> None:
    """Let these packages, and no library, log at INFO in JSON."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    for package in packages:
        logger = logging.getLogger(package)
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = False
