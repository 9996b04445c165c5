"""What `firebase deploy` and the Functions emulator are told of the functions: when each is woken, and with what.

They ask in a process of their own, which has imported `firebase_functions` already, and find the answer on the
functions themselves (firebase_functions/private/serving.py). What a decorator of that library would do besides,
it would do again for each event: read the document out of it, for which it makes a Firestore client each time.
"""

from collections.abc import Callable
from typing import Any

from firebase_functions import firestore_fn, https_fn, options, scheduler_fn
from firebase_functions.params import SecretParam, StringParam

from triggers import settings

Function = Callable[[Any], Any]
Decorator = Callable[[Function], Any]


def describe(on_created: Function, on_minute: Function, on_day: Function, on_runpod_webhook: Function) -> None:
    """Write it on them, and name the parameters."""
    secrets = _parameters()
    usual: dict[str, Any] = {"secrets": secrets, "memory": options.MemoryOption.MB_512, "cpu": 1}
    created = firestore_fn.on_document_created(
        document="generations/{user_id}/{collection}/{document_id}",
        timeout_sec=60,
        concurrency=4,  # functions-framework serves four threads for each CPU
        **usual,
    )
    each_minute = scheduler_fn.on_schedule(schedule="every 1 minutes", timeout_sec=300, **usual)
    each_day = scheduler_fn.on_schedule(schedule="every day 04:00", timeout_sec=1800, **usual)
    called = https_fn.on_request(timeout_sec=60, concurrency=4, **usual)
    _write(created, on_created)
    _write(each_minute, on_minute)
    _write(each_day, on_day)
    _write(called, on_runpod_webhook)


def _parameters() -> list[SecretParam]:
    """Whoever deploys is asked for them in this order."""
    key = SecretParam(settings.RUNPOD_API_KEY, description="A RunPod key restricted to the endpoint")
    StringParam(settings.RUNPOD_ENDPOINT_ID, description="The id of the RunPod serverless endpoint")
    StringParam(settings.RUNPOD_BASE_URL, default="https://api.runpod.ai/v2", description="RunPod's API")
    secret = SecretParam(settings.WEBHOOK_SECRET, description="At least 32 characters that nobody can guess")
    StringParam(settings.WEBHOOK_URL, default="", description="The URL of on_runpod_webhook; empty: no webhook")
    return [key, secret]


def _write(decorator: Decorator, function: Function) -> None:
    told = vars(decorator(function))
    vars(function).update({name: told[name] for name in told if name != "__wrapped__"})
