"""The gallery: what a card offers, paging, previews, and nothing that moves by itself."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from emulator_tests.browser.cards import (
    GENERATED_MS,
    ask,
    card_of,
    delete,
    expect_status,
    wait_for,
)
from emulator_tests.browser.old_documents import write_old_documents
from emulator_tests.browser.visitors import ANSWERED_MS, Visitors, user_of

LONG_AGO = timedelta(days=1)
MEANT_AFTER_MS = 1_000
"""A little more than web/page/repeats.ts has."""
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
    expect(card_of(three, "old-002").locator(".open")).to_be_focused()


def test_running_again_twice_at_once_is_running_again_once(three: Page) -> None:
    again = three.locator(".card[data-file-uid=old-001]").get_by_role("button", name="Run again")

    again.dblclick()
    expect(three.locator(".card")).to_have_count(4)
    three.wait_for_timeout(MEANT_AFTER_MS)
    again.click()

    expect(three.locator(".card")).to_have_count(5)


def test_where_cancel_was_is_nothing_that_costs(page: Page) -> None:
    """Pressed once more as it ends, it would ask for another one."""
    card = ask(page, "stop it", Steps=150)
    expect_status(card, "processing")
    card.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect_status(card, "cancelled", ANSWERED_MS)

    first = card.get_by_role("button").first
    expect(first).to_be_focused()
    expect(first).to_have_attribute("aria-disabled", "false")  # the order is off the table
    page.keyboard.press("Enter")

    page.wait_for_timeout(1_000)
    expect(page.locator(".card")).to_have_count(1)


def test_pictures_that_cannot_be_saved_are_opened_one_at_a_press(visitors: Visitors, page: Page) -> None:
    card = ask(page, "several of a kind", Steps=1, Pictures=3)
    expect_status(card, "completed")
    page.route("**/v0/b/**", lambda route: route.abort())

    with page.expect_popup() as opening:
        card.get_by_role("button", name="Download").click()
    expect(page.locator("body > .notices")).to_contain_text("The first is open in a tab")
    opening.value.close()
    assert len(page.context.pages) == 1
    visitors.forget("ERR_FAILED")

    with visitors.offline(page):
        card.get_by_role("button", name="Download").click()
        expect(page.locator("body > .notices")).to_contain_text("You are offline")
    assert len(page.context.pages) == 1
    visitors.forget("ERR_FAILED")


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
    expect(cards.first).to_have_attribute("data-media-type", "videos", timeout=ANSWERED_MS)
    page.wait_for_timeout(1_000)
    assert cards.count() < 100
    page.evaluate("document.querySelector('.card').dataset.kept = 'yes'")
    page.evaluate(LAYOUT_SHIFTS)

    seen = [uids_of(cards)]
    while (before := cards.count()) < 200:  # asked once: the last page may come by itself in between
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.wait_for_function(
            "before => document.querySelectorAll('.card').length > before", arg=before, timeout=ANSWERED_MS
        )
        seen.append(uids_of(cards))

    expect(cards).to_have_count(200)
    expect(page.locator("#more")).to_be_hidden()
    expect(cards.first).to_have_attribute("data-kept", "yes")  # it was never made anew
    last = uids_of(cards)
    assert [uid for uid in last if uid.startswith("images")] == [f"images/old-{index:03}" for index in range(150)]
    assert [uid for uid in last if uid.startswith("videos")] == [f"videos/old-{index:03}" for index in range(50)]
    assert all(last[: len(uids)] == uids for uids in seen)  # older ones only ever come below
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
