"""The virtual environment that firebase-tools looks for beside the functions' source: ours, in disguise.

firebase-tools runs `. <source>/venv/bin/activate && python3.11 ...` to list the functions and
`. <source>/venv/bin/activate && functions-framework` to serve them, and no setting changes that. The name
python3.11 comes from the runtime in firebase.json; here it starts whatever Python `.venv` has.
"""

import json
import shlex
from pathlib import Path

from local.layout import FIREBASE_JSON, FUNCTIONS, VENV


def write_functions_venv(functions: Path = FUNCTIONS, *, venv: Path = VENV) -> None:
    """Write `venv/bin/activate` and `venv/bin/python3.11` into the functions' source. Again: the same."""
    programs = functions / "venv" / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    path = f"{shlex.quote(str(programs))}:{shlex.quote(str(venv / 'bin'))}"
    (programs / "activate").write_text(f'PATH={path}:"$PATH"\nexport PATH\n')
    python = programs / _python_name()
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(str(venv / "bin" / "python"))} "$@"\n')
    python.chmod(0o755)


def _python_name(firebase_json: Path = FIREBASE_JSON) -> str:
    """What firebase-tools calls the interpreter: `python3.11` for the runtime `python311`."""
    runtime: str = json.loads(firebase_json.read_text())["functions"][0]["runtime"]
    digits = runtime.removeprefix("python")
    return f"python{digits[0]}.{digits[1:]}"
