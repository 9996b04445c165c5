"""Our rules beside those that an app had before, put together as docs/frontend.md says."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from emulator_tests.documents import creation
from emulator_tests.rules_user import nobody, somebody
from local import firebase_user, unsigned_token
from local.firebase_user import FIRESTORE, TIMEOUT_SECONDS

pytestmark = pytest.mark.usefixtures("safelight")

ROOT = Path(__file__).parent.parent
PROJECT = "demo-with-rules-of-its-own"
ACCEPTS, REFUSES = 200, 403
REQUEST = {"prompt": "x", "model": "none"}
OURS = re.compile(r"match /databases/\{database\}/documents \{\n(.*)^  \}\n\}\n", re.MULTILINE | re.DOTALL)
DOCUMENTED = re.compile(r"^  ```rules\n(.*?service cloud\.firestore.*?)^  ```", re.MULTILINE | re.DOTALL)
PLACE = "// here the blocks and functions of firestore.rules"


def documented_rules() -> str:
    ours = OURS.search((ROOT / "firestore.rules").read_text())
    documented = DOCUMENTED.search((ROOT / "docs" / "frontend.md").read_text())
    assert ours is not None
    assert documented is not None
    assert PLACE in documented[1]
    return documented[1].replace(PLACE, ours[1])


@pytest.fixture
def deploy(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Gives these rules to a project of its own, of which the emulator has as many as it is asked for."""
    documents = f"projects/{PROJECT}/databases/(default)/documents"
    monkeypatch.setattr(firebase_user, "DOCUMENTS", documents)
    monkeypatch.setattr(unsigned_token, "PROJECT", PROJECT)

    def put(rules: str) -> None:
        answer = requests.put(
            f"{FIRESTORE}/emulator/v1/projects/{PROJECT}:securityRules",
            json={"rules": {"files": [{"name": "firestore.rules", "content": rules}]}},
            timeout=TIMEOUT_SECONDS,
        )
        assert answer.ok, answer.text

    return put


def test_both_hold_where_the_broad_rule_leaves_ours_out(deploy: Callable[[str], None]) -> None:
    deploy(documented_rules())
    user, stranger = somebody(), somebody()
    path = f"generations/{user.uid}/images/f1"
    queued = creation(user, "f1", REQUEST)

    assert user.create(path, queued | {"status": "completed"}).status_code == REFUSES
    assert stranger.create(path, queued).status_code == REFUSES
    assert user.create(path, queued).status_code == ACCEPTS
    assert user.update(path, {"status": "completed"}).status_code == REFUSES
    assert user.delete(path).status_code == REFUSES
    assert user.get(path).status_code == ACCEPTS
    assert stranger.get(path).status_code == REFUSES
    for own in (f"notes/{user.uid}", f"notes/{user.uid}/lines/l1"):
        assert nobody().create(own, {"text": "x"}).status_code == REFUSES
        assert user.create(own, {"text": "x"}).status_code == ACCEPTS


def test_a_broad_rule_that_does_not_lets_everything_through(deploy: Callable[[str], None]) -> None:
    deploy(documented_rules().replace(" && collection != 'generations'", ""))
    user = somebody()

    completed = creation(user, "f1", REQUEST) | {"status": "completed"}
    assert user.create(f"generations/{user.uid}/images/f1", completed).status_code == ACCEPTS
