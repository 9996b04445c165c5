"""Our worker as it is deployed, with the shipped model and documents in memory.

Started by `benchmarks.batching`.
"""

import json
import sys

from adapters.catalogue_file import load_catalogue
from benchmarks.serving import serve_in_memory
from contracts.paths import MediaType
from worker.engine import DiffusersEngine
from worker.settings import MODELS_FOLDER


def main() -> None:
    """Serve so many documents with this request."""
    jobs, request_data = int(sys.argv[1]), json.loads(sys.argv[2])
    model = load_catalogue().find(MediaType.IMAGES, None)
    assert model is not None  # noqa: S101 - one is the default
    serve_in_memory(DiffusersEngine([model], MODELS_FOLDER), jobs, request_data)


if __name__ == "__main__":
    main()
