"""What may be uploaded to start from. The storage rules are generated from here, and the worker looks again."""

MAX_UPLOAD_BYTES = 10 * 1024 * 1024
"""Enough for a photo of a phone. A model sees at most 4096 x 4096 of it."""
UPLOAD_CONTENT_TYPES = ("image/png", "image/jpeg", "image/webp")
"""What browsers can write. In the worker the bytes decide, and not this name."""
