"""People who come to the page, each with a browser window and a user of their own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, expect

from local.firebase_user import FirebaseUser
from local.firestore_json import SERVER_TIMESTAMP

PAGE = "http://127.0.0.1:5000"
ANSWERED_MS = 30_000
THIS_MACHINE = {"127.0.0.1", "localhost"}
# Notes every state that a card is seen in, and reports what the Content-Security-Policy stops.
WATCH = """
window.statuses = {};
new MutationObserver(() => {
  for (const { dataset } of document.querySelectorAll('[data-file-uid]')) {
    const seen = (window.statuses[dataset.fileUid] ??= []);
    if (seen.at(-1) !== dataset.status) seen.push(dataset.status);
  }
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-status'] });
addEventListener('securitypolicyviolation', (event) => {
  console.error(`policy: ${event.violatedDirective} stopped ${event.blockedURI}`);
});
"""

# Where the Firebase SDK keeps the user.
READ_TOKEN = """
() => new Promise((resolve, reject) => {
  const opening = indexedDB.open('firebaseLocalStorageDb');
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const kept = opening.result.transaction('firebaseLocalStorage').objectStore('firebaseLocalStorage').getAll();
    kept.onerror = () => reject(kept.error);
    kept.onsuccess = () => resolve(kept.result[0].value.stsTokenManager.accessToken);
  };
})
"""


class Visitors:
    """Opens windows, each a user of its own, and keeps what their browsers complain about."""

    def __init__(self, browser: Browser) -> None:
        self.complaints: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    def window(self) -> Page:
        """An empty window of somebody who has never been here."""
        context = self._browser.new_context(viewport={"width": 1280, "height": 900})
        self._contexts.append(context)
        context.set_default_timeout(ANSWERED_MS)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.on("console", lambda said: self._complain(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self._complain(str(error)))
        page.on("request", lambda request: self._judge(request.url))
        return page

    def on_page(self) -> Page:
        """A window with the page open and its user signed in."""
        page = self.window()
        page.goto(PAGE)
        expect(page.locator("#connection")).to_have_text("Connected", timeout=ANSWERED_MS)
        return page

    @contextmanager
    def offline(self, page: Page) -> Iterator[None]:
        """Cut the window off. What a browser and the Firebase SDK say of that is no complaint."""
        page.context.set_offline(offline=True)
        yield
        page.context.set_offline(offline=False)
        self.forget("ERR_INTERNET_DISCONNECTED|transport errored|Could not reach Cloud Firestore")
        self.forget("https://www.google.com/images/cleardot.gif")  # by which the SDK looks for a network

    def forget(self, pattern: str) -> None:
        """Drop the complaints that were to be expected."""
        self.complaints = [complaint for complaint in self.complaints if not re.search(pattern, complaint)]

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _complain(self, complaint: str) -> None:
        self.complaints.append(complaint)

    def _judge(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.hostname not in THIS_MACHINE:
            self._complain(f"request to {url}")


def user_of(page: Page) -> FirebaseUser:
    """The window's user, to write and read what the page itself has no button for."""
    return FirebaseUser(
        uid=page.locator("body").get_attribute("data-user-id") or "", token=page.evaluate(READ_TOKEN)
    )


def serve_script(page: Page, script: str) -> None:
    """Have Hosting's page run this in place of its own script."""
    page.route("**/main.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))


def create(user: FirebaseUser, media_type: str, file_uid: str, request_data: dict[str, Any]) -> None:
    """A generation that the page cannot ask for, through the rules all the same."""
    generation = {
        "status": "queued",
        "created_at": SERVER_TIMESTAMP,
        "user_id": user.uid,
        "file_uid": file_uid,
        "request_data": request_data,
    }
    answer = user.create(f"generations/{user.uid}/{media_type}/{file_uid}", generation)
    answer.raise_for_status()
