"""JavaScript in a window, as the body of an asynchronous function."""

from typing import Any

from playwright.sync_api import Page


def evaluate(app: Page, body: str, argument: object = None) -> Any:  # noqa: ANN401 - whatever the script returns
    return app.evaluate(f"async (argument) => {{ {body} }}", argument)
