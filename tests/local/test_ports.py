import json
import socket
from pathlib import Path

import pytest

from local import ports
from local.errors import LocalError


def test_firebase_json_has_the_last_word(tmp_path: Path) -> None:
    file = tmp_path / "firebase.json"
    file.write_text(json.dumps({"emulators": {"firestore": {"port": 1, "websocketPort": 2}, "hub": {"port": 3}}}))

    found = ports.ports(file)

    assert (found["firestore"], found["firestore_websocket"], found["hub"]) == (1, 2, 3)
    assert (found["auth"], found["runpod"]) == (9099, 20080)


def test_this_project_s_ports_are_the_documented_ones() -> None:
    found = ports.ports()

    documented = {"auth": 9099, "firestore": 8080, "functions": 5001, "storage": 9199, "pubsub": 8085}
    documented |= {"hosting": 5000, "runpod": 20080}
    assert {name: found[name] for name in documented} == documented
    assert set(found) == set(ports.TITLES)


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server((ports.HOST, 0)) as server:
        number = server.getsockname()[1]

        assert not ports.port_is_free(number)

    assert ports.port_is_free(number)


def test_a_port_in_use_is_said_by_name_with_what_to_do() -> None:
    with pytest.raises(LocalError) as error:
        ports.require_free(is_free=lambda port: port != 8080)

    assert str(error.value) == (
        "Port 8080 (Firestore emulator) is in use. Stop what uses it (lsof -i :8080) and try again."
    )


def test_all_ports_in_use_are_named_at_once() -> None:
    with pytest.raises(LocalError) as error:
        ports.require_free(["auth", "runpod"], is_free=lambda _port: False)

    assert str(error.value) == (
        "The ports 9099 (Auth emulator), 20080 (RunPod emulator) are in use. "
        "Stop what uses them (lsof -i :9099; lsof -i :20080) and try again."
    )


def test_many_ports_in_use_look_like_another_suite() -> None:
    with pytest.raises(LocalError, match="Another Safelight, or another Emulator Suite, seems to be running"):
        ports.require_free(is_free=lambda _port: False)


def test_on_macos_port_5000_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")

    with pytest.raises(LocalError, match="usually the AirPlay Receiver's"):
        ports.require_free(is_free=lambda port: port != 5000)


def test_other_services_ports_do_not_matter() -> None:
    ports.require_free(["auth"], is_free=lambda port: port == 9099)
