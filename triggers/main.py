"""What Firebase deploys. Each function here translates its event, and calls one use case.

An instance serves one of them, and imports what that one needs when it is needed: a cold start is time that
somebody waits. `firebase_functions` is not needed to serve, only to tell `firebase deploy` what there is to
deploy, and takes longer to import than all that is: see docs/decisions/0011 and endpoints.py.
"""

import os
import sys

from cloudevents.http import CloudEvent
from flask import Request, Response

from adapters.json_logs import log_as_json

log_as_json("adapters", "triggers")


def on_created(event: CloudEvent) -> None:
    """A page has written a generation or a command.

    The event's copy of the document is not looked at: it may be missing or old, so it is read again. One
    function for both keeps one instance warm for both.
    """
    from triggers.created import created
    from triggers.wiring import outside

    created(_from_header(event["document"]), outside())


def on_minute(_request: Request) -> Response:
    """Finish whatever has stopped moving."""
    from triggers.sweep import sweep
    from triggers.wiring import outside

    sweep(outside())
    return Response()


def on_day(_request: Request) -> Response:
    """Remove the objects that no document owns."""
    from triggers.collect import collect
    from triggers.wiring import outside

    collect(outside())
    return Response()


def on_runpod_webhook(request: Request) -> Response:
    """RunPod says that a job is over. The last part of the path says which; the body is not read."""
    from triggers.settings import WEBHOOK_SECRET
    from triggers.webhook import receive
    from triggers.wiring import outside

    known = receive(request.path.rpartition("/")[2], os.environ.get(WEBHOOK_SECRET, ""), outside())
    return Response(status=200 if known else 404)


def _from_header(text: str) -> str:
    """A path as it is. It came in an HTTP header, and WSGI reads their bytes as Latin-1 (PEP 3333)."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


if "firebase_functions" in sys.modules:  # who describes has imported it, and is no instance that serves
    from triggers.endpoints import describe

    describe(on_created, on_minute, on_day, on_runpod_webhook)
