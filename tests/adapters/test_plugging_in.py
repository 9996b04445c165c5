"""What is named in a variable is found and made, or a sentence says what is wrong with the name."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.plugging_in import NotPluggedIn, plug_in

SECRET = "a-secret-key"
MODULE = f"""
def check(*arguments):
    return lambda text: (text, *arguments)
def raises(*arguments):
    raise ValueError("{SECRET}")
def makes_nothing(*arguments):
    return None
A_NUMBER = 5
"""


@pytest.fixture(autouse=True)
def on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "plugged").mkdir()
    (tmp_path / "plugged" / "well.py").write_text(MODULE)
    (tmp_path / "plugged" / "badly.py").write_text(f"raise RuntimeError({SECRET!r})")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "plugged"]:
        del sys.modules[name]


def test_the_factory_is_called_with_what_it_is_given() -> None:
    assert plug_in("CHECK", "plugged.well:check", 1, 2)("a") == ("a", 1, 2)


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ("plugged.well", "CHECK is no name of a factory: write it as package.module:factory."),
        ("/etc/passwd", "CHECK is no name of a factory: write it as package.module:factory."),
        ("plugged.well:check()", "CHECK is no name of a factory: write it as package.module:factory."),
        (
            "plugged.nowhere:check",
            "CHECK is plugged.nowhere:check, and plugged.nowhere cannot be imported: ModuleNotFoundError at ",
        ),
        (
            "plugged.badly:check",
            "CHECK is plugged.badly:check, and plugged.badly cannot be imported: RuntimeError at badly.py:1. ",
        ),
        ("plugged.well:chek", "CHECK is plugged.well:chek, and plugged.well has no function chek."),
        ("plugged.well:A_NUMBER", "CHECK is plugged.well:A_NUMBER, and plugged.well has no function A_NUMBER."),
        ("plugged.well:raises", "CHECK is plugged.well:raises, which raised ValueError at well.py:5. Mend it."),
        (
            "plugged.well:makes_nothing",
            "CHECK is plugged.well:makes_nothing, which made a NoneType: it must make a function.",
        ),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence_without_its_own_words(named: str, sentence: str) -> None:
    with pytest.raises(NotPluggedIn) as refused:
        plug_in("CHECK", named)

    assert str(refused.value).startswith(sentence)
    assert SECRET not in str(refused.value)


def test_what_a_factory_says_itself_goes_through() -> None:
    with pytest.raises(ValueError, match=SECRET):
        plug_in("CHECK", "plugged.well:raises", passing=(ValueError,))
