"""A stand-in for RunPod serverless: the unmodified `runpod` client and worker loop work against it.

Read in this order: `jobs` (one job and its states), `job_queue` (who gets which job), `limits` (what happens by
itself), `take` (how a job is handed over without being lost), `client_api`, `worker_api`, `endpoint`, `server`.
"""

from runpod_emulator.clock import Clock
from runpod_emulator.fleet_settings import FleetSettings
from runpod_emulator.scaling import Scaler, Scaling
from runpod_emulator.server import create_app, serve
from runpod_emulator.settings import DEFAULT_API_KEY, DEFAULT_ENDPOINT_ID, DEFAULT_PORT, Settings
from runpod_emulator.worker_environment import worker_environment

__all__ = [
    "DEFAULT_API_KEY",
    "DEFAULT_ENDPOINT_ID",
    "DEFAULT_PORT",
    "Clock",
    "FleetSettings",
    "Scaler",
    "Scaling",
    "Settings",
    "create_app",
    "serve",
    "worker_environment",
]
