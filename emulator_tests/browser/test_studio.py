"""The finer parts of the page: pictures to start from, the viewer, seeds, what a card offers, accounts."""

import io
import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from emulator_tests.browser.cards import (
    GENERATED_MS,
    ask,
    card_of,
    delete,
    expect_status,
    open_settings,
    save_screenshot,
    wait_for,
)
from emulator_tests.browser.old_documents import write_old_documents
from emulator_tests.browser.visitors import ANSWERED_MS, PAGE, Visitors, create, user_of

LONG_AGO = timedelta(days=1)
# Cards that move without anybody's doing. The button below them does move, when others come above it.
LAYOUT_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const { hadRecentInput, sources } of list.getEntries()) {
    const cards = sources.flatMap(({ node }) => node?.closest?.('.card')?.outerHTML ?? []);
    if (!hadRecentInput) window.shifts.push(...cards);
  }
}).observe({ type: 'layout-shift' });
"""


def png() -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def three(page: Page) -> Page:
    """A page with three old pictures."""
    write_old_documents(user_of(page).uid, "images", count=3, newest=datetime.now(UTC) - LONG_AGO)
    expect(page.locator(".card")).to_have_count(3)
    return page


def test_a_picture_that_is_chosen_is_what_it_starts_from(page: Page) -> None:
    page.locator("#picture-file").set_input_files({"name": "start.png", "mimeType": "image/png", "buffer": png()})
    expect(page.locator("#input-picture .words")).to_have_text("Starts from this picture")
    expect(page.locator("#input-picture img")).to_be_visible()

    card = ask(page, "sunset over the sea", Strength=1)

    expect_status(card, "completed")
    user = user_of(page)
    document = user.read(f"generations/{user.uid}/images/{card.get_attribute('data-file-uid')}")
    assert document is not None
    assert document["request_data"]["input_image"].startswith(f"uploads/{user.uid}/")
    assert document["request_data"]["strength"] == 1
    save_screenshot(page, "input-picture.png")


def test_a_picture_can_be_dropped_and_taken_away_again(page: Page) -> None:
    drop(page, list(png()), "image/png")
    expect(page.locator("#input-picture .words")).to_have_text("Starts from this picture")

    page.get_by_role("button", name="Remove the picture").click()

    expect(page.locator("#input-picture")).to_be_hidden()
    open_settings(page)
    expect(page.get_by_label("Strength", exact=True)).to_have_count(0)
    drop(page, list(b"<svg/>"), "image/png")
    expect(page.locator("#input-picture .words")).to_have_text(
        "This is not a picture that can be read: PNG, JPEG and WebP are."
    )


def test_a_model_that_starts_from_no_picture_does_not_offer_it(page: Page) -> None:
    page.get_by_text("Video", exact=True).click()

    expect(page.locator("#choose-picture")).to_be_hidden()


def drop(page: Page, content: list[int], content_type: str) -> None:
    """Drop a file on the form, as a browser tells it."""
    page.evaluate(
        """([content, type]) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([new Uint8Array(content)], 'dropped.png', {type}));
            for (const kind of ['dragover', 'drop']) {
                const event = new DragEvent(kind, {dataTransfer, bubbles: true, cancelable: true});
                document.querySelector('#prompt').dispatchEvent(event);
            }
        }""",
        [content, content_type],
    )


def test_a_seed_can_be_kept(page: Page) -> None:
    open_settings(page)
    seed = page.get_by_label("Seed", exact=True)
    lock = page.get_by_role("button", name="Keep the seed")
    expect(lock).to_have_attribute("aria-pressed", "false")

    lock.click()

    expect(seed).to_have_value(re.compile(r"^\d+$"))
    expect(lock).to_have_attribute("aria-pressed", "true")
    kept = seed.input_value()
    page.get_by_text("Video", exact=True).click()
    expect(page.get_by_label("Seed", exact=True)).to_have_value(kept)
    lock.click()
    expect(seed).to_have_value("")


def test_a_shape_fills_in_both_sides(page: Page) -> None:
    open_settings(page)

    page.get_by_role("button", name="Portrait").click()

    width = int(page.get_by_label("Width", exact=True).input_value())
    height = int(page.get_by_label("Height", exact=True).input_value())
    assert width < height
    card = ask(page, "a tall one", Steps=1)
    expect_status(card, "completed")


def test_what_was_asked_can_be_changed_and_asked_again(page: Page) -> None:
    user = user_of(page)
    create(user, "videos", "failed", {"prompt": "a lamp", "model": "safelight-video", "seed": 7, "num_frames": 8})
    card = card_of(page, "a lamp")
    expect_status(card, "failed", ANSWERED_MS)

    card.get_by_role("button", name="Edit").click()

    expect(page.get_by_label("Prompt", exact=True)).to_be_focused()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("a lamp")
    expect(page.get_by_label("Video", exact=True)).to_be_checked()
    expect(page.get_by_label("Seed", exact=True)).to_have_value("7")
    page.get_by_label("Frames", exact=True).fill("9")
    page.get_by_label("Steps", exact=True).fill("1")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator(".card[data-status=completed]")).to_have_count(1, timeout=GENERATED_MS)


def test_a_card_can_be_run_again_copied_and_downloaded(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    card = ask(page, "again and again", Steps=1, Seed=5)
    expect_status(card, "completed")

    with page.expect_download() as downloading:
        card.get_by_role("button", name="Download").click()
    assert downloading.value.suggested_filename == f"{card.get_attribute('data-file-uid')}.png"
    assert Path(downloading.value.path()).read_bytes().startswith(b"\x89PNG")
    card.get_by_role("button", name="Copy prompt").click()
    expect(page.locator("body > .notices")).to_contain_text("Prompt copied")
    assert page.evaluate("navigator.clipboard.readText()") == "again and again"
    card.locator(".open").click()
    page.locator("#viewer").get_by_role("button", name="Copy settings").click()
    page.wait_for_function("() => navigator.clipboard.readText().then((text) => text.startsWith('{'))")
    assert json.loads(page.evaluate("navigator.clipboard.readText()")) == {
        "prompt": "again and again",
        "model": "safelight-image",
        "num_inference_steps": 1,
        "seed": 5,
    }
    page.keyboard.press("Escape")
    card.get_by_role("button", name="Run again").click()
    expect(page.locator(".card[data-status=completed]")).to_have_count(2, timeout=GENERATED_MS)


def test_deleting_asks_first(three: Page) -> None:
    card = card_of(three, "old-001")

    card.get_by_role("button", name="Delete").click()
    three.keyboard.press("Escape")
    expect(three.get_by_role("dialog")).to_have_count(0)
    expect(card.get_by_role("button", name="Delete")).to_be_focused()
    delete(card)

    expect(card).to_have_count(0, timeout=ANSWERED_MS)
    expect(three.locator(".card")).to_have_count(2)


def test_the_viewer_goes_through_the_gallery_by_keyboard(three: Page) -> None:
    opener = card_of(three, "old-001").locator(".open")
    opener.focus()
    three.keyboard.press("Enter")
    said = three.locator("#viewer .prompt")
    expect(said).to_have_text("old-001 of long ago")
    expect(three.locator("#viewer .facts")).to_contain_text("64 \u00d7 64")

    three.keyboard.press("ArrowRight")
    expect(said).to_have_text("old-002 of long ago")
    expect(three.get_by_role("button", name="Next")).to_be_disabled()
    three.keyboard.press("ArrowRight")
    expect(said).to_have_text("old-002 of long ago")
    three.keyboard.press("Home")
    expect(said).to_have_text("old-000 of long ago")
    save_screenshot(three, "viewer.png", full_page=False)
    three.keyboard.press("Escape")

    expect(three.locator("#viewer")).to_be_hidden()
    expect(card_of(three, "old-000").locator(".open")).to_be_focused()


def test_the_viewer_closes_when_its_picture_is_deleted(three: Page) -> None:
    card_of(three, "old-002").locator(".open").click()
    expect(three.locator("#viewer")).to_be_visible()

    three.locator("#viewer").get_by_role("button", name="Delete").click()
    three.get_by_role("dialog", name="Delete this?").get_by_role("button", name="Delete").click()

    expect(three.locator("#viewer")).to_be_hidden(timeout=ANSWERED_MS)
    expect(three.locator(".card")).to_have_count(2)
    expect(three.get_by_role("heading", name="Gallery")).to_be_focused()


def test_what_is_edited_from_the_viewer_is_in_the_form(three: Page) -> None:
    card_of(three, "old-002").locator(".open").click()

    three.locator("#viewer").get_by_role("button", name="Edit").click()

    expect(three.locator("#viewer")).to_be_hidden()
    three.wait_for_timeout(300)  # closing gives the focus back, later
    expect(three.get_by_label("Prompt", exact=True)).to_be_focused()
    expect(three.get_by_label("Prompt", exact=True)).to_have_value("old-002 of long ago")


def test_scrolling_down_offline_empties_nothing(visitors: Visitors, page: Page) -> None:
    write_old_documents(user_of(page).uid, "images", count=60, newest=datetime.now(UTC) - LONG_AGO)
    expect(page.locator(".card").nth(23)).to_be_attached(timeout=ANSWERED_MS)
    expect(page.locator("#connection")).to_have_text("Connected")
    page.wait_for_timeout(1_000)
    before = page.locator(".card").count()

    with visitors.offline(page):
        expect(page.locator("#connection")).to_have_text("Offline")
        page.locator(".card").last.scroll_into_view_if_needed()
        page.wait_for_timeout(1_500)
        assert page.locator(".card").count() >= before


def test_two_hundred_old_documents_come_page_by_page(page: Page) -> None:
    newest = datetime.now(UTC) - LONG_AGO
    write_old_documents(user_of(page).uid, "images", count=150, newest=newest)
    write_old_documents(user_of(page).uid, "videos", count=50, newest=newest + timedelta(seconds=1), minutes=3)
    cards = page.locator(".card")
    expect(cards.first).to_be_visible(timeout=ANSWERED_MS)
    page.wait_for_timeout(1_000)
    assert cards.count() < 100
    page.evaluate("document.querySelector('.card').dataset.kept = 'yes'")
    page.evaluate(LAYOUT_SHIFTS)

    seen = [uids_of(cards)]
    while cards.count() < 200:
        before = cards.count()
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.wait_for_function(
            "before => document.querySelectorAll('.card').length > before", arg=before, timeout=ANSWERED_MS
        )

        seen.append(uids_of(cards))

    expect(cards).to_have_count(200)
    expect(page.locator("#more")).to_be_hidden()
    expect(cards.first).to_have_attribute("data-kept", "yes")  # it was never made anew
    *earlier, last = seen
    assert [uid for uid in last if uid.startswith("images")] == [f"images/old-{index:03}" for index in range(150)]
    assert [uid for uid in last if uid.startswith("videos")] == [f"videos/old-{index:03}" for index in range(50)]
    assert all(last[: len(uids)] == uids for uids in earlier)  # older ones only ever come below
    assert page.evaluate("window.shifts") == []


def uids_of(cards: Locator) -> list[str]:
    uids: list[str] = cards.evaluate_all(
        "cards => cards.map(({dataset}) => `${dataset.mediaType}/${dataset.fileUid}`)"
    )
    return uids


def test_nothing_moves_when_a_picture_arrives(page: Page) -> None:
    card = ask(page, "a house and a tree under a blue sky", Steps=60)
    expect(card).to_be_visible()
    page.evaluate(LAYOUT_SHIFTS)

    expect_status(card, "completed")
    wait_for(page, "card => card.querySelector('.open img')?.naturalWidth > 0", card)

    assert page.evaluate("window.shifts") == []


def test_a_preview_is_shown_while_it_denoises(page: Page) -> None:
    card = ask(page, "sunset over the sea", Steps=150, Width=96, Height=96)

    expect(card.locator("img.preview")).to_be_visible(timeout=GENERATED_MS)
    expect(card.locator(".words")).to_have_text(re.compile(r"Generating \d+\s%, .* left"), timeout=GENERATED_MS)
    fraction = "card => Number(card.querySelector('.frame').style.getPropertyValue('--fraction')) > 0"
    wait_for(page, fraction, card)
    expect_status(card, "completed")
    wait_for(page, "card => card.querySelector('img.preview') === null", card)


def test_who_wants_less_motion_gets_none(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")

    card = ask(page, "a calm one", Steps=100)
    expect_status(card, "processing")

    assert card.locator(".lamp").evaluate("lamp => getComputedStyle(lamp).animationName") == "none"
    expect_status(card, "completed")
    assert card.locator(".open img").evaluate("image => getComputedStyle(image).animationName") == "none"


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4().hex}@example.com"


@pytest.fixture
def account(page: Page) -> Locator:
    page.get_by_role("button", name="Keep my pictures").click()
    return page.locator("#account")


def test_a_guest_who_opens_an_account_keeps_the_pictures(page: Page, email: str, account: Locator) -> None:
    page.keyboard.press("Escape")
    expect_status(ask(page, "mine for ever", Steps=1), "completed")
    uid = user_of(page).uid
    page.get_by_role("button", name="Keep my pictures").click()
    account.get_by_label("Email").fill(email)
    account.get_by_label("Password").fill("correct horse")
    save_screenshot(page, "account.png", full_page=False)

    account.get_by_role("button", name="Create account").click()

    expect(page.locator("#account-name")).to_have_text(email)
    expect(account).to_be_hidden()
    assert user_of(page).uid == uid
    expect(card_of(page, "mine for ever")).to_have_count(1)

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Keep my pictures")).to_be_visible(timeout=ANSWERED_MS)
    expect(page.locator(".card")).to_have_count(0)
    expect(page.locator("#empty")).to_be_visible(timeout=ANSWERED_MS)
    page.get_by_role("button", name="Keep my pictures").click()
    account.get_by_label("Email").fill(email)
    account.get_by_label("Password").fill("correct horse")
    account.get_by_role("button", name="Sign in").click()
    expect(card_of(page, "mine for ever")).to_have_count(1, timeout=ANSWERED_MS)
    assert page.locator("body").get_attribute("data-user-id") == uid


def test_what_is_wrong_with_an_account_is_said(visitors: Visitors, page: Page, account: Locator) -> None:
    account.get_by_label("Email").fill("nobody")
    account.get_by_label("Password").fill("x")

    account.get_by_role("button", name="Create account").click()
    expect(account.get_by_role("alert")).to_have_text("This is not an email address.")
    account.get_by_label("Email").fill(f"{uuid.uuid4().hex}@example.com")
    account.get_by_role("button", name="Create account").click()
    expect(account.get_by_role("alert")).to_have_text("The password must have at least 6 characters.")
    account.get_by_role("button", name="Sign in").click()
    expect(account.get_by_role("alert")).to_have_text("Email and password do not match.")
    visitors.complaints.clear()  # a browser's console names every answer that is an error


def test_the_page_says_where_its_project_is_not_known(visitors: Visitors) -> None:
    page = visitors.window()
    page.route("**/__/firebase/init.json", lambda route: route.fulfill(status=404))

    page.goto(PAGE)

    expect(page.locator("#page-error")).to_contain_text("does not know its Firebase project")
    expect(page.locator("#connection")).to_have_text("Not connected")
    visitors.complaints.clear()
