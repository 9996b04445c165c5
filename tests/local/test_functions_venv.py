import subprocess
from collections.abc import Callable
from pathlib import Path

from local.functions_venv import write_functions_venv

Program = Callable[[Path, str], Path]


def test_it_does_what_firebase_tools_asks_of_a_virtual_environment(tmp_path: Path, program: Program) -> None:
    """Whichever Python `.venv` has, and in a folder whose name has a space and a quote."""
    functions, venv = tmp_path / "it's mine" / "functions", tmp_path / "it's mine" / ".venv"
    functions.mkdir(parents=True)
    program(venv / "bin" / "python", 'echo "python $*"')
    program(venv / "bin" / "functions-framework", "echo serving")
    write_functions_venv(functions, venv=venv)
    write_functions_venv(functions, venv=venv)

    script = f'. "{functions}/venv/bin/activate" && python3.11 "serving.py" && functions-framework'
    answer = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)

    assert answer.stdout == "python serving.py\nserving\n"
