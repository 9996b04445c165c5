"""The environment that points the SDK's worker loop at the emulator."""

from pathlib import Path
from urllib.parse import quote

#: Milliseconds; several pings before the emulator forgets a worker. Never below 1000: the SDK divides by
#: 1000 without a remainder, and a ping timeout of zero kills its ping process (rp_ping.py).
PING_INTERVAL_MS = 5000


def worker_environment(
    base_url: str, *, endpoint_id: str, worker_id: str, api_key: str, home: Path
) -> dict[str, str]:
    """Return the variables to start a worker with, beside PATH and the worker's own.

    The SDK reads most of them when `runpod` is imported, so they must be set before. The reasons, as
    observed in runpod 1.12.0:

    - `RUNPOD_WEBHOOK_GET_JOB`: without it the worker runs one local test and exits (worker.py). Holds
      `/job-take/`, from which the batch and the stop URL are made by replacement, and a `?`, for the SDK
      appends `&job_in_progress=…` (rp_job.py). The worker id stands in it literally: of the placeholders
      only `$ID` would be replaced, and here that means the worker.
    - `RUNPOD_WEBHOOK_POST_OUTPUT`: here `$ID` means the job; a `?` again, for `&isStream=…` (rp_http.py).
    - `RUNPOD_WEBHOOK_POST_STREAM`: the same for what a generator yields; that is the name the SDK reads,
      whatever its own examples say (rp_http.py).
    - `RUNPOD_WEBHOOK_PING`, `RUNPOD_PING_INTERVAL`: the heartbeat (rp_ping.py).
    - `RUNPOD_AI_API_KEY`: the Authorization header as it is (http_client.py); without it no pings.
    - `HOME`: `~/.runpod/config.toml`, if there is one, overrides that key, and `~/.netrc` the pings' header.
      The directory may be empty. Whatever the worker caches under HOME needs a variable of its own, such
      as HF_HOME.
    - `RUNPOD_POD_ID`: the worker id; without it a random one and no pings (worker_state.py).
    - `RUNPOD_ENDPOINT_ID`: makes the SDK log JSON lines, as on the service (rp_logger.py).
    - `RUNPOD_LOG_LEVEL`: at DEBUG, its default, the SDK prints every output (rp_job.py).
    - `RUNPOD_SKIP_AUTO_SYSTEM_CHECKS`, `RUNPOD_SKIP_GPU_CHECK`: a machine with a full disk or without
      internet would fail the fitness checks, and the worker would exit (rp_fitness.py).
    - `RUNPOD_REALTIME_PORT`: zero, for an inherited one would start a development server instead
      (serverless/__init__.py).

    Args:
        base_url: What `serve` gives, e.g. `http://127.0.0.1:20080/v2`.
        endpoint_id: The emulator's endpoint.
        worker_id: Any name, different for each worker alive at the same time.
        api_key: The emulator's key.
        home: A directory of the worker's own.
    """
    worker = quote(worker_id, safe="")
    routes = f"{base_url}/{quote(endpoint_id, safe='')}"
    return {
        "HOME": str(home),
        "RUNPOD_WEBHOOK_GET_JOB": f"{routes}/job-take/{worker}?gpu=emulated",
        "RUNPOD_WEBHOOK_POST_OUTPUT": f"{routes}/job-done/{worker}/$ID?gpu=emulated",
        "RUNPOD_WEBHOOK_POST_STREAM": f"{routes}/job-stream/{worker}/$ID?gpu=emulated",
        "RUNPOD_WEBHOOK_PING": f"{routes}/ping/{worker}?gpu=emulated",
        "RUNPOD_PING_INTERVAL": str(PING_INTERVAL_MS),
        "RUNPOD_AI_API_KEY": api_key,
        "RUNPOD_POD_ID": worker_id,
        "RUNPOD_ENDPOINT_ID": endpoint_id,
        "RUNPOD_LOG_LEVEL": "INFO",
        "RUNPOD_SKIP_AUTO_SYSTEM_CHECKS": "true",
        "RUNPOD_SKIP_GPU_CHECK": "true",
        "RUNPOD_REALTIME_PORT": "0",
    }
