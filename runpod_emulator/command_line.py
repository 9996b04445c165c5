"""What `python -m runpod_emulator` is told."""

import argparse
import shutil
from dataclasses import dataclass, fields, replace
from pathlib import Path

from runpod_emulator.clock import MAX_SPEED
from runpod_emulator.fault_rules import FaultRule
from runpod_emulator.fault_script import read_fault_script
from runpod_emulator.fleet_settings import FleetSettings
from runpod_emulator.scaling import Scaler, Scaling
from runpod_emulator.settings import (
    DEFAULT_API_KEY,
    DEFAULT_ENDPOINT_ID,
    DEFAULT_HOLD_SECONDS,
    DEFAULT_HOST,
    DEFAULT_PORT,
    Settings,
)

#: Options that mean nothing without workers to start.
FLEET_OPTIONS = (
    *("min_workers", "max_workers", "scaler", "scaler_value", "idle_timeout"),
    *("cold_start", "init_timeout", "stop_grace", "worker_logs"),
)


@dataclass(frozen=True, kw_only=True)
class Start:
    """Everything the emulator starts with.

    Attributes:
        host: Where to listen.
        port: Where to listen; 0 takes a free one.
        settings: The endpoint, its limits and switches.
        speed: How fast time passes.
        fleet: How to start workers; None starts none.
        rules: What goes wrong from the start.
    """

    host: str
    port: int
    settings: Settings
    speed: float
    fleet: FleetSettings | None
    rules: tuple[FaultRule, ...]


def read_command_line(arguments: list[str]) -> Start:
    """Read the arguments; exit with code 2 and one sentence if they make no sense."""
    parser = _parser()
    ours, command = _split(arguments)
    options = parser.parse_args(ours)
    try:
        return _start(options, command)
    except ValueError as error:
        parser.error(str(error))


def _split(arguments: list[str]) -> tuple[list[str], list[str] | None]:
    if "--" not in arguments:
        return arguments, None
    here = arguments.index("--")
    return arguments[:here], arguments[here + 1 :]


def _start(options: argparse.Namespace, command: list[str] | None) -> Start:
    if not 0 < options.speed <= MAX_SPEED:
        message = f"--speed must be above 0 and at most {MAX_SPEED:.0f}"
        raise ValueError(message)
    if not 0 <= options.port <= 65535:
        message = "--port must be from 0 to 65535"
        raise ValueError(message)
    settings = Settings(endpoint_id=options.endpoint, api_key=options.api_key, hold_seconds=options.hold_seconds)
    for assignment in options.set:
        name, separator, text = assignment.partition("=")
        if not separator:
            message = f"--set {assignment}: write name=value"
            raise ValueError(message)
        settings = settings.with_text(name, text)
    rules: tuple[FaultRule, ...] = ()
    if options.faults is not None:
        script = read_fault_script(options.faults)
        rules = script.rules
        settings = settings if script.seed is None else replace(settings, seed=script.seed)
    return Start(
        host=options.host,
        port=options.port,
        settings=settings,
        speed=options.speed,
        fleet=_fleet(options, command),
        rules=rules,
    )


def _fleet(options: argparse.Namespace, command: list[str] | None) -> FleetSettings | None:
    given = [name for name in FLEET_OPTIONS if getattr(options, name) is not None]
    if command is None:
        if given:
            message = f"--{given[0].replace('_', '-')} needs a worker command after --"
            raise ValueError(message)
        return None
    if not command or shutil.which(command[0]) is None:
        message = "the worker command after -- is not a program"
        raise ValueError(message)
    if options.worker_logs is not None and not options.worker_logs.is_dir():
        message = "--worker-logs is not a folder"
        raise ValueError(message)
    fleet = FleetSettings(command=command, scaling=_scaling(options), logs=options.worker_logs)
    times = {
        "cold_start_seconds": options.cold_start,
        "init_timeout_seconds": options.init_timeout,
        "stop_grace_seconds": options.stop_grace,
    }
    return replace(fleet, **{name: seconds for name, seconds in times.items() if seconds is not None})


def _scaling(options: argparse.Namespace) -> Scaling:
    said = {
        "min_workers": options.min_workers,
        "max_workers": options.max_workers,
        "scaler": None if options.scaler is None else Scaler(options.scaler),
        "value": options.scaler_value,
        "idle_timeout_seconds": options.idle_timeout,
    }
    return replace(Scaling(), **{name: value for name, value in said.items() if value is not None})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m runpod_emulator",
        usage="%(prog)s [options] [-- worker command]",
        description="A stand-in for RunPod serverless on this machine.",
    )
    _add_place(parser)
    _add_conditions(parser)
    _add_fleet(parser)
    return parser


def _add_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default=DEFAULT_HOST, help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port",
        type=int,
        default=DEFAULT_PORT,
        help="port to listen on; 0 takes a free one (default: %(default)s)",
    )
    parser.add_argument(
        "--endpoint", default=DEFAULT_ENDPOINT_ID, help="the id of the one endpoint (default: %(default)s)"
    )
    parser.add_argument(
        "--api-key", default=DEFAULT_API_KEY, help="the key of clients and workers (default: %(default)s)"
    )
    parser.add_argument(
        "--hold-seconds",
        type=float,
        default=DEFAULT_HOLD_SECONDS,
        help="how long a poll without news is held, and so how long a stopping worker may take to exit "
        "(default: %(default)g)",
    )


def _add_conditions(parser: argparse.ArgumentParser) -> None:
    names = ", ".join(field.name for field in fields(Settings))
    parser.add_argument(
        "--speed", type=float, default=1.0, help="how fast the one clock runs (default: %(default)g)"
    )
    parser.add_argument("--faults", type=Path, metavar="FILE", help="fault rules, in TOML")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help=f"a limit or a switch: {names}"
    )


def _add_fleet(parser: argparse.ArgumentParser) -> None:
    fleet = parser.add_argument_group("workers, if a command to start one is given after --")
    fleet.add_argument("--min-workers", type=int, help="always there (default: 0)")
    fleet.add_argument("--max-workers", type=int, help="never more (default: 3)")
    fleet.add_argument("--scaler", choices=list(Scaler), help="by what workers are added (default: QUEUE_DELAY)")
    fleet.add_argument("--scaler-value", type=float, help="its seconds or jobs (default: 4)")
    fleet.add_argument("--idle-timeout", type=float, help="seconds without a job before one goes (default: 5)")
    fleet.add_argument("--cold-start", type=float, help="seconds from the decision to the start (default: 0)")
    fleet.add_argument("--init-timeout", type=float, help="seconds until one must ask for a job (default: 420)")
    fleet.add_argument("--stop-grace", type=float, help="seconds to exit after SIGTERM (default: 30)")
    fleet.add_argument("--worker-logs", type=Path, metavar="FOLDER", help="keep the workers' output there")
