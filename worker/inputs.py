"""The pictures that a job starts from: the uploads that its request names, read, checked and made to fit."""

from collections.abc import Mapping
from typing import Any

from contracts.errors import ErrorCode, FailedStage, ObjectTooLarge, RequestInvalid, Unavailable
from contracts.paths import GenerationPath, is_upload_of
from contracts.ports import ObjectStore, StoreUnavailable
from contracts.request import UPLOAD_FIELDS
from contracts.uploads import MAX_UPLOAD_BYTES
from worker.picture_headers import PictureRefused
from worker.uploaded_picture import Fitted, read_picture

INPUT, MASK = "input_image", "mask_image"


def read_inputs(path: GenerationPath, request: Mapping[str, Any], objects: ObjectStore | None) -> dict[str, Any]:
    """The request, with a picture where it names an upload.

    Each is as large as what is to be made, in RGB; the mask is in L. Nothing is read where nothing is named.

    Args:
        path: whose generation it is.
        request: the resolved request.
        objects: the bucket; None for a job that has none.

    Raises:
        RequestInvalid: an upload is another's, not there, too large, or nothing that can be started from.
        Unavailable: Storage did not do its part.

    """
    named = [field for field in UPLOAD_FIELDS if field in request]
    if MASK in named and INPUT not in named:
        raise RequestInvalid(MASK, f"{MASK} says which part of {INPUT} to repaint, and there is no {INPUT}")
    size = request["width"], request["height"]
    fitted = {field: _fitted(field, _read(path, field, request[field], objects), size) for field in named}
    if MASK in fitted and not _alike(fitted[MASK].original, fitted[INPUT].original):
        raise RequestInvalid(MASK, f"{MASK} must have the same proportions as {INPUT}")
    return {**request, **{field: one.picture for field, one in fitted.items()}}


def _read(path: GenerationPath, field: str, name: str, objects: ObjectStore | None) -> bytes:
    if objects is None:
        raise RequestInvalid(field, f"{field} needs the bucket, which a job with use_cloud_storage: false has not")
    if not is_upload_of(path.user_id, name):  # whatever validated the request before
        raise RequestInvalid(field, f"{field} must be one of your own uploads, uploads/{{user_id}}/{{name}}")
    try:
        content = objects.read(name, at_most=MAX_UPLOAD_BYTES)
    except ObjectTooLarge:
        raise RequestInvalid(field, f"{field} must have at most {MAX_UPLOAD_BYTES >> 20} MiB") from None
    except StoreUnavailable as error:
        raise Unavailable(
            ErrorCode.STORAGE_UNAVAILABLE,
            FailedStage.VALIDATING,
            f"The upload that {field} names could not be read. Try again later.",
        ) from error
    if content is None:
        raise RequestInvalid(field, f"{field} names an upload that is not there; upload the picture first")
    return content


def _fitted(field: str, content: bytes, size: tuple[int, int]) -> Fitted:
    try:
        return read_picture(content, size, mask=field == MASK)
    except PictureRefused as refused:
        raise RequestInvalid(field, f"{field} {refused}") from None


def _alike(mask: tuple[int, int], masked: tuple[int, int]) -> bool:
    """Whether one is the other scaled: each side may be a pixel longer or shorter, for sizes are whole."""
    return abs(mask[0] * masked[1] - mask[1] * masked[0]) <= sum(mask) + sum(masked)
