"""Returns the value that its input names: those that JSON cannot carry, and those the SDK looks into."""

import runpod

VALUES: dict[str, object] = {
    "text": "a picture",
    "number": 7,
    "list": [1, 2],
    "true": True,
    "false": False,
    "none": None,
    "dict": {"picture": 1},
    "empty dict": {},
    "status": {"status": "IN_PROGRESS", "output": 1},
    "error": {"error": "out of memory", "steps": 3},
    "error alone": {"error": "out of memory"},
    "error that is no text": {"error": {"code": 1}},
    "error that is empty": {"error": "", "steps": 3},
    "refresh_worker": {"refresh_worker": True, "steps": 3},
    "refresh_worker that is false": {"refresh_worker": False, "steps": 3},
    "nan": float("nan"),
    "set": {1, 2},
    "bytes": b"picture",
    "lone surrogate": "\ud800",
    "25 megabytes": "x" * 25_000_000,
}


def handler(job: dict[str, dict[str, str]]) -> object:
    value = VALUES[job["input"]["value"]]
    return dict(value) if isinstance(value, dict) else value  # the SDK takes keys out of what it is given


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler})
