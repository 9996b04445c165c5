"""What Firebase discovers and deploys. Each function here translates its event, and calls one use case."""

from typing import Any

from firebase_functions import firestore_fn, https_fn, options, scheduler_fn
from firebase_functions.params import SecretParam, StringParam
from flask import Request, Response

from adapters.json_logs import log_as_json
from contracts.command import COMMANDS
from contracts.paths import GenerationPath, MediaType
from triggers import settings
from triggers.collect import collect
from triggers.commands import carry_out
from triggers.dispatch import dispatch
from triggers.sweep import sweep
from triggers.webhook import receive
from triggers.wiring import outside

log_as_json("adapters", "triggers")

RUNPOD_API_KEY = SecretParam(settings.RUNPOD_API_KEY, description="A RunPod key restricted to the endpoint")
StringParam(settings.RUNPOD_ENDPOINT_ID, description="The id of the RunPod serverless endpoint")
StringParam(settings.RUNPOD_BASE_URL, default="https://api.runpod.ai/v2", description="RunPod's API")
WEBHOOK_SECRET = SecretParam(settings.WEBHOOK_SECRET, description="At least 32 characters that nobody can guess")
StringParam(settings.WEBHOOK_URL, default="", description="The URL of on_runpod_webhook; empty: no webhook")
SECRETS = [RUNPOD_API_KEY, WEBHOOK_SECRET]


@firestore_fn.on_document_created(
    document="generations/{user_id}/{collection}/{document_id}",
    secrets=SECRETS,
    memory=options.MemoryOption.MB_512,
    timeout_sec=60,
    concurrency=4,  # functions-framework serves four threads for each CPU
    cpu=1,
)
def on_created(event: firestore_fn.Event[Any]) -> None:
    """A page has written a generation or a command.

    The event's copy of the document is not looked at: it may be missing or old, so it is read again. One
    function for both keeps one instance warm for both. Other collections are not ours and are left alone.
    """
    user_id, collection, document_id = (
        _from_header(event.params[name]) for name in ("user_id", "collection", "document_id")
    )
    if collection in set(MediaType):
        path = GenerationPath(user_id=user_id, media_type=MediaType(collection), file_uid=document_id)
        dispatch(path, outside())
    elif collection == COMMANDS:
        carry_out(user_id, document_id, outside())


@scheduler_fn.on_schedule(
    schedule="every 1 minutes", secrets=SECRETS, memory=options.MemoryOption.MB_512, timeout_sec=300, cpu=1
)
def on_minute(_event: scheduler_fn.ScheduledEvent) -> None:
    """Finish whatever has stopped moving."""
    sweep(outside())


@scheduler_fn.on_schedule(
    schedule="every day 04:00", secrets=SECRETS, memory=options.MemoryOption.MB_512, timeout_sec=1800, cpu=1
)
def on_day(_event: scheduler_fn.ScheduledEvent) -> None:
    """Remove the objects that no document owns."""
    collect(outside())


@https_fn.on_request(secrets=SECRETS, memory=options.MemoryOption.MB_512, timeout_sec=60, concurrency=4, cpu=1)
def on_runpod_webhook(request: Request) -> Response:
    """RunPod says that a job is over. The last part of the path says which; the body is not read."""
    known = receive(request.path.rpartition("/")[2], WEBHOOK_SECRET.value, outside())
    return Response(status=200 if known else 404)


def _from_header(text: str) -> str:
    """An id as it is. It came in an HTTP header, and WSGI reads their bytes as Latin-1 (PEP 3333)."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
