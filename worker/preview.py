"""A small picture as text, for the document."""

import base64
import io

from PIL import Image

from contracts.generation import MAX_PREVIEW_LENGTH
from worker.gpu_turn import Pictures

QUALITIES = (80, 50, 20)


def data_url(picture: Pictures) -> str | None:
    """One picture, (height, width, 3), as a JPEG in a data URL; None where even the worst one is too long."""
    for quality in QUALITIES:
        buffer = io.BytesIO()
        Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
        url = f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
        if len(url) <= MAX_PREVIEW_LENGTH:
            return url
    return None
