"""Every port that something local listens on, by name. firebase.json has the last word on the emulators'."""

import json
import socket
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from local.errors import LocalError
from local.layout import FIREBASE_JSON

HOST = "127.0.0.1"

TITLES = {
    "auth": "Auth emulator",
    "firestore": "Firestore emulator",
    "firestore_websocket": "Firestore emulator's websocket",
    "functions": "Functions emulator",
    "storage": "Storage emulator",
    "pubsub": "Pub/Sub emulator",
    "hosting": "Hosting emulator",
    "hub": "emulator hub",
    "logging": "emulator logging",
    "eventarc": "Eventarc emulator",
    "tasks": "Cloud Tasks emulator",
    "runpod": "RunPod emulator",
}
USUAL = {
    "auth": 9099,
    "firestore": 8080,
    "firestore_websocket": 9150,
    "functions": 5001,
    "storage": 9199,
    "pubsub": 8085,
    "hosting": 5000,
    "hub": 4400,
    "logging": 4500,
    "eventarc": 9299,
    "tasks": 9499,
    "runpod": 20080,
}
SUITE = [name for name in TITLES if name != "runpod"]
"""Those of the Emulator Suite."""


def ports(firebase_json: Path = FIREBASE_JSON) -> dict[str, int]:
    """Every port by name: as firebase.json has it, else the usual one."""
    configured: dict[str, Any] = json.loads(firebase_json.read_text()).get("emulators", {})
    found = {name: _port_in(configured, name) for name in USUAL}
    return {name: found[name] or usual for name, usual in USUAL.items()}


def address(name: str) -> str:
    """Where a service listens, `host:port`."""
    return f"{HOST}:{ports()[name]}"


def require_free(names: Iterable[str] = tuple(TITLES), *, is_free: Callable[[int], bool] | None = None) -> None:
    """Make sure that nothing listens on these services' ports. Raises `LocalError` naming each one in use."""
    numbers = ports()
    is_free = is_free or port_is_free
    taken = [(numbers[name], TITLES[name]) for name in names if not is_free(numbers[name])]
    if taken:
        raise LocalError(_sentence(taken))


def port_is_free(port: int) -> bool:
    """Whether nobody listens there, and we could."""
    with socket.socket() as connecting:  # macOS lets us bind beside one that listens on all addresses
        connecting.settimeout(0.5)
        if connecting.connect_ex((HOST, port)) == 0:
            return False
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
        except OSError:
            return False
    return True


def _port_in(configured: dict[str, Any], name: str) -> int | None:
    emulator, key = ("firestore", "websocketPort") if name == "firestore_websocket" else (name, "port")
    port: int | None = configured.get(emulator, {}).get(key)
    return port


def _sentence(taken: list[tuple[int, str]]) -> str:
    listed = ", ".join(f"{port} ({title})" for port, title in taken)
    subject = f"Port {listed} is in use." if len(taken) == 1 else f"The ports {listed} are in use."
    hints = []
    if sys.platform == "darwin" and any(port == 5000 for port, _ in taken):
        hints.append("On macOS, port 5000 is usually the AirPlay Receiver's (System Settings, AirDrop & Handoff).")
    if len(taken) > 3:
        hints.append("Another Safelight, or another Emulator Suite, seems to be running.")
    lookups = "; ".join(f"lsof -i :{port}" for port, _ in taken[:3])
    return " ".join([subject, *hints, f"Stop what uses {_it(taken)} ({lookups}) and try again."])


def _it(taken: list[tuple[int, str]]) -> str:
    return "it" if len(taken) == 1 else "them"
