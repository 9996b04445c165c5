"""What firebase-tools says on its output, as far as we depend on it."""

READY = "All emulators ready"
FUNCTIONS_LOADED = "Loaded functions definitions from source: "
FUNCTIONS_FAILED = "Failed to load function definition from source"


def says_ready(log: str) -> bool:
    """Whether every emulator has started. Functions that do not load do not keep it from saying so."""
    return READY in log


def says_functions_failed(log: str) -> bool:
    """Whether the functions' source could not be imported."""
    return FUNCTIONS_FAILED in log


def loaded_functions(log: str) -> list[str]:
    """The names of the functions that were loaded last."""
    lines = [line for line in log.splitlines() if FUNCTIONS_LOADED in line]
    names = lines[-1].partition(FUNCTIONS_LOADED)[2].strip(" .") if lines else ""
    return names.split(", ") if names else []
