"""One picture in full size."""

from playwright.sync_api import Page, expect

from emulator_tests.browser.cards import (
    card_of,
    save_screenshot,
)
from emulator_tests.browser.visitors import ANSWERED_MS


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
