"""The form: a picture to start from, seeds, shapes, and what was asked before."""

import re

from playwright.sync_api import Page, expect

from emulator_tests.browser.cards import (
    GENERATED_MS,
    ask,
    card_of,
    expect_status,
    open_settings,
    save_screenshot,
)
from emulator_tests.browser.pictures import png
from emulator_tests.browser.visitors import ANSWERED_MS, Visitors, create, user_of


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
    open_settings(page)
    strength = page.get_by_label("Strength", exact=True)
    strength.fill("0.3")

    page.get_by_role("button", name="Remove the picture").click()

    expect(page.locator("#input-picture")).to_be_hidden()
    expect(strength).to_be_hidden()
    create(user_of(page), "images", "other", {"prompt": "another one", "seed": 7, "model": "no-such-model"})
    card_of(page, "another one").get_by_role("button", name="Edit").click(timeout=ANSWERED_MS)
    drop(page, list(png()), "image/png")
    expect(strength).to_have_value("")


def test_without_its_picture_nothing_is_made(page: Page) -> None:
    """It would be another one than was asked for, and paid all the same."""
    drop(page, list(b"<svg/>"), "image/png")
    expect(page.locator("#input-picture .words")).to_have_text(
        "This is not a picture that can be read: PNG, JPEG and WebP are."
    )

    page.get_by_label("Prompt", exact=True).fill("a lamp")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#form-error")).to_have_text(
        "Picture to start from is not there: choose another one, or remove it."
    )
    page.wait_for_timeout(500)
    expect(page.locator(".card")).to_have_count(0)

    page.get_by_role("button", name="Remove the picture").click()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator(".card")).to_have_count(1)


def test_what_is_typed_during_an_upload_goes_on(page: Page) -> None:
    page.route("**/v0/b/**", lambda _route: None)
    drop(page, list(png()), "image/png")
    expect(page.locator("#input-picture .words")).to_have_text("Uploading")
    page.get_by_label("Prompt", exact=True).fill("a lamp")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#form-error")).to_have_text("Picture to start from is still on its way: wait a moment.")
    expect(page.get_by_label("Prompt", exact=True)).to_be_focused()
    open_settings(page)
    steps = page.get_by_label("Steps", exact=True)
    steps.fill("12")

    page.unroute("**/v0/b/**")  # what was held goes on

    expect(page.get_by_label("Strength", exact=True)).to_be_visible()
    expect(page.locator("#form-error")).to_be_empty()
    expect(steps).to_be_focused()
    expect(steps).to_have_value("12")
    page.get_by_label("Strength", exact=True).fill("0.05")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#form-error")).to_have_text(
        "Strength \u00d7 Steps must be at least 1: nothing would be done."
    )


def test_a_model_that_starts_from_no_picture_does_not_offer_it(page: Page) -> None:
    drop(page, list(png()), "image/png")
    expect(page.locator("#input-picture .words")).to_have_text("Starts from this picture")

    page.get_by_text("Video", exact=True).click()

    expect(page.locator("#choose-picture")).to_be_hidden()
    expect(page.locator("#input-picture")).to_be_hidden()
    drop(page, list(png()), "image/png", on="body")
    expect(page.locator("body > .notices")).to_contain_text("This model does not start from a picture")
    page.get_by_text("Image", exact=True).click()
    expect(page.locator("#input-picture .words")).to_have_text("Starts from this picture")


def test_a_picture_can_be_dropped_beside_the_form(page: Page) -> None:
    drop(page, list(png()), "image/png", on="#gallery")

    expect(page.locator("#input-picture .words")).to_have_text("Starts from this picture")


def test_an_example_can_be_taken_back(page: Page) -> None:
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.press_sequentially("what I had thought of")

    page.get_by_role("list", name="Examples").get_by_role("button").first.click()
    expect(prompt).not_to_have_value("what I had thought of")
    page.keyboard.press("Control+z")

    expect(prompt).to_have_value("what I had thought of")


def test_an_upload_whose_script_cannot_be_fetched_says_what_to_do(visitors: Visitors, page: Page) -> None:
    page.route("**/*.js", lambda route: route.abort())

    drop(page, list(png()), "image/png")

    expect(page.locator("#input-picture .words")).to_have_text("Firebase cannot be reached. Check the connection.")
    visitors.forget("ERR_FAILED")


def drop(page: Page, content: list[int], content_type: str, *, on: str = "#prompt") -> None:
    """Drop a file on the page, as a browser tells it."""
    page.evaluate(
        """([content, type, on]) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([new Uint8Array(content)], 'dropped.png', {type}));
            for (const kind of ['dragover', 'drop']) {
                const event = new DragEvent(kind, {dataTransfer, bubbles: true, cancelable: true});
                document.querySelector(on).dispatchEvent(event);
            }
        }""",
        [content, content_type, on],
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
    portrait = page.get_by_role("button", name="Portrait")
    expect(page.get_by_role("button", name="Square")).to_have_attribute("aria-pressed", "true")

    portrait.click()

    expect(portrait).to_have_attribute("aria-pressed", "true")
    width = int(page.get_by_label("Width", exact=True).input_value())
    height = int(page.get_by_label("Height", exact=True).input_value())
    assert width < height
    page.get_by_label("Height", exact=True).fill(str(width))
    expect(portrait).to_have_attribute("aria-pressed", "false")
    portrait.click()
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


def test_asking_twice_at_once_is_asking_once(page: Page) -> None:
    generate = page.get_by_role("button", name="Generate")
    page.get_by_label("Prompt", exact=True).fill("only one")
    open_settings(page)
    page.get_by_label("Steps", exact=True).fill("1")

    generate.dblclick()
    page.get_by_label("Steps", exact=True).focus()
    for _ in range(5):  # a key that is held down
        page.keyboard.down("Enter")
        page.wait_for_timeout(200)
    page.keyboard.up("Enter")

    expect(page.locator(".card")).to_have_count(1)
    page.wait_for_timeout(1_000)
    generate.click()
    expect(page.locator(".card")).to_have_count(2)
