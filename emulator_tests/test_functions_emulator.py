"""How the Functions emulator serves ours."""

from collections.abc import Iterator

import psutil
import pytest
import requests

from emulator_tests.documents import request, wait_for_end
from local.firebase_user import FirebaseUser

pytestmark = pytest.mark.usefixtures("safelight")


def test_a_function_keeps_no_connection_open() -> None:
    """One that is kept is closed at some time, perhaps just as an event is sent into it, which is then lost."""
    user = FirebaseUser.sign_up()
    wait_for_end(user, request(user, "images", model="none", prompt="wakes the function"))

    ports = set(_ports_of_functions())

    assert ports
    for port in ports:
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=10).headers["Connection"] == "close"


def _ports_of_functions() -> Iterator[int]:
    for process in psutil.process_iter(["cmdline"]):  # of one that has ended, it is None
        if any("functions-framework" in word for word in process.info["cmdline"] or ()):
            for connection in process.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN:
                    yield connection.laddr.port
