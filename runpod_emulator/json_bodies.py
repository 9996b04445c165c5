"""Reading what others sent: bounded, and never anything that could not be sent on as JSON."""

import json
import math

from aiohttp import web

from runpod_emulator.errors import BodyTooLargeError, MalformedBodyError

#: Deeper nesting is refused: Python could read some of it and then not write it.
MAX_NESTING = 200


async def read_bytes(request: web.Request, *, max_bytes: int) -> bytes:
    """Read the body, and no more of it than this.

    Args:
        request: Whose body.
        max_bytes: The longest it may be; 0 is no limit.

    Raises:
        BodyTooLargeError: It is longer.
    """
    message = f"the body is longer than {max_bytes} bytes"
    if max_bytes and (request.content_length or 0) > max_bytes:
        raise BodyTooLargeError(message)
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if max_bytes and len(body) > max_bytes:
            raise BodyTooLargeError(message)
    return bytes(body)


async def read_object(request: web.Request, *, max_bytes: int) -> dict[str, object]:
    """Read the body as a JSON object, whatever its content type: the SDK's worker calls it a form.

    Raises:
        BodyTooLargeError: It is longer than `max_bytes`.
        MalformedBodyError: It is not a JSON object. `NaN` and numbers beyond all bounds, which Python's `json`
            would take, are not JSON.
    """
    return parse_object(await read_bytes(request, max_bytes=max_bytes))


def parse_object(body: bytes) -> dict[str, object]:
    """Read a JSON object.

    Raises:
        MalformedBodyError: As in `read_object`.
    """
    try:
        parsed = json.loads(body.decode(), parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError):  # also what it is for bytes that are no text
        parsed = None
    if not isinstance(parsed, dict):
        message = "the body is not a JSON object"
        raise MalformedBodyError(message)
    if body.count(b"[") + body.count(b"{") > MAX_NESTING and _is_too_deep(parsed):
        message = f"the body is nested deeper than {MAX_NESTING} levels"
        raise MalformedBodyError(message)
    return parsed


def _is_too_deep(parsed: object) -> bool:
    level = [parsed]
    for _ in range(MAX_NESTING):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)  # type: ignore[attr-defined]
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refuse_constant(text)
    return number


def _refuse_constant(name: str) -> None:
    message = f"{name} is not JSON"
    raise ValueError(message)
