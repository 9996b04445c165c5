"""Which tests may run beside each other: `make test` uses both cores."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The emulators' ports are there once, so who needs them goes one after another; other files are free."""
    for item in items:
        folder, _, _ = item.nodeid.partition("/")
        group = folder if folder == "emulator_tests" else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))
