"""Which tests may run beside each other: `make test` uses both cores."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling


class PortsAreThereOnce(LoadFileScheduling):  # type: ignore[misc] # the library is untyped
    """Who needs the emulators' ports goes one after another; any other file goes to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        folder, _, _ = nodeid.partition("/")
        file: str = super()._split_scope(nodeid)
        return folder if folder == "emulator_tests" else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> PortsAreThereOnce:
    """Called where there is more than one process."""
    return PortsAreThereOnce(config, log)
