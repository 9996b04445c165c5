"""What a person types, and what it leaves behind: nothing."""

import signal
import socket
import subprocess
import sys

import pytest
from PIL import Image

from emulator_tests.conftest import ROOT, Command, ports_in_use

pytestmark = pytest.mark.own_stack


def test_make_demo_makes_an_image_and_a_video_and_exits() -> None:
    """Also where the user has set a proxy, which here nobody is."""
    before = set((ROOT / "out").glob("*"))
    demo = Command("demo", HTTP_PROXY="http://127.0.0.1:9", http_proxy="http://127.0.0.1:9")

    status = demo.process.wait(300)

    assert status == 0, demo.output
    assert demo.output.count('"status": "completed"') == 2
    made = {path.suffix: path for path in set((ROOT / "out").glob("*")) - before}
    assert set(made) == {".png", ".mp4", ".jpg", ".webp"}
    with Image.open(made[".png"]) as picture:
        assert picture.size == (64, 64)
    assert b"ftyp" in made[".mp4"].read_bytes()[:16]
    assert ports_in_use() == []


@pytest.mark.parametrize(
    ("number", "group"),
    [
        pytest.param(signal.SIGINT, True, id="Ctrl-C, which reaches all of the group"),
        pytest.param(signal.SIGINT, False, id="SIGINT to make alone"),
        pytest.param(signal.SIGHUP, True, id="its terminal is closed"),
    ],
)
def test_make_up_leaves_no_process(number: signal.Signals, *, group: bool) -> None:
    up = Command("up")
    up.wait_until_ready()
    assert len(up.family()) > 5

    left = up.stop_with(number, group=group)

    assert left == []
    assert ports_in_use() == []


def test_a_port_in_use_is_said_by_name() -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 9199))
        taken.listen()

        up = subprocess.run(
            [sys.executable, "-m", "local.up"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )

    assert up.returncode == 1
    assert "9199 (Storage emulator)" in up.stderr
    assert "Traceback" not in up.stderr
