"""One picture in full size."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Download, FloatRect, Locator, Page, expect

from emulator_tests.browser.cards import (
    GENERATED_MS,
    ask,
    card_of,
    delete,
    expect_status,
    save_screenshot,
)
from emulator_tests.browser.old_documents import write_old_documents
from emulator_tests.browser.visitors import ANSWERED_MS, create, user_of


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


def test_one_of_several_pictures_is_downloaded_and_gone_back_to(page: Page) -> None:
    card = ask(page, "three studies", Steps=1, Pictures=3)
    expect_status(card, "completed")
    saved: list[str] = []

    def save(download: Download) -> None:
        saved.append(download.suggested_filename)

    page.on("download", save)
    card.locator(".open").nth(1).click()

    page.locator("#viewer").get_by_role("button", name="Download").click()
    page.wait_for_timeout(1_500)
    page.keyboard.press("Escape")

    name = f"{card.get_attribute('data-file-uid')}_1.png"
    assert saved == [name]
    expect(card.locator(".open").nth(1)).to_be_focused()


def test_the_viewer_goes_on_where_the_gallery_has_not_been_yet(page: Page) -> None:
    newest = datetime.now(UTC) - timedelta(days=1)
    write_old_documents(user_of(page).uid, "images", count=60, newest=newest)
    card_of(page, "old-000").locator(".open").click(timeout=ANSWERED_MS)
    said = page.locator("#viewer .prompt")

    for index in range(60):
        expect(said).to_have_text(f"old-{index:03} of long ago")
        if index < 59:
            expect(page.get_by_role("button", name="Next")).to_be_enabled()
            page.keyboard.press("ArrowRight")

    expect(page.locator("#viewer .position")).to_have_text("60 of 60")


def test_a_seed_that_was_drawn_can_be_used_again(page: Page) -> None:
    card = ask(page, "by chance", Steps=1)
    expect_status(card, "completed")
    card.locator(".open").click()
    viewer = page.locator("#viewer")

    viewer.get_by_role("button", name="Use this seed").click()

    expect(viewer.locator(".notices")).to_contain_text("The next ones start from this seed")
    drawn = page.evaluate("""
        () => [...document.querySelectorAll('#viewer dt')].find((term) => term.textContent === 'Seed')
              .nextElementSibling.textContent
    """)
    page.keyboard.press("Escape")
    expect(page.get_by_label("Seed", exact=True)).to_have_value(drawn)


def test_a_wide_picture_fills_the_window_and_a_long_prompt_is_read_from_its_beginning(page: Page) -> None:
    prompt = "a very long story. " * 100
    create(
        user_of(page),
        "images",
        "wide",
        {"prompt": prompt, "width": 128, "height": 64, "num_inference_steps": 1},
    )
    expect_status(card_of(page, "a very long story"), "completed")
    card_of(page, "a very long story").locator(".open").click()

    stage, side, picture, said = (
        box_of(page.locator(f"#viewer {selector}")) for selector in (".stage", ".side", "img", ".side .prompt")
    )

    assert picture["width"] == pytest.approx(stage["width"] - 128)  # its padding of 4rem on both sides
    assert picture["width"] == pytest.approx(2 * picture["height"])
    assert said["y"] >= side["y"]
    save_screenshot(page, "viewer-wide.png", full_page=False)


def box_of(place: Locator) -> FloatRect:
    box = place.bounding_box()
    assert box is not None
    return box


def test_what_ends_behind_the_viewer_is_said_in_it(three: Page) -> None:
    ask(three, "meanwhile", Steps=100)
    card_of(three, "old-001").locator(".open").click()

    expect(three.locator("#viewer .announcement")).to_have_text("Done: meanwhile", timeout=GENERATED_MS)
