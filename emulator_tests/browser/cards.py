"""What a person does on the page, and what the cards in its gallery show."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from emulator_tests.browser.visitors import ANSWERED_MS

SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
GENERATED_MS = 150_000  # for a loaded laptop that loads the model first


def ask(page: Page, prompt: str, media_type: str = "Image", **settings: int) -> Locator:
    """Fill in the form as a person does. The card that appears for it."""
    page.get_by_text(media_type, exact=True).click()
    page.get_by_label("Prompt", exact=True).fill(prompt)
    if settings:
        open_settings(page)
    for label, value in settings.items():
        page.get_by_label(label, exact=True).fill(str(value))
    page.get_by_role("button", name="Generate").click()
    return card_of(page, prompt)


def open_settings(page: Page) -> None:
    button = page.get_by_role("button", name="Settings", exact=True)
    if button.get_attribute("aria-expanded") == "false":
        button.click()


def card_of(page: Page, prompt: str) -> Locator:
    return page.locator("#gallery > .card").filter(has_text=prompt)


def delete(card: Locator) -> None:
    """Delete it, and say that it is meant."""
    card.get_by_role("button", name="Delete").click()
    card.page.get_by_role("dialog", name="Delete this?").get_by_role("button", name="Delete").click()


def expect_status(card: Locator, status: str, timeout_ms: int = GENERATED_MS) -> None:
    expect(card).to_have_attribute("data-status", status, timeout=timeout_ms)


def statuses_of(page: Page, card: Locator) -> list[str]:
    seen: list[str] = page.evaluate("uid => window.statuses[uid]", card.get_attribute("data-file-uid"))
    return seen


def wait_for(page: Page, condition: str, card: Locator) -> None:
    page.wait_for_function(condition, arg=card.element_handle(), timeout=ANSWERED_MS)


def save_screenshot(page: Page, name: str, *, full_page: bool = True) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / name, full_page=full_page)
