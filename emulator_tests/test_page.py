"""The page in a real browser, against everything that runs behind it."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from emulator_tests.browser.cards import (
    GENERATED_MS,
    ask,
    card_of,
    expect_status,
    save_screenshot,
    statuses_of,
    wait_for,
)
from emulator_tests.browser.visitors import ANSWERED_MS, PAGE, Visitors, create, user_of
from local.chromium import installed_chromium

ROOT = Path(__file__).resolve().parents[1]
SNIPPETS = ROOT / "emulator_tests" / "browser" / "promised_snippets.ts"
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

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


@pytest.fixture(scope="module")
def browser(safelight: object) -> Iterator[Browser]:
    """One browser for this module: while Playwright runs, no other test of its thread can start an event loop."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=installed_chromium(), args=CHROMIUM_ARGS)
        yield started
        started.close()


@pytest.fixture
def visitors(browser: Browser) -> Iterator[Visitors]:
    opened = Visitors(browser)
    yield opened
    opened.close()
    assert opened.complaints == []


@pytest.fixture
def page(visitors: Visitors) -> Page:
    return visitors.on_page()


def test_an_image_asked_for_on_the_page_appears_in_it(page: Page) -> None:
    card = ask(page, "a red circle on a blue background")

    expect_status(card, "completed")
    wait_for(page, "card => card.querySelector('img')?.naturalWidth > 0", card)
    seen = statuses_of(page, card)
    assert seen[0] == "queued"
    assert "processing" in seen
    assert seen[-1] == "completed"
    expect(card.get_by_role("img", name="a red circle on a blue background")).to_be_visible()
    save_screenshot(page, "page-image.png")


def test_a_video_asked_for_on_the_page_plays_in_it(page: Page) -> None:
    card = ask(page, "a red circle moving right", "Video")

    expect_status(card, "completed")
    wait_for(page, "card => { const video = card.querySelector('video'); return video?.duration > 0; }", card)
    wait_for(page, "card => card.querySelector('video').readyState >= HTMLMediaElement.HAVE_METADATA", card)
    assert card.locator("video").get_attribute("poster")
    card.locator("video").evaluate("video => video.play()")
    wait_for(page, "card => card.querySelector('video').currentTime > 0", card)
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
    page.locator("details").evaluate("details => { details.open = true; }")
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
    expect(card.locator(".caption .problem")).to_contain_text(document["error"]["message"])
    assert "model" in document["error"]["message"]
    expect(card.get_by_role("button", name="Delete")).to_be_visible()


def test_script_in_a_prompt_stays_text(page: Page) -> None:
    prompt = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"

    card = ask(page, prompt, Steps=1)

    expect(card.locator(".caption .prompt")).to_have_text(prompt)
    expect_status(card, "completed")
    expect(card.locator(".caption img, script")).to_have_count(0)
    assert page.title() == "Safelight"


def test_a_generation_can_be_cancelled_from_the_page(page: Page) -> None:
    card = ask(page, "a slow one", Steps=200)
    expect_status(card, "processing")

    card.get_by_role("button", name="Cancel").click()

    expect_status(card, "cancelled", ANSWERED_MS)
    expect(card.locator(".state")).to_have_text("Cancelled")
    expect(card.get_by_role("button", name="Cancel")).to_be_hidden()


def test_a_generation_survives_a_reload_and_can_be_deleted_from_the_page(page: Page) -> None:
    card = ask(page, "here and gone", Steps=1)
    expect_status(card, "completed")
    user = user_of(page)
    path = f"generations/{user.uid}/images/{card.get_attribute('data-file-uid')}"

    page.reload()
    expect_status(card, "completed", ANSWERED_MS)
    card.get_by_role("button", name="Delete").click()

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
    expect(page.locator("#announcement")).to_have_text("Done: typed")


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_a_full_gallery_fits_the_window_by_day_and_by_night(page: Page, width: int) -> None:
    user = user_of(page)
    page.set_viewport_size({"width": width, "height": 800})
    expect_status(ask(page, "a red circle on a blue background", Steps=12), "completed")
    expect_status(ask(page, "a yellow ball moving to the right", "Video", Steps=12), "completed")
    create(user, "images", "failed", {"prompt": "a lighthouse in the fog", "model": "no-such-model"})
    expect_status(card_of(page, "a lighthouse"), "failed", ANSWERED_MS)
    slow = ask(page, "sunset over the sea, slowly", "Image", Steps=200)
    page.locator("details").evaluate("details => { details.open = false; }")
    expect(slow.locator(".words")).to_contain_text("%", timeout=GENERATED_MS)

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        save_screenshot(page, f"gallery-{width}-{scheme}.png")


def test_one_very_long_word_does_not_push_the_page_apart(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})

    create(user_of(page), "images", "long", {"prompt": f"one word: {'x' * 500}", "model": "no-such-model"})

    expect_status(card_of(page, "one word"), "failed", ANSWERED_MS)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


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


@pytest.fixture(scope="session")
def promised_script(tmp_path_factory: pytest.TempPathFactory) -> str:
    bundle = tmp_path_factory.mktemp("promised") / "promised.js"
    esbuild = ROOT / "node_modules" / ".bin" / "esbuild"
    options = ["--bundle", "--format=esm", "--target=es2022", "--log-level=warning", f"--outfile={bundle}"]
    subprocess.run([esbuild, SNIPPETS, *options], check=True, cwd=ROOT)
    return bundle.read_text(encoding="utf-8")


@pytest.fixture
def promised(visitors: Visitors, promised_script: str) -> Page:
    """A window where Hosting's page runs the promised snippets in place of ours, under the same policy."""
    page = visitors.window()
    page.route("**/main.js", lambda route: route.fulfill(body=promised_script, content_type="text/javascript"))
    page.goto(PAGE)
    page.wait_for_selector("[data-user-id]")
    return page


@pytest.mark.parametrize(
    ("media_type", "url"), [("images", "image_urls"), ("videos", "video_url")], ids=["images", "videos"]
)
def test_the_snippet_that_was_promised_sees_the_url_arrive(promised: Page, media_type: str, url: str) -> None:
    assert indent(PROMISED_SNIPPET.format(media_type=media_type, url=url), "  ") in SNIPPETS.read_text(
        encoding="utf-8"
    )
    user = user_of(promised)

    create(user, media_type, "promised", {"prompt": "a red circle"})

    shown = promised.locator("body > li")
    expect(shown).to_have_count(1, timeout=GENERATED_MS)
    document = user.read(f"generations/{user.uid}/{media_type}/promised")
    assert document is not None
    assert json.loads(shown.inner_text()) == document["generation_data"][url]
