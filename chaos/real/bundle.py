"""A project for firebase-tools whose functions are those that are deployed, with faults around them."""

import json
import shutil
from pathlib import Path

from local.emulator_environment import PROJECT
from local.functions_bundle import stage_functions
from local.layout import FIREBASE_JSON, ROOT

RULES = ("firestore.rules", "firestore.indexes.json", "storage.rules")
FAULTY = ("__init__", "short", "seamed", "word", "faults", "functions")
"""What of chaos/real the functions import."""
FUNCTIONS = "functions"


def stage_project(folder: Path) -> Path:
    """Write it. The path of its firebase.json."""
    functions = folder / FUNCTIONS
    (functions / "chaos" / "real").mkdir(parents=True, exist_ok=True)
    stage_functions(functions)
    shutil.copy2(ROOT / "chaos" / "__init__.py", functions / "chaos")
    for name in FAULTY:
        shutil.copy2(ROOT / "chaos" / "real" / f"{name}.py", functions / "chaos" / "real")
    shutil.copy2(ROOT / "chaos" / "real" / "functions_main.py", functions / "main.py")
    for name in RULES:
        shutil.copy2(ROOT / name, folder / name)
    (folder / "triggers").mkdir(exist_ok=True)
    shutil.copy2(ROOT / "triggers" / f".env.{PROJECT}", folder / "triggers")
    settings = json.loads(FIREBASE_JSON.read_text())
    settings["functions"][0]["source"] = FUNCTIONS
    del settings["hosting"]
    written = folder / FIREBASE_JSON.name
    written.write_text(json.dumps(settings, indent=2))
    return written
