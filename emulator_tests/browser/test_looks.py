"""How the page looks: it fits every window, in both themes, and axe-core finds nothing to object to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from emulator_tests.browser.cards import (
    GENERATED_MS,
    ask,
    card_of,
    expect_status,
    open_settings,
    save_screenshot,
)
from emulator_tests.browser.visitors import ANSWERED_MS, PAGE, Visitors, create, user_of

ROOT = Path(__file__).resolve().parents[2]
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
STUDIES = "a purple heart"
PICTURES = [
    "sunset over the sea",
    "a yellow star on a purple background",
    "a house and a tree under a blue sky",
    "three green hearts on a white background",
    "a red circle on a blue background",
    "mountains under a starry sky",
]


def violations(page: Page) -> list[tuple[str, list[Any]]]:
    """What axe-core objects to, and where."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found]


@pytest.fixture(scope="module")
def gallery(browser: Browser) -> Iterator[Page]:
    """A gallery with something of everything."""
    visitors = Visitors(browser)
    page = visitors.on_page()
    user = user_of(page)
    for index, prompt in enumerate(PICTURES):
        create(user, "images", f"picture-{index}", {"prompt": prompt, "seed": 11 + index})
    create(user, "images", "four", {"prompt": STUDIES, "num_images": 4, "seed": 3})
    create(user, "images", "failed", {"prompt": "a lighthouse in the fog", "model": "no-such-model"})
    create(user, "videos", "ball", {"prompt": "a yellow ball moving to the right on a blue background"})
    create(user, "videos", "night", {"prompt": "day turning to night over the sea"})
    expect(page.locator(".card[data-status=completed]")).to_have_count(9, timeout=GENERATED_MS)
    expect_status(card_of(page, "a lighthouse"), "failed", ANSWERED_MS)
    yield page
    visitors.close()
    assert visitors.complaints == []


@pytest.fixture
def full(gallery: Page) -> Page:
    """The same page as a visitor finds it."""
    gallery.set_viewport_size({"width": 1280, "height": 900})
    gallery.emulate_media(color_scheme="light", reduced_motion="no-preference")
    gallery.reload()
    expect(gallery.locator(".card[data-status=failed]")).to_have_count(1)
    return gallery


def test_a_full_gallery_fits_every_window_by_day_and_by_night(full: Page) -> None:
    slow = ask(full, "sunset over the sea, slowly", "Image", Steps=200, Width=128, Height=128)
    full.get_by_role("button", name="Settings", exact=True).click()
    full.mouse.move(0, 0)  # no button is pointed at
    some = "card => Number(card.querySelector('.frame').style.getPropertyValue('--fraction')) > 0.3"
    full.wait_for_function(some, arg=slow.element_handle(), timeout=GENERATED_MS)

    for width, height in ((1440, 1000), (820, 1100)):
        full.set_viewport_size({"width": width, "height": height})
        look_by_day_and_by_night(full)
    with on_a_phone(full) as phone:
        phone.get_by_label("Prompt", exact=True).fill("sunset over the sea, slowly")
        phone.get_by_label("Prompt", exact=True).blur()
        for width, height in ((390, 844), (320, 640)):
            phone.set_viewport_size({"width": width, "height": height})
            look_by_day_and_by_night(phone)
        assert words_that_are_cut_off(phone) == []
        assert violations(phone) == []
    assert violations(full) == []


def look_by_day_and_by_night(page: Page) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        save_screenshot(page, f"gallery-{width}-{scheme}.png", full_page=False)


@contextmanager
def on_a_phone(page: Page) -> Iterator[Page]:
    """The same user, on a device whose scrollbars take no room."""
    browser = page.context.browser
    assert browser is not None
    state = page.context.storage_state(indexed_db=True)
    context = browser.new_context(storage_state=state, is_mobile=True, has_touch=True, device_scale_factor=2)
    phone = context.new_page()
    phone.goto(PAGE)
    expect(phone.locator(".card[data-status=failed]")).to_have_count(1, timeout=ANSWERED_MS)
    pictures = "() => [...document.querySelectorAll('.open img')].slice(0, 4).every((picture) => picture.complete)"
    phone.wait_for_function(pictures, timeout=ANSWERED_MS)
    yield phone
    context.close()


def words_that_are_cut_off(page: Page) -> list[str]:
    """Of what the cards say instead of a picture."""
    said: list[str] = page.evaluate("""
        () => [...document.querySelectorAll('.frame > p')].filter((line) => {
          const [box, frame] = [line.getBoundingClientRect(), line.parentElement.getBoundingClientRect()];
          const isOutside = box.top < frame.top || box.bottom > frame.bottom;
          return isOutside || line.scrollHeight > line.clientHeight + 1;
        }).map((line) => line.textContent)
    """)
    return said


def test_axe_finds_nothing_on_the_page_in_its_states(full: Page) -> None:
    for scheme in ("light", "dark"):
        full.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert violations(full) == []
        open_settings(full)
        full.get_by_label("Prompt", exact=True).fill("a lamp")
        full.get_by_label("Width", exact=True).fill("100")
        full.get_by_role("button", name="Generate").click()
        assert violations(full) == []
        save_screenshot(full, f"settings-{scheme}.png", full_page=False)
        full.get_by_label("Width", exact=True).fill("")
        card_of(full, STUDIES).locator(".open").first.click()
        save_screenshot(full, f"viewer-{scheme}.png", full_page=False)
        full.locator("#viewer").get_by_role("button", name="Copy prompt").click()
        expect(full.locator("#viewer .notices p").first).to_be_visible()
        assert violations(full) == []
        full.keyboard.press("Escape")
        full.get_by_role("button", name="Keep my pictures").click()
        assert violations(full) == []
        full.keyboard.press("Escape")
        card_of(full, STUDIES).get_by_role("button", name="Delete").click()
        assert violations(full) == []
        full.keyboard.press("Escape")


def test_axe_finds_nothing_on_an_empty_page_or_a_small_one(visitors: Visitors, page: Page) -> None:
    expect(page.locator("#empty")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert violations(page) == []
        save_screenshot(page, f"empty-{scheme}.png", full_page=False)
    page.set_viewport_size({"width": 390, "height": 844})
    with visitors.offline(page):
        expect(page.locator("#offline")).to_be_visible()
        assert violations(page) == []
        page.set_viewport_size({"width": 320, "height": 640})
        save_screenshot(page, "offline-320.png", full_page=False)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert (
            float(page.locator("#connection").evaluate("said => parseFloat(getComputedStyle(said).fontSize)")) > 0
        )


def test_everything_on_a_card_can_be_reached_by_keyboard(full: Page) -> None:
    full.get_by_label("Prompt", exact=True).focus()
    reached: list[str] = []
    for _ in range(40):
        full.keyboard.press("Tab")
        reached.append(full.evaluate("document.activeElement.dataset.action ?? document.activeElement.className"))

    assert {"open", "Run again", "Copy prompt", "Download", "Delete"} <= set(reached)
