"""Why a worker does not start, where a model is the reason."""


class ModelInvalid(Exception):  # noqa: N818 - read by whoever deploys
    """A model cannot be loaded, or cannot generate. The message says what to do."""
