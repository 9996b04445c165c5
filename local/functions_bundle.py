"""`python -m local.functions_bundle`: stage what `firebase deploy` uploads, in `build/functions`.

Deploying uploads one folder and runs none of our code first, so that folder must hold all that `main.py`
imports. It lists what goes in, and not what stays out: nothing can slip into the cloud unseen.
"""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BUNDLE = ROOT / "build" / "functions"
CONTENTS = {
    "contracts": ("*.py",),
    "adapters": ("*.py",),
    "triggers": ("*.py",),
    "models": ("catalogue.toml", "blocklist.txt"),
}
AT_THE_TOP = ("triggers/main.py", "triggers/requirements.txt", "constraints.txt")


def stage_functions(bundle: Path = BUNDLE) -> Path:
    """Write the bundle, and keep the virtual environment that lies in it."""
    for folder, patterns in CONTENTS.items():
        shutil.rmtree(bundle / folder, ignore_errors=True)
        (bundle / folder).mkdir(parents=True)
        for source in (path for pattern in patterns for path in sorted((ROOT / folder).glob(pattern))):
            shutil.copy2(source, bundle / folder / source.name)
    for name in AT_THE_TOP:
        shutil.copy2(ROOT / name, bundle / Path(name).name)
    return bundle


def main() -> int:
    """Stage."""
    print(f"staged the functions in {stage_functions().relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
