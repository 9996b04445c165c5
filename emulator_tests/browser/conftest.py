"""A real browser, and windows in it."""

import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from emulator_tests.browser.old_documents import write_old_documents
from emulator_tests.browser.visitors import PAGE, Visitors, serve_script, user_of
from emulator_tests.documents import PATIENCE_SECONDS
from local.chromium import installed_chromium

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(__file__).parent / "scripts"
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser(safelight: object) -> Iterator[Browser]:
    """One browser for each module: while Playwright runs, no other test of its thread can start an event loop."""
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


@pytest.fixture
def three(page: Page) -> Page:
    """A page with three old pictures."""
    write_old_documents(user_of(page).uid, "images", count=3, newest=datetime.now(UTC) - timedelta(days=1))
    expect(page.locator(".card")).to_have_count(3)
    return page


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """A script of `scripts/`, with everything that it imports."""
    made: dict[str, str] = {}

    def bundle(name: str) -> str:
        if name not in made:
            target = tmp_path_factory.mktemp("bundled") / "main.js"
            options = ["--bundle", "--format=esm", "--target=es2022", "--jsx=automatic", "--log-level=warning"]
            options += ["--tsconfig=web/tsconfig.json", '--define:process.env.NODE_ENV="production"']
            esbuild = ROOT / "node_modules" / ".bin" / "esbuild"
            subprocess.run([esbuild, SCRIPTS / name, *options, f"--outfile={target}"], check=True, cwd=ROOT)
            made[name] = target.read_text(encoding="utf-8")
        return made[name]

    return bundle


@pytest.fixture
def running(visitors: Visitors, bundled: Callable[[str], str]) -> Callable[[str], Page]:
    """Opens a window where Hosting's page runs another script in place of ours, under the same policy."""

    def run(name: str) -> Page:
        window = visitors.window()
        serve_script(window, bundled(name))
        window.goto(PAGE)
        window.wait_for_selector("[data-user-id]")
        return window

    return run


@pytest.fixture
def app(running: Callable[[str], Page]) -> Page:
    """A window where `safelight` is the client of the signed-in user."""
    page = running("client.ts")
    page.set_default_timeout(PATIENCE_SECONDS * 1000)
    return page
