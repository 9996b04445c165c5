"""What a person does on the page, in a real browser, against everything that runs behind it."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import indent

import pytest
import requests
from playwright.sync_api import Page, expect

from emulator_tests.browser.cards import (
    GENERATED_MS,
    ask,
    card_of,
    delete,
    expect_status,
    open_settings,
    save_screenshot,
    statuses_of,
    wait_for,
)
from emulator_tests.browser.visitors import ANSWERED_MS, PAGE, Visitors, create, user_of
from local.emulator_environment import PROJECT
from local.firebase_user import FIRESTORE, TIMEOUT_SECONDS, FirebaseUser

ROOT = Path(__file__).resolve().parents[2]
SNIPPETS = Path(__file__).parent / "scripts" / "promised_snippets.ts"

PROMISED_SNIPPET = """\
const ref = collection(db, 'generations', userId, '{media_type}');
onSnapshot(ref, (snapshot) => {{
  snapshot.docChanges().forEach((change) => {{
    if (change.type === 'modified') {{
      const data = change.doc.data();
      if (data.generated && data.status === 'completed') {{
        show(data.generation_data.{url});
      }}
    }}
  }});
}});
"""


def test_an_image_asked_for_on_the_page_appears_in_it(page: Page) -> None:
    card = ask(page, "a red circle on a blue background")

    expect_status(card, "completed")
    wait_for(page, "card => card.querySelector('img')?.naturalWidth > 0", card)
    seen = statuses_of(page, card)
    assert seen[0] == "sending"
    assert "processing" in seen
    assert seen[-1] == "completed"
    expect(card.get_by_role("img", name="a red circle on a blue background")).to_be_visible()
    save_screenshot(page, "page-image.png")


def test_a_video_asked_for_on_the_page_plays_in_it(page: Page) -> None:
    card = ask(page, "a red circle moving right", "Video")

    expect_status(card, "completed")
    expect(card.locator("video")).to_have_attribute("poster", re.compile("^http"))
    card.get_by_role("button", name="a red circle moving right").first.click()
    playing = page.locator("#viewer video")
    page.wait_for_function("() => document.querySelector('#viewer video').currentTime > 0", timeout=ANSWERED_MS)
    assert playing.evaluate("video => video.duration") > 0
    save_screenshot(page, "page-video.png")


def test_several_pictures_of_one_request_all_load(page: Page) -> None:
    card = ask(page, "three studies", Pictures=3)

    expect_status(card, "completed")
    loaded = "card => [...card.querySelectorAll('img')].filter((picture) => picture.naturalWidth > 0).length === 3"
    wait_for(page, loaded, card)


@pytest.mark.parametrize(
    ("label", "value", "sentence"),
    [
        ("Prompt", "x" * 2_001, "Prompt is 2,001 characters long: at most 2,000 are allowed."),
        ("Prompt", "🔴" * 1_001, "Prompt is 2,002 characters long: at most 2,000 are allowed."),
        ("Prompt", " ", "Prompt is empty: say what to make."),
        ("Width", "100", "Width must be a multiple of 16."),
        ("Steps", "201", "Steps must be at most 200."),
        ("Steps", "1.5", "Steps must be a whole number."),
        ("Guidance scale", "-1", "Guidance scale must be at least 0."),
        ("Seed", "9007199254740992", "Seed must be at most 9,007,199,254,740,991."),
    ],
    ids=["prompt", "utf-16", "empty", "multiple", "steps", "whole", "least", "seed"],
)
def test_a_request_that_would_be_refused_is_explained_and_not_sent(
    page: Page, label: str, value: str, sentence: str
) -> None:
    page.get_by_label("Prompt", exact=True).fill("a lamp")
    open_settings(page)
    page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Generate").click()

    expect(page.locator("#form-error")).to_have_text(sentence)
    expect(page.get_by_label(label, exact=True)).to_be_focused()
    expect(page.locator(".card")).to_have_count(0)


def test_the_longest_prompt_and_the_largest_seed_are_accepted(page: Page) -> None:
    card = ask(page, "🔴" * 1_000, Seed=2**53 - 1, Steps=1)

    expect_status(card, "completed")


def test_a_failure_on_the_server_is_shown_with_its_sentence(page: Page) -> None:
    user = user_of(page)

    create(user, "images", "unknown-model", {"prompt": "a lamp", "model": "no-such-model"})

    card = card_of(page, "a lamp")
    expect_status(card, "failed", ANSWERED_MS)
    document = user.read(f"generations/{user.uid}/images/unknown-model")
    assert document is not None
    assert document["error"]["message"] == "model must be one of those that make images: safelight-image"
    expect(card.locator(".problem")).to_have_text("Model must be one of those that make images: safelight-image.")
    said = "prompt asks for something that is not made here. Reword it."
    error = {"code": "prompt_blocked", "retryable": False, "field": "prompt", "message": said}
    path = f"generations/{user.uid}/images/unknown-model"
    FirebaseUser.owner().update(path, {"error": error}).raise_for_status()
    expect(card.locator(".problem")).to_have_text(f"P{said[1:]}")
    expect(card.get_by_role("button", name="Delete")).to_be_visible()


def test_script_in_a_prompt_stays_text(page: Page) -> None:
    prompt = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"

    card = ask(page, prompt, Steps=1)

    expect(card.locator(".caption .prompt")).to_have_text(prompt)
    expect_status(card, "completed")
    expect(card.locator(".caption img, script")).to_have_count(0)
    assert page.title() == "Safelight"


def test_script_in_an_error_stays_text(page: Page) -> None:
    user = user_of(page)
    message = "<img src=x onerror=\"document.title='broken'\">"
    create(user, "images", "broken", {"prompt": "a lamp", "model": "no-such-model"})
    card = card_of(page, "a lamp")
    expect_status(card, "failed", ANSWERED_MS)
    error = {"code": "generation_failed", "stage": "generating", "retryable": True, "message": message}

    FirebaseUser.owner().update(f"generations/{user.uid}/images/broken", {"error": error}).raise_for_status()

    expect(card.locator(".problem")).to_have_text(message)
    expect(card.locator(".frame .hint")).to_have_text("Running it again can help.")
    expect(card.locator("img")).to_have_count(0)
    assert page.title() == "Safelight"


def test_a_generation_can_be_cancelled_from_the_page(page: Page) -> None:
    card = ask(page, "a slow one", Steps=200)
    expect_status(card, "processing")

    card.get_by_role("button", name="Cancel").click()

    expect_status(card, "cancelled", ANSWERED_MS)
    expect(card.locator(".state")).to_have_text("Cancelled")
    expect(card.get_by_role("button", name="Cancel")).to_be_hidden()
    card.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Steps", exact=True)).to_have_value("200")


def test_a_generation_survives_a_reload_and_can_be_deleted_from_the_page(page: Page) -> None:
    card = ask(page, "here and gone", Steps=1)
    expect_status(card, "completed")
    user = user_of(page)
    path = f"generations/{user.uid}/images/{card.get_attribute('data-file-uid')}"

    page.reload()
    expect_status(card, "completed", ANSWERED_MS)
    delete(card)

    expect(card).to_have_count(0, timeout=ANSWERED_MS)
    expect(page.get_by_role("heading", name="Gallery")).to_be_focused()
    assert user.read(path) is None


def test_an_example_fills_the_prompt_and_suits_what_is_made(page: Page) -> None:
    image = page.get_by_role("list", name="Examples").get_by_role("button").first
    said = image.inner_text()
    image.click()

    expect(page.get_by_label("Prompt", exact=True)).to_have_value(said)
    expect(page.get_by_label("Prompt", exact=True)).to_be_focused()
    page.get_by_text("Video", exact=True).click()
    video = page.get_by_role("list", name="Examples").get_by_role("button").first
    expect(video).not_to_have_text(said)
    video.click()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(video.inner_text())


def test_the_page_works_from_the_keyboard_alone(page: Page) -> None:
    page.get_by_label("Prompt", exact=True).focus()

    page.keyboard.type("typed")
    page.keyboard.press("Control+Enter")

    expect_status(card_of(page, "typed"), "completed")
    expect(page.locator("body > .announcement")).to_have_text("Done: typed")


def test_a_reload_in_the_middle_loses_nothing(page: Page) -> None:
    card = ask(page, "a slow one, reloaded", Steps=120)
    expect_status(card, "processing")

    page.reload()

    expect(card).to_have_count(1, timeout=ANSWERED_MS)
    expect_status(card, "completed")


def test_two_tabs_of_one_user_show_the_same(page: Page) -> None:
    other = page.context.new_page()
    other.goto(PAGE)
    expect(other.locator("#connection")).to_have_text("Connected", timeout=ANSWERED_MS)

    card = ask(page, "seen twice", Steps=1)

    expect_status(card_of(other, "seen twice"), "completed")
    delete(card_of(other, "seen twice"))
    expect(card).to_have_count(0, timeout=ANSWERED_MS)


def test_what_is_asked_offline_is_sent_when_the_connection_is_back(visitors: Visitors, page: Page) -> None:
    with visitors.offline(page):
        expect(page.locator("#offline")).to_be_visible()
        card = ask(page, "asked in a tunnel", Steps=1)
        expect_status(card, "sending", ANSWERED_MS)
        expect(card.locator(".words")).to_have_text("Waiting for the connection")
        expect(page.locator("#connection")).to_have_text("Offline")
        save_screenshot(page, "offline.png")

    expect_status(card, "completed")
    expect(page.locator("#offline")).to_be_hidden()
    expect(page.locator("#connection")).to_have_text("Connected", timeout=ANSWERED_MS)


def test_one_very_long_word_does_not_push_the_page_apart(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})

    create(user_of(page), "images", "long", {"prompt": f"one word: {'x' * 500}", "model": "no-such-model"})

    expect_status(card_of(page, "one word"), "failed", ANSWERED_MS)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_what_is_written_from_right_to_left_stands_on_the_right(page: Page) -> None:
    card = ask(page, "قطة تحت المطر", Steps=1)

    for place in (page.get_by_label("Prompt", exact=True), card.locator(".prompt")):
        assert place.evaluate("element => getComputedStyle(element).direction") == "rtl"


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_while_the_page_opens(three: Page, width: int) -> None:
    three.set_viewport_size({"width": width, "height": 900})
    three.add_init_script("""
        window.shifts = [];
        new PerformanceObserver((list) => {
          for (const { sources } of list.getEntries()) {
            window.shifts.push(...sources.map(({ node }) => node?.id || node?.className || node?.nodeName));
          }
        }).observe({ type: 'layout-shift', buffered: true });
    """)

    three.reload()

    expect(three.locator(".card")).to_have_count(3)
    expect(three.get_by_role("list", name="Examples").get_by_role("button")).not_to_have_count(0)
    expect(three.locator("#connection")).to_have_text("Connected")
    three.wait_for_timeout(500)
    assert three.evaluate("window.shifts") == []


def test_a_listener_that_the_server_has_ended_listens_again(visitors: Visitors, three: Page) -> None:
    three.evaluate("document.querySelector('.card').dataset.kept = 'yes'")
    with no_rules():
        with visitors.offline(three):
            expect(three.locator("#connection")).to_have_text("Offline")
        expect(three.locator("#page-error")).to_contain_text("refused", timeout=ANSWERED_MS)
        expect(three.locator("#connection")).to_have_text("Reconnecting")
    visitors.complaints.clear()

    three.evaluate("dispatchEvent(new Event('online'))")

    expect(three.locator("#connection")).to_have_text("Connected", timeout=ANSWERED_MS)
    expect(three.locator("#page-error")).to_be_empty()
    expect(three.locator(".card")).to_have_count(3)
    expect(three.locator(".card").first).to_have_attribute("data-kept", "yes")  # it was there all the time


@contextmanager
def no_rules() -> Iterator[None]:
    """While these are deployed, nobody may do anything."""
    nothing = "match /databases/{database}/documents/{path=**} { allow read, write: if false; }"
    try:
        deploy_rules(f"rules_version = '2'; service cloud.firestore {{ {nothing} }}")
        yield
    finally:
        deploy_rules((ROOT / "firestore.rules").read_text(encoding="utf-8"))


def deploy_rules(rules: str) -> None:
    answer = requests.put(
        f"{FIRESTORE}/emulator/v1/projects/{PROJECT}:securityRules",
        json={"rules": {"files": [{"name": "firestore.rules", "content": rules}]}},
        timeout=TIMEOUT_SECONDS,
    )
    answer.raise_for_status()


def test_the_page_is_quiet_and_stays_on_this_machine(visitors: Visitors) -> None:
    page = visitors.window()

    answer = page.goto(PAGE)

    assert answer is not None
    policy = answer.header_value("Content-Security-Policy")
    assert policy is not None
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    assert answer.header_value("X-Content-Type-Options") == "nosniff"
    expect(page.locator("#connection")).to_have_text("Connected", timeout=ANSWERED_MS)
    expect(page.locator("#empty")).to_be_visible()
    assert visitors.complaints == []


def test_the_policy_stops_what_is_not_the_page(visitors: Visitors) -> None:
    page = visitors.on_page()

    page.evaluate(
        "document.head.append(Object.assign(document.createElement('script'), {textContent: 'broken = 1'}))"
    )

    assert page.evaluate("typeof broken") == "undefined"
    page.wait_for_timeout(200)
    assert any("script-src" in complaint for complaint in visitors.complaints)
    visitors.complaints.clear()


def test_two_users_see_nothing_of_each_other(visitors: Visitors) -> None:
    first, second = visitors.on_page(), visitors.on_page()
    owner, stranger = user_of(first), user_of(second)
    assert owner.uid != stranger.uid

    card = ask(first, "mine alone", Steps=1)
    expect_status(card, "completed")

    path = f"generations/{owner.uid}/images/{card.get_attribute('data-file-uid')}"
    expect(second.locator(".card")).to_have_count(0)
    assert owner.get(path).status_code == 200
    assert stranger.get(path).status_code == 403


@pytest.mark.parametrize(
    ("media_type", "url"), [("images", "image_urls"), ("videos", "video_url")], ids=["images", "videos"]
)
def test_the_snippet_that_was_promised_sees_the_url_arrive(
    running: Callable[[str], Page], media_type: str, url: str
) -> None:
    assert indent(PROMISED_SNIPPET.format(media_type=media_type, url=url), "  ") in SNIPPETS.read_text(
        encoding="utf-8"
    )
    promised = running(SNIPPETS.name)
    user = user_of(promised)

    create(user, media_type, "promised", {"prompt": "a red circle"})

    shown = promised.locator("body > li")
    expect(shown).to_have_count(1, timeout=GENERATED_MS)
    document = user.read(f"generations/{user.uid}/{media_type}/promised")
    assert document is not None
    assert json.loads(shown.inner_text()) == document["generation_data"][url]
