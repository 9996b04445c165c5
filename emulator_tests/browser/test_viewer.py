"""One picture in full size."""

from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from emulator_tests.browser.cards import (
    card_of,
    delete,
    save_screenshot,
)
from emulator_tests.browser.old_documents import write_old_documents
from emulator_tests.browser.visitors import ANSWERED_MS, user_of


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
    expect(card_of(three, "old-001").locator(".open")).to_be_focused()


def test_the_viewer_of_the_only_picture_leads_back_to_the_gallery(three: Page) -> None:
    for name in ("old-001", "old-002"):
        delete(card_of(three, name))
        expect(card_of(three, name)).to_have_count(0, timeout=ANSWERED_MS)
    card_of(three, "old-000").locator(".open").click()

    three.locator("#viewer").get_by_role("button", name="Delete").click()
    three.get_by_role("dialog", name="Delete this?").get_by_role("button", name="Delete").click()

    expect(three.locator("#viewer")).to_be_hidden(timeout=ANSWERED_MS)
    expect(three.get_by_role("heading", name="Gallery")).to_be_focused()


def test_what_happens_in_the_gallery_takes_no_button_away_in_the_viewer(three: Page) -> None:
    """A press that has begun on it would do nothing, and the focus would be lost."""
    card_of(three, "old-001").locator(".open").click()
    viewer = three.locator("#viewer")
    expect(viewer.locator(".position")).to_have_text("2 of 3")
    button = viewer.get_by_role("button", name="Copy prompt")
    button.evaluate("button => { button.dataset.kept = 'yes'; button.focus(); }")

    write_old_documents(user_of(three).uid, "videos", count=1, newest=datetime.now(UTC))

    expect(viewer.locator(".position")).to_have_text("3 of 4", timeout=ANSWERED_MS)
    expect(button).to_have_attribute("data-kept", "yes")
    expect(button).to_be_focused()


def test_what_is_edited_from_the_viewer_is_in_the_form(three: Page) -> None:
    card_of(three, "old-002").locator(".open").click()

    three.locator("#viewer").get_by_role("button", name="Edit").click()

    expect(three.locator("#viewer")).to_be_hidden()
    three.wait_for_timeout(300)  # closing gives the focus back, later
    expect(three.get_by_label("Prompt", exact=True)).to_be_focused()
    expect(three.get_by_label("Prompt", exact=True)).to_have_value("old-002 of long ago")
