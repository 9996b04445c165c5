"""A list of the client's: page by page, live, and what is left behind by who leaves it."""

import re
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote_plus

from playwright.sync_api import Page, Request

from emulator_tests.browser.evaluate import evaluate
from emulator_tests.browser.old_documents import write_old_documents
from emulator_tests.browser.visitors import user_of
from emulator_tests.documents import PATIENCE_SECONDS


def test_a_list_goes_back_page_by_page_and_stays_live(app: Page) -> None:
    user = user_of(app)
    write_old_documents(user.uid, "images", count=50, newest=datetime.now(UTC) - timedelta(days=1))
    evaluate(
        app,
        """window.list = safelight.list('images', {pageSize: 20});
        window.list.subscribe((view) => { window.view = view; });
        window.ids = () => window.view?.generations.map(({fileUid}) => fileUid) ?? [];""",
    )
    app.wait_for_function("() => window.view?.live && window.ids().length === 20")
    app.evaluate("list.more()")
    app.wait_for_function("() => window.ids().length === 40 && window.view.hasMore && !window.view.loading")
    app.evaluate("list.more()")
    app.wait_for_function("() => window.ids().length === 50 && !window.view.hasMore && !window.view.loading")
    assert app.evaluate("window.ids()") == [f"old-{index:03}" for index in range(50)]

    fresh = evaluate(
        app,
        """const generation = safelight.generate({prompt: 'new', num_inference_steps: 1});
        await generation.result();
        return generation.fileUid;""",
    )
    evaluate(app, "await safelight.remove({mediaType: 'images', fileUid: 'old-030'});")

    app.wait_for_function(
        "() => window.view.generations[0].status === 'completed' && !window.ids().includes('old-030')"
    )
    ids = app.evaluate("window.ids()")
    assert ids[0] == fresh
    assert len(set(ids)) == len(ids) == 50


def test_a_page_closes_before_the_next_one_opens_so_that_there_is_no_gap(app: Page) -> None:
    write_old_documents(user_of(app).uid, "images", count=5, newest=datetime.now(UTC) - timedelta(days=1))

    closing = evaluate(
        app,
        """window.all = watch(safelight.list('images')); // so that Firestore has the older ones offline, too
        await all.until(({live}) => live);
        window.list = safelight.list('images', {pageSize: 2});
        window.paged = watch(list);
        await paged.until(({live, hasMore}) => live && hasMore);
        list.more();
        await network.off(); // before anything is answered
        const {fileUid} = safelight.generate({prompt: 'new', num_inference_steps: 1});
        const view = await paged.until(({generations}) => generations[0].fileUid === fileUid);
        list.more(); // does nothing
        return {...view, generations: idsOf(view)};""",
    )
    closed = evaluate(
        app,
        """await network.on();
        const view = await paged.until(({live, loading}) => live && !loading);
        return {...view, generations: idsOf(view)};""",
    )

    fresh, *old = closed["generations"]
    assert old == ["old-000", "old-001", "old-002", "old-003"]
    assert closed["hasMore"] is True
    assert closing == {"generations": [fresh, "old-000"], "hasMore": False, "loading": True, "live": False}
    for ids in app.evaluate("paged.views.map(idsOf)"):
        shown = [file_uid for file_uid in ids if file_uid != fresh]
        assert shown == old[: len(shown)]


class Listeners:
    """Those that a window has asked Firestore's server for."""

    def __init__(self, page: Page) -> None:
        self._said = ""
        page.on("request", self._hear)

    def _hear(self, request: Request) -> None:
        if "/Listen/channel" in request.url:
            self._said += unquote_plus(request.post_data or "")

    @property
    def begun(self) -> list[str]:
        return re.findall(r'"addTarget":.*?"targetId":(\d+)', self._said)

    @property
    def going_on(self) -> set[str]:
        return set(self.begun) - set(re.findall(r'"removeTarget":(\d+)', self._said))


def test_who_leaves_a_list_leaves_all_of_it_and_who_comes_back_sees_what_was_known(app: Page) -> None:
    listeners = Listeners(app)
    write_old_documents(user_of(app).uid, "images", count=3, newest=datetime.now(UTC) - timedelta(days=1))

    back = evaluate(
        app,
        """window.list = safelight.list('images', {pageSize: 2});
        const before = watch(list);
        await before.until(({live}) => live);
        before.leave();
        window.again = watch(list);
        const known = again.views[0];
        const live = await again.until(({live}) => live);
        return [known, live].map((view) => ({...view, generations: idsOf(view)}));""",
    )
    is_still_the_same = evaluate(
        app,
        """list.more();
        again.leave(); // while the page closes
        const last = list.current;
        const other = watch(safelight.list('images', {pageSize: 1}));
        await other.until(({live}) => live); // what was asked for before is answered, too
        other.leave();
        return list.current === last;""",
    )

    ids = ["old-000", "old-001"]
    assert back == [
        {"generations": ids, "hasMore": False, "loading": True, "live": False},
        {"generations": ids, "hasMore": True, "loading": False, "live": True},
    ]
    assert is_still_the_same
    deadline = time.monotonic() + PATIENCE_SECONDS
    while listeners.going_on and time.monotonic() < deadline:
        app.wait_for_timeout(100)
    assert listeners.going_on == set()
    assert len(listeners.begun) == 7  # the orders and a page, three times, and the page that was closing


def test_an_order_that_was_carried_out_while_nobody_looked_is_not_shown_any_more(app: Page) -> None:
    write_old_documents(user_of(app).uid, "images", count=1, newest=datetime.now(UTC) - timedelta(days=1))

    known, *later = evaluate(
        app,
        """const list = safelight.list('images');
        const other = watch(new client.Safelight(auth).list('images'));
        const before = watch(list);
        await before.until(({live}) => live);
        const order = safelight.cancel({mediaType: 'images', fileUid: 'old-000'});
        await before.until(({generations: [old]}) => old.ordered === 'cancel');
        before.leave();
        await order;
        await other.until(({generations: [old], live}) => live && old.ordered === undefined);
        const again = watch(list);
        await again.until(({live}) => live);
        return again.views.map(({generations: [old]}) => old.ordered ?? 'nothing');""",
    )

    assert known == "cancel"
    assert set(later) == {"nothing"}
