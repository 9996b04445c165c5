"""Guests, accounts, and a page that does not know its project."""

import uuid

import pytest
import requests
from playwright.sync_api import Dialog, Locator, Page, expect

from emulator_tests.browser.cards import (
    ask,
    card_of,
    delete,
    expect_status,
    save_screenshot,
)
from emulator_tests.browser.pictures import png
from emulator_tests.browser.visitors import ANSWERED_MS, PAGE, Visitors, user_of
from local.emulator_environment import PROJECT
from local.firebase_user import AUTH, TIMEOUT_SECONDS

LOOKED_AFTER_MS = 2_000
"""More than the time after which Firebase looks for what another tab has done, 800 ms."""


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
    expect(page.get_by_role("button", name="Sign out")).to_be_focused()
    assert user_of(page).uid == uid
    expect(card_of(page, "mine for ever")).to_have_count(1)

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Keep my pictures")).to_be_visible(timeout=ANSWERED_MS)
    expect(page.locator(".card")).to_have_count(0)
    expect(page.locator("#empty")).to_be_visible(timeout=ANSWERED_MS)
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("")  # whoever comes next reads nothing
    page.get_by_role("button", name="Keep my pictures").click()
    expect(account.get_by_label("Email")).to_have_value("")
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


def test_a_session_that_ends_elsewhere_takes_nothing_that_is_typed(
    page: Page, email: str, account: Locator
) -> None:
    other = page.context.new_page()
    other.goto(PAGE)
    expect(other.locator("#connection")).to_have_text("Connected", timeout=ANSWERED_MS)
    page.bring_to_front()
    account.get_by_label("Email").fill(email)
    account.get_by_label("Password").fill("correct horse")
    account.get_by_role("button", name="Create account").click()
    expect(other.locator("#account-name")).to_have_text(email)
    other.get_by_label("Prompt", exact=True).fill("half a thou")
    other.locator("#picture-file").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": png()})
    expect(other.locator("#input-picture .words")).to_have_text("Starts from this picture")

    page.get_by_role("button", name="Sign out").click()

    expect(other.locator("#page-error")).to_contain_text("Your session has ended", timeout=ANSWERED_MS)
    expect(other.get_by_label("Prompt", exact=True)).to_have_value("half a thou")
    expect(other.locator("#input-picture .words")).to_have_text("It belongs to who was signed in before")
    expect(page.get_by_role("button", name="Keep my pictures")).to_be_visible(timeout=ANSWERED_MS)
    page.wait_for_timeout(LOOKED_AFTER_MS)
    expect(page.locator("#page-error")).to_be_empty()


def test_who_has_forgotten_the_password_gets_an_email(page: Page, email: str, account: Locator) -> None:
    account.get_by_label("Email").fill(email)
    account.get_by_label("Password").fill("correct horse")
    account.get_by_role("button", name="Create account").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Keep my pictures").click()
    account.get_by_label("Email").fill(email)

    account.get_by_role("button", name="Forgot the password").click()

    expect(page.locator("body > .notices")).to_contain_text("An email is on its way")
    sent = requests.get(f"{AUTH}/emulator/v1/projects/{PROJECT}/oobCodes", timeout=TIMEOUT_SECONDS).json()[
        "oobCodes"
    ]
    assert [one["requestType"] for one in sent if one["email"] == email] == ["PASSWORD_RESET"]


def test_the_page_says_where_its_project_is_not_known(visitors: Visitors) -> None:
    page = visitors.window()
    page.route("**/__/firebase/init.json", lambda route: route.fulfill(status=404))

    page.goto(PAGE)

    expect(page.locator("#page-error")).to_contain_text("does not know its Firebase project")
    expect(page.locator("#connection")).to_have_text("Not connected")
    visitors.complaints.clear()


def test_a_project_that_cannot_be_reached_at_first_is_reached_later(visitors: Visitors) -> None:
    page = visitors.window()
    page.route("**/__/firebase/init.json", lambda route: route.abort())
    page.goto(PAGE)
    expect(page.locator("#page-error")).to_contain_text("cannot be reached any more")

    page.unroute("**/__/firebase/init.json")
    page.evaluate("dispatchEvent(new Event('online'))")

    expect(page.locator("#connection")).to_have_text("Connected", timeout=ANSWERED_MS)
    expect(page.locator("#page-error")).to_be_empty()
    visitors.complaints.clear()


def test_a_guest_gets_in_though_the_browser_says_that_there_was_a_network_all_the_time(visitors: Visitors) -> None:
    page = visitors.window()
    page.route("**/accounts:signUp*", lambda route: route.abort())
    page.goto(PAGE)
    expect(page.locator("#page-error")).to_contain_text("cannot be reached", timeout=ANSWERED_MS)

    page.unroute("**/accounts:signUp*")

    expect(page.locator("#connection")).to_have_text("Connected", timeout=ANSWERED_MS)
    expect(page.get_by_role("button", name="Generate")).to_be_enabled()
    visitors.complaints.clear()


def test_nobody_leaves_before_all_is_sent(visitors: Visitors, page: Page, email: str, account: Locator) -> None:
    account.get_by_label("Email").fill(email)
    account.get_by_label("Password").fill("correct horse")
    account.get_by_role("button", name="Create account").click()
    expect(page.locator("#account-name")).to_have_text(email)

    with visitors.offline(page):
        card = ask(page, "not sent yet", Steps=1)
        expect_status(card, "sending")
        page.get_by_role("button", name="Sign out").click()
        expect(page.locator("body > .notices")).to_contain_text("Wait until everything is sent")

    expect_status(card, "completed")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Keep my pictures")).to_be_visible(timeout=ANSWERED_MS)


def test_the_browser_asks_before_an_order_is_lost(visitors: Visitors, page: Page) -> None:
    expect_status(ask(page, "gone soon", Steps=1), "completed")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)

    with visitors.offline(page):
        delete(card_of(page, "gone soon"))
        expect(card_of(page, "gone soon").locator(".words")).to_have_text("Deleting")
        page.close(run_before_unload=True)
        page.wait_for_timeout(1_000)

    assert asked == ["beforeunload"]
    expect(card_of(page, "gone soon")).to_have_count(0, timeout=ANSWERED_MS)
