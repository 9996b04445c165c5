"""The blocklist finds what it says that it finds, and leaves alone what only looks alike to a machine."""

import pytest

from contracts.moderation import Blocklist, allow_everything, blocked_field, parse_blocklist

CHECK = Blocklist(["forbidden thing", "Café"])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a forbidden thing on a table", id="as it is listed"),
        pytest.param("forbidden thing", id="and nothing else"),
        pytest.param("A FORBIDDEN Thing", id="capitals"),
        pytest.param("forbidden\u3000thing", id="an ideographic space"),
        pytest.param("forbidden,\n  thing!", id="what stands between words"),
        pytest.param("a_forbidden_thing", id="underscores"),
        pytest.param("forbidden-thing", id="a hyphen"),
        pytest.param("\uff46\uff4f\uff52\uff42idden \uff34hing", id="full-width letters"),
        pytest.param("\U0001d41forbidden \U0001d4fdhing", id="mathematical letters"),
        pytest.param("ⓕⓞⓡⓑⓘⓓⓓⓔⓝ thing", id="circled letters"),
        pytest.param("for\u200bbid\u200dden th\ufeffing", id="zero-width characters within words"),
        pytest.param("forbidden\u200bthing", id="a zero-width character instead of a space"),
        pytest.param("for\u00adbidden thing", id="a soft hyphen"),
        pytest.param("for\u202ebidden thing", id="a change of direction"),
        pytest.param("for\x00bidden thing", id="a control character"),
        pytest.param("for\u3164bidden thing", id="a filler that counts as a letter"),
        pytest.param("for\U000e0041bidden thing", id="a tag"),
        pytest.param("förbíddèn thing", id="accents"),
        pytest.param("f\u0336o\u0336rbidden thing", id="strokes"),
        pytest.param("for\u034fbidden thi\ufe0fng", id="a joiner and a variation selector"),
        pytest.param("cafe", id="an accent of the list's"),
    ],
)
def test_what_reads_alike_is_found(text: str) -> None:
    assert CHECK(text) is False


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("a red circle", id="something else"),
        pytest.param("forbidden things", id="a longer word"),
        pytest.param("unforbidden thing", id="a word that ends alike"),
        pytest.param("cafeteria", id="a word that begins alike"),
        pytest.param("thing forbidden", id="another order"),
        pytest.param("forbidden blue thing", id="another word between"),
        pytest.param("*" * 2_000, id="no word at all"),
        pytest.param("forb1dden thing", id="a digit for a letter, which it does not claim to find"),
    ],
)
def test_a_phrase_is_found_as_whole_words_in_a_row(text: str) -> None:
    assert CHECK(text) is True


def test_a_list_has_a_phrase_on_each_line_and_comments() -> None:
    check = parse_blocklist("# what is not made\n\nforbidden thing  # for a reason\n  another\n")

    assert [check(text) for text in ("forbidden thing", "another", "for a reason", "what is not made")] == [
        False, False, True, True,
    ]  # fmt: skip


def test_an_empty_list_finds_nothing() -> None:
    assert parse_blocklist("# nothing\n")("anything") is True


@pytest.mark.parametrize("phrase", ["--", "\u200b", "", " "])
def test_a_phrase_without_a_word_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="at least one word"):
        Blocklist([phrase])


@pytest.mark.parametrize(
    ("request_data", "field"),
    [
        ({"prompt": "a forbidden thing", "negative_prompt": "a forbidden thing"}, "prompt"),
        ({"prompt": "a circle", "negative_prompt": "a forbidden thing"}, "negative_prompt"),
        ({"prompt": "a circle", "negative_prompt": "blue"}, None),
        ({"prompt": "a circle", "model": "forbidden thing"}, None),
        ({"prompt": ""}, None),
    ],
    ids=["both", "the negative prompt", "none", "what is no text of the user's", "an empty one"],
)
def test_prompt_and_negative_prompt_are_checked(request_data: dict[str, str], field: str | None) -> None:
    assert blocked_field(CHECK, request_data) == field
    assert blocked_field(allow_everything, request_data) is None
