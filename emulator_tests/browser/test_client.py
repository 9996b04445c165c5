"""The TypeScript client in a real browser, against everything that runs behind it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from emulator_tests.browser.evaluate import evaluate
from emulator_tests.browser.old_documents import write_old_documents
from emulator_tests.browser.pictures import png
from emulator_tests.browser.visitors import Visitors, serve_script, user_of
from emulator_tests.documents import PATIENCE_SECONDS, command, wait_for, wait_for_end
from local.firebase_user import FirebaseUser

Run = Callable[[str], Page]


def code_of(app: Page, expression: str) -> dict[str, Any]:
    """The error that an expression ends with."""
    told: dict[str, Any] = evaluate(
        app,
        f"""try {{ await ({expression}); }} catch (error) {{
            const {{ name, code, message, field, retryable }} = error;
            return {{ name, code, message, field, retryable }};
        }}""",
    )
    return told


def test_iterating_shows_every_state_that_it_sees_and_ends_with_the_last(app: Page) -> None:
    states = evaluate(
        app,
        """const seen = [];
        for await (const state of safelight.generate({prompt: 'a red circle'})) seen.push(state);
        return seen;""",
    )

    statuses = [state["status"] for state in states]
    assert statuses[0] == "sending"
    assert statuses[-1] == "completed"
    order = ["sending", "queued", "processing", "completed"]
    assert statuses == sorted(statuses, key=order.index)
    assert states[-1]["request"] == {"prompt": "a red circle"}
    assert states[-1]["seed"] == states[-1]["result"]["seed"]
    assert len(states[-1]["result"]["image_urls"]) == 1


def test_a_video_is_asked_for_in_its_own_collection(app: Page) -> None:
    made = evaluate(
        app, "return safelight.generate({prompt: 'a ball', num_frames: 5, fps: undefined}, 'videos').result();"
    )

    assert made["num_frames"] == 5
    assert made["video_url"].startswith("http")


def test_a_callback_hears_until_it_leaves(app: Page) -> None:
    heard = evaluate(
        app,
        """const generation = safelight.generate({prompt: 'heard', num_inference_steps: 1});
        const heard = [], later = [];
        const leave = generation.subscribe(({status}) => heard.push(status));
        leave();
        await generation.result();
        generation.subscribe(({status}) => later.push(status));
        return [heard, [...new Set(later)]];""",
    )

    assert heard == [["sending"], ["completed"]]


def test_queued_is_said_only_when_the_server_has_it(visitors: Visitors, app: Page) -> None:
    with visitors.offline(app):
        evaluate(
            app,
            """window.generation = safelight.generate({prompt: 'offline', num_inference_steps: 1});
            window.seen = [];
            window.generation.subscribe(({status}) => window.seen.push(status));""",
        )
        app.wait_for_timeout(1_500)
        assert set(app.evaluate("window.seen")) == {"sending"}

    assert evaluate(app, "return (await window.generation.result()).image_urls.length;") == 1
    assert {"queued", "processing"} & set(app.evaluate("window.seen"))


def test_cancelling_ends_it_in_the_middle(app: Page) -> None:
    statuses = evaluate(
        app,
        """const large = {num_inference_steps: 200, width: 256, height: 256};
        const generation = safelight.generate({prompt: 'slow', ...large});
        const seen = [];
        for await (const {status} of generation) {
            seen.push(status);
            if (status === 'processing') await generation.cancel();
        }
        return seen;""",
    )

    assert statuses[-1] == "cancelled"
    assert "processing" in statuses
    error = code_of(app, "safelight.generate({prompt: 'x', num_inference_steps: 200}).cancel()")
    assert error is None


def test_without_a_result_the_error_says_why(app: Page) -> None:
    missing = "'uploads/' + auth.currentUser.uid + '/not-there.png'"

    error = code_of(app, f"safelight.generate({{prompt: 'from nothing', input_image: {missing}}}).result()")

    assert error["name"] == "SafelightError"
    assert error["code"] == "invalid_request"
    assert error["field"] == "input_image"
    assert error["retryable"] is False
    cancelled = code_of(
        app,
        """(async () => {
            const slow = safelight.generate({prompt: 'slow', num_inference_steps: 200});
            await slow.sent;
            await slow.cancel();
            return slow.result();
        })()""",
    )
    assert cancelled["code"] == "cancelled"


@pytest.mark.parametrize(
    ("request_data", "media_type", "field", "message"),
    [
        ({"prompt": "x" * 2001}, "images", "prompt", "is 2,001 characters long: at most 2,000 are allowed"),
        ({"prompt": "x", "width": 100}, "images", "width", "must be a multiple of 16"),
        ({"prompt": "x", "seed": 2**53}, "images", "seed", "must be at most 9,007,199,254,740,991"),
        ({"prompt": "x", "fps": 8}, "images", "fps", "is not a known field"),
        ({"prompt": "x", "strength": 0.5}, "images", "strength", "means something only with input_image"),
        ({"prompt": "x", "strength": 0.5}, "videos", "strength", "does not apply to the model safelight-video"),
    ],
    ids=["prompt", "multiple", "seed", "unknown", "alone", "model"],
)
def test_a_request_that_would_be_refused_is_refused_at_once_with_its_field(
    app: Page, request_data: dict[str, Any], media_type: str, field: str, message: str
) -> None:
    error = evaluate(
        app,
        """try { safelight.generate(...argument); } catch ({code, field, message}) {
            return {code, field, message};
        }""",
        [request_data, media_type],
    )

    assert error == {"code": "invalid_request", "field": field, "message": f"{field} {message}"}


def test_a_write_that_the_rules_refuse_is_a_state_and_an_error(app: Page) -> None:
    told = evaluate(
        app,
        """const stranger = {app: auth.app, currentUser: {uid: 'somebody-else'}};
        const generation = new client.Safelight(stranger).generate({prompt: 'not mine'});
        const sent = await generation.sent.catch(({code, retryable}) => ({code, retryable}));
        const result = await generation.result().catch(({code}) => code);
        return {sent, result, status: generation.current.status};""",
    )

    assert told == {"sent": {"code": "refused", "retryable": False}, "result": "refused", "status": "refused"}
    left = evaluate(
        app,
        """const stranger = {app: auth.app, currentUser: {uid: 'somebody-else'}};
        const generation = new client.Safelight(stranger).generate({prompt: 'not mine'});
        stranger.currentUser = {uid: 'a-third'};
        const sent = await generation.sent.catch(({code}) => code);
        return {sent, status: generation.current.status, shown: generation.current.error.code};""",
    )
    assert left == {"sent": "not_signed_in", "status": "refused", "shown": "not_signed_in"}


def test_what_the_server_never_had_is_not_called_deleted(app: Page) -> None:
    """Who signs out takes along what was not sent: that goes from the window, too."""
    app.route("**/google.firestore.v1.Firestore/Write/**", lambda _route: None)

    told = evaluate(
        app,
        """const generation = safelight.generate({prompt: 'on its way'});
        const heard = [];
        const failed = new Promise((resolve) => {
            generation.subscribe(({status}) => heard.push(status), ({code}) => resolve(code));
        });
        await watch(safelight.list('images')).until(({live}) => live); // the server has said that it is not there
        await auth.signOut();
        return {failed: await failed, heard: [...new Set(heard)]};""",
    )

    assert told == {"failed": "not_signed_in", "heard": ["sending"]}


def test_nobody_waits_for_ever_for_what_is_not_there(app: Page) -> None:
    path = f"generations/{user_of(app).uid}/images/empty"
    empty = {"status": "completed", "created_at": datetime.now(UTC)}
    FirebaseUser.owner().create(path, empty).raise_for_status()

    nothing_made = code_of(app, "safelight.get('images', 'empty').result()")
    no_document = code_of(app, "safelight.get('images', 'never-was').result()")

    assert (nothing_made["code"], nothing_made["retryable"]) == ("generation_failed", False)
    assert no_document["code"] == "deleted"


def test_reading_what_is_not_ones_own_is_a_typed_error(app: Page) -> None:
    told = evaluate(
        app,
        """const stranger = {app: auth.app, currentUser: {uid: 'somebody-else'}};
        const list = new client.Safelight(stranger).list('images');
        return new Promise((resolve) => list.subscribe(() => resolve('shown'), ({code}) => resolve(code)));""",
    )

    assert told == "refused"


def test_a_list_that_ends_because_its_user_signs_out_says_so(app: Page) -> None:
    told = evaluate(
        app,
        """const list = safelight.list('images');
        return new Promise((resolve) => list.subscribe(
            ({live}) => { if (live) auth.signOut(); },
            ({code}) => resolve(code),
        ));""",
    )

    assert told == "not_signed_in"


def test_nobody_can_ask_for_anything(app: Page) -> None:
    error = code_of(app, "(async () => { await auth.signOut(); safelight.generate({prompt: 'x'}); })()")

    assert error["code"] == "not_signed_in"


def test_removing_deletes_it_and_ends_the_iteration(app: Page) -> None:
    statuses = evaluate(
        app,
        """const generation = safelight.generate({prompt: 'here and gone', num_inference_steps: 1});
        await generation.result();
        await generation.remove();
        const seen = [];
        const leave = await new Promise((resolve) => {
            const stop = generation.subscribe(({status}) => {
                seen.push(status);
                if (status === 'deleted') resolve(() => stop());
            });
        });
        leave();
        return seen;""",
    )

    assert statuses[-1] == "deleted"
    assert set(statuses) == {"completed", "deleted"}


def test_one_that_was_deleted_before_anybody_looked_is_deleted(app: Page) -> None:
    user = user_of(app)
    file_uid = evaluate(
        app,
        """window.generation = safelight.generate({prompt: 'unseen', num_inference_steps: 1});
        await window.generation.sent;
        return window.generation.fileUid;""",
    )
    path = f"generations/{user.uid}/images/{file_uid}"
    wait_for_end(user, path)
    command(user, "delete", path)
    wait_for(user, path, lambda found: found is None)

    assert code_of(app, "window.generation.result()")["code"] == "deleted"


def test_a_generation_is_found_again_after_a_reload(app: Page) -> None:
    file_uid = evaluate(app, "const g = safelight.generate({prompt: 'kept'}); await g.sent; return g.fileUid;")

    app.reload()
    app.wait_for_selector("[data-user-id]")

    made = evaluate(app, "return safelight.get('images', argument).result();", file_uid)
    assert len(made["image_urls"]) == 1


def test_it_survives_a_new_token(app: Page) -> None:
    made = evaluate(
        app,
        """const generation = safelight.generate({prompt: 'patient', num_inference_steps: 200});
        const seen = [];
        generation.subscribe(({status}) => seen.push(status));
        await generation.sent;
        const old = await auth.currentUser.getIdToken();
        await new Promise((resolve) => setTimeout(resolve, 1100)); // tokens of one second are the same
        const fresh = await auth.currentUser.getIdToken(true);
        const before = seen.at(-1);
        return {...await generation.result(), renewed: fresh !== old, before};""",
    )

    assert made["renewed"]
    assert made["before"] != "completed"
    assert len(made["image_urls"]) == 1


def test_an_upload_is_what_a_picture_starts_from(app: Page) -> None:
    made = evaluate(
        app,
        """const fractions = [];
        const input_image = await safelight.upload(new Blob([new Uint8Array(argument)]),
            {onProgress: (fraction) => fractions.push(fraction)});
        const result = await safelight.generate({prompt: 'a red circle', input_image, strength: 0.4}).result();
        return {input_image, result, fractions};""",
        list(png()),
    )

    assert made["input_image"].startswith(f"uploads/{user_of(app).uid}/")
    assert made["input_image"].endswith(".png")
    assert made["fractions"][-1] == 1
    assert len(made["result"]["image_urls"]) == 1


def test_a_page_that_did_not_come_over_https_uploads_too(app: Page) -> None:
    app.add_init_script("delete Crypto.prototype.randomUUID;")
    app.reload()
    app.wait_for_selector("[data-user-id]")

    told = evaluate(
        app,
        """const picture = new Blob([new Uint8Array(argument)]);
        const paths = await Promise.all([safelight.upload(picture), safelight.upload(picture)]);
        return {offered: typeof crypto.randomUUID, different: paths[0] !== paths[1]};""",
        list(png()),
    )

    assert told == {"offered": "undefined", "different": True}


def test_what_is_no_picture_is_not_uploaded(app: Page) -> None:
    text = code_of(app, "safelight.upload(new Blob(['<svg onload=alert(1)>'], {type: 'image/png'}))")
    large = code_of(app, "safelight.upload(new Blob([new Uint8Array(10 * 2 ** 20 + 1)]))")
    stopped = evaluate(
        app,
        """const stop = new AbortController();
        const upload = safelight.upload(new Blob([new Uint8Array(argument)]), {signal: stop.signal});
        stop.abort();
        return upload.catch(({name}) => name);""",
        list(png()),
    )

    assert (text["code"], text["field"]) == ("invalid_upload", "input_image")
    assert large["message"] == "The picture has 10.0 MiB: at most 10 MiB are allowed."
    assert stopped == "AbortError"


def test_the_three_lines_of_the_documentation_work(running: Run) -> None:
    page = running("three_lines.ts")

    expect(page.locator("li").last).to_contain_text("image_urls", timeout=PATIENCE_SECONDS * 1000)
    assert page.locator("li").first.inner_text() == '"sending"'


def test_the_write_and_the_listener_of_the_documentation_work(running: Run) -> None:
    page = running("without_client.ts")

    expect(page.locator("body > li")).to_contain_text("http", timeout=PATIENCE_SECONDS * 1000)


def test_the_hooks_of_the_documentation_work(running: Run) -> None:
    page = running("hooks.tsx")
    write_old_documents(user_of(page).uid, "images", count=3, newest=datetime.now(UTC) - timedelta(days=1))
    expect(page.locator("li")).to_have_count(2)

    page.get_by_role("button", name="Generate").click()

    expect(page.get_by_role("img", name="a red circle")).to_be_visible(timeout=PATIENCE_SECONDS * 1000)
    expect(page.locator("p")).to_have_text("completed")
    expect(page.locator("li").first).to_have_text("completed")
    page.get_by_role("button", name="Older").click()
    expect(page.locator("li")).to_have_count(4)


def test_two_tabs_of_one_user_show_the_same(app: Page, bundled: Callable[[str], str]) -> None:
    other = app.context.new_page()
    serve_script(other, bundled("client.ts"))
    other.goto(app.url)
    other.wait_for_selector("[data-user-id]")
    assert user_of(other).uid == user_of(app).uid
    evaluate(other, "window.seen = []; safelight.list('images').subscribe((view) => { window.view = view; });")

    made = evaluate(app, "return safelight.generate({prompt: 'seen twice', num_inference_steps: 1}).result();")

    other.wait_for_function("() => window.view?.generations[0]?.status === 'completed'")
    assert other.evaluate("window.view.generations[0].result.image_urls") == made["image_urls"]
    evaluate(other, "await safelight.remove(window.view.generations[0]);")
    other.wait_for_function("() => window.view.generations.length === 0")
