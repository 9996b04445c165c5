"""Preconditions on generations, with Google's own client, on the Storage emulator behind the proxy."""

import contextlib
import http.client
import io
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
import requests
from google.api_core import exceptions
from google.cloud.storage import Blob, Bucket

from adapters.storage_objects import StorageObjects
from chaos.storage_preconditions import proxy as proxy_module
from chaos.storage_preconditions.faults import Faults
from chaos.storage_preconditions.serving import storage_preconditions
from contracts.errors import ObjectExists
from local.emulator_environment import no_proxy
from local.emulator_suite import EmulatorSuite
from local.firebase_user import STORAGE
from tests.adapters.object_store_suite import METADATA, ObjectStoreSuite, ObjectVersionsSuite, a_file, a_path
from tests.adapters.storage_bucket import storage_objects

pytestmark = pytest.mark.own_stack

RACERS, ROUNDS = 8, 20
FIRST, SECOND = b"the first", b"the second"


@pytest.fixture(scope="module")
def proxy() -> Iterator[str]:
    os.environ.update(no_proxy(os.environ))
    with EmulatorSuite(only={"storage"}), storage_preconditions(STORAGE) as url:
        yield url


@pytest.fixture(autouse=True)
def nothing_but_our_own_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library also asks once for the bucket's place, in the background, for traces that we do not take."""
    monkeypatch.setenv("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")


@pytest.fixture
def bucket(proxy: str) -> Bucket:
    return bucket_at(proxy)


@pytest.fixture
def blob(bucket: Bucket) -> Blob:
    return a_blob(bucket)


def bucket_at(url: str) -> Bucket:
    return storage_objects(url)._bucket


def a_blob(bucket: Bucket) -> Blob:
    """Of a name that nobody has used, with what a URL must hide."""
    return bucket.blob(f"generating/u1/image/{uuid.uuid4().hex} über&name=x.png")


def put(blob: Blob, content: bytes = FIRST, **conditions: int) -> Blob:
    blob.upload_from_string(content, content_type="image/png", retry=None, **conditions)
    return blob


def put_resumably(blob: Blob, content: bytes = FIRST, **conditions: int) -> Blob:
    """As the client does with what is large, or of unknown size."""
    blob.upload_from_file(io.BytesIO(content), content_type="image/png", retry=None, **conditions)
    return blob


def again(blob: Blob) -> Blob:
    """The same name, without what is known of a version."""
    return blob.bucket.blob(blob.name)


class TestObjects(ObjectStoreSuite, ObjectVersionsSuite):
    """The adapter, held to what the emulator alone fails at."""

    @pytest.fixture
    def objects(self, proxy: str) -> StorageObjects:
        return storage_objects(proxy)

    @pytest.fixture
    def unreachable(self) -> StorageObjects:
        return storage_objects("http://127.0.0.1:1", retry_seconds=0.2)


@pytest.mark.parametrize("upload", [put, put_resumably])
class TestUploads:
    def test_what_is_there_is_not_stored_over(self, blob: Blob, upload: Callable[..., Blob]) -> None:
        upload(blob, if_generation_match=0)

        with pytest.raises(exceptions.PreconditionFailed):
            upload(again(blob), SECOND, if_generation_match=0)
        assert blob.download_as_bytes() == FIRST

    def test_a_version_is_replaced_by_its_number_alone(self, blob: Blob, upload: Callable[..., Blob]) -> None:
        first = upload(blob).generation

        for wrong in (first - 1, first + 1):
            with pytest.raises(exceptions.PreconditionFailed):
                upload(again(blob), SECOND, if_generation_match=wrong)
        assert upload(again(blob), SECOND, if_generation_match=first).generation > first
        assert again(blob).download_as_bytes() == SECOND

    def test_a_version_that_somebody_has_already_is_not_stored_again(
        self, blob: Blob, upload: Callable[..., Blob]
    ) -> None:
        with pytest.raises(exceptions.NotModified):
            upload(blob, if_generation_not_match=0)
        first = upload(blob, if_generation_not_match=1).generation

        with pytest.raises(exceptions.NotModified):
            upload(again(blob), SECOND, if_generation_not_match=first)
        assert again(blob).download_as_bytes() == FIRST

    def test_metadata_have_a_number_of_their_own(self, blob: Blob, upload: Callable[..., Blob]) -> None:
        with pytest.raises(exceptions.PreconditionFailed):
            upload(blob, if_metageneration_match=1)
        upload(blob)

        with pytest.raises(exceptions.PreconditionFailed):
            upload(again(blob), SECOND, if_metageneration_match=2)
        upload(again(blob), SECOND, if_metageneration_match=1)
        assert again(blob).download_as_bytes() == SECOND


def test_who_began_an_upload_in_time_is_refused_at_its_end_all_the_same(blob: Blob) -> None:
    session = blob.create_resumable_upload_session(content_type="image/png", if_generation_match=0)
    put(again(blob), SECOND)

    answer = requests.put(session, data=FIRST, timeout=30)

    assert answer.status_code == requests.codes.precondition_failed
    assert answer.json()["error"]["errors"][0]["reason"] == "conditionNotMet"
    assert again(blob).download_as_bytes() == SECOND


def test_a_version_that_is_gone_by_now_is_not_removed(blob: Blob) -> None:
    first = put(blob).generation
    second = put(again(blob), SECOND).generation

    with pytest.raises(exceptions.PreconditionFailed):
        again(blob).delete(if_generation_match=first)
    with pytest.raises(exceptions.PreconditionFailed):
        again(blob).delete(if_generation_match=0)
    with pytest.raises(exceptions.NotFound):
        blob.bucket.delete_blob(blob.name, generation=first)
    assert again(blob).download_as_bytes() == SECOND

    again(blob).delete(if_generation_match=second)
    assert not again(blob).exists()


@pytest.mark.parametrize("conditions", [{}, {"if_generation_match": 5}, {"if_generation_match": 0}])
def test_what_is_not_there_is_not_found_whatever_is_demanded_of_it(blob: Blob, conditions: dict[str, int]) -> None:
    put(blob)
    again(blob).delete()

    with pytest.raises(exceptions.NotFound):
        again(blob).delete(**conditions)
    with pytest.raises(exceptions.NotFound):
        again(blob).download_as_bytes(**conditions)


def test_a_version_is_read_by_its_number_alone(blob: Blob) -> None:
    first = put(blob).generation
    put(again(blob), SECOND)

    with pytest.raises(exceptions.NotFound):
        blob.download_as_bytes()  # it knows its version, and asks for that
    with pytest.raises(exceptions.PreconditionFailed):
        again(blob).download_as_bytes(if_generation_match=first)
    with pytest.raises(exceptions.PreconditionFailed):
        again(blob).reload(if_generation_match=first)
    found = blob.bucket.get_blob(blob.name)
    assert found.download_as_bytes(if_generation_match=found.generation) == SECOND
    with pytest.raises(exceptions.NotModified):
        found.reload(if_generation_not_match=found.generation)
    with pytest.raises(exceptions.NotModified):
        found.reload(if_metageneration_not_match=1)


def race(work: Callable[[int], Any]) -> list[int]:
    """All of them at once. Who got through."""
    together = threading.Barrier(RACERS)

    def run(racer: int) -> bool:
        together.wait()
        try:
            work(racer)
        except exceptions.PreconditionFailed:
            return False
        return True

    with ThreadPoolExecutor(RACERS) as threads:
        return [racer for racer, won in enumerate(threads.map(run, range(RACERS))) if won]


@pytest.mark.parametrize("upload", [put, put_resumably])
def test_of_those_who_create_or_replace_at_once_one_wins(proxy: str, upload: Callable[..., Blob]) -> None:
    buckets = [bucket_at(proxy) for _ in range(RACERS)]
    name = a_blob(buckets[0]).name
    generation = 0

    def create_or_replace(expected: int, racer: int) -> None:
        upload(buckets[racer].blob(name), b"%d" % racer, if_generation_match=expected)

    for _ in range(ROUNDS):
        (winner,) = race(partial(create_or_replace, generation))
        found = buckets[0].get_blob(name)
        assert found.download_as_bytes() == b"%d" % winner
        assert found.generation > generation
        generation = found.generation


def test_of_those_who_remove_at_once_one_wins(proxy: str) -> None:
    buckets = [bucket_at(proxy) for _ in range(RACERS)]
    blob = put(a_blob(buckets[0]))
    found: list[int] = []

    def remove(racer: int) -> None:
        try:
            buckets[racer].blob(blob.name).delete(if_generation_match=blob.generation, retry=None)
        except exceptions.NotFound:
            found.append(racer)

    assert len(race(remove)) == RACERS
    assert len(found) == RACERS - 1


def test_no_two_versions_have_a_number_in_common(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator's number is the millisecond; the pause between two is made so long that it is seen."""
    monkeypatch.setattr(proxy_module, "OVER_A_MILLISECOND", 0.1)
    blob = a_blob(bucket)

    first = put(again(blob)).generation
    again(blob).delete()
    second = put_resumably(again(blob)).generation
    third = put(again(blob)).generation

    assert second - first >= 100
    assert third - second >= 100


def test_everything_else_is_as_the_emulator_says_it(proxy: str, blob: Blob) -> None:
    blob.metadata = {"firebaseStorageDownloadTokens": "t1", "über": "😀"}
    blob.cache_control = "private"
    put(blob, bytes(range(256)) * 1000)
    name = quote(blob.name, safe="")
    paths = [
        f"/v0/b/{blob.bucket.name}/o/{name}?alt=media&token=t1",
        f"/v0/b/{blob.bucket.name}/o/{name}?alt=media",
        f"/v0/b/{blob.bucket.name}/o/{name}",
        f"/storage/v1/b/{blob.bucket.name}/o/{name}?alt=media",
        f"/download/storage/v1/b/{blob.bucket.name}/o/none?alt=media",
        f"/storage/v1/b/{blob.bucket.name}",
        f"/{blob.bucket.name}/{name}",
        "/nothing/here",
    ]
    for path in paths:
        for headers in ({}, {"Range": "bytes=10-19"}, {"Authorization": "Bearer owner"}, {"Origin": "http://x"}):
            through, directly = (requests.get(url + path, headers=headers, timeout=30) for url in (proxy, STORAGE))
            assert seen(through) == seen(directly), path


def seen(answer: requests.Response) -> tuple[int, dict[str, str], bytes]:
    by_the_server = {"date", "server", "connection", "keep-alive", "transfer-encoding"}
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return answer.status_code, {name: headers[name] for name in headers.keys() - by_the_server}, answer.content


def test_the_links_of_an_object_lead_back_here(proxy: str, blob: Blob) -> None:
    put(blob)

    assert blob.self_link.startswith(f"{proxy}/storage/v1/b/")
    assert blob.media_link.startswith(f"{proxy}/download/storage/v1/b/")


def test_what_firebases_own_api_stores_and_removes_is_stored_and_removed(proxy: str, blob: Blob) -> None:
    url = f"{proxy}/v0/b/{blob.bucket.name}/o"
    owner = {"Authorization": "Bearer owner", "Content-Type": "image/png"}

    stored = requests.post(url, params={"name": blob.name}, data=FIRST, headers=owner, timeout=30)
    assert stored.status_code == requests.codes.ok
    assert blob.download_as_bytes() == FIRST

    denied = requests.post(url, params={"name": blob.name}, data=SECOND, timeout=30)
    assert denied.status_code == requests.codes.forbidden
    removed = requests.delete(f"{url}/{quote(blob.name, safe='')}", headers=owner, timeout=30)
    assert removed.status_code == requests.codes.no_content
    assert not again(blob).exists()


def test_one_connection_serves_many_requests(proxy: str) -> None:
    connection = http.client.HTTPConnection(proxy.removeprefix("http://"))
    connection.connect()
    connection.auto_open = False  # or it would begin another one when this one is closed

    for path in ("/storage/v1/b/b1/o", "/nothing/here", "/storage/v1/b/b1/o/none?ifGenerationMatch=1"):
        connection.request("GET", path)
        connection.getresponse().read()
    connection.close()


def test_twenty_megabytes_arrive_whole(blob: Blob) -> None:
    content = os.urandom(20 * 2**20)

    put(blob, content)

    assert again(blob).download_as_bytes() == content


class TestFaults:
    def test_what_is_refused_is_not_carried_out(self, proxy: str, blob: Blob) -> None:
        for fault, raised in (
            ({"unavailable": 1.0}, exceptions.ServiceUnavailable),
            ({"busy": 1.0}, exceptions.TooManyRequests),
        ):
            faults = Faults(1, **fault)
            with storage_preconditions(STORAGE, faults=faults) as faulty, pytest.raises(raised):
                put(bucket_at(faulty).blob(blob.name))
            assert faults.fired.total() == 1
        assert not blob.exists()

    def test_what_is_reset_was_carried_out(self, blob: Blob, proxy: str) -> None:
        faults = Faults(1, reset=1.0)
        with storage_preconditions(STORAGE, faults=faults) as faulty, pytest.raises(requests.ConnectionError):
            put(bucket_at(faulty).blob(blob.name))

        assert faults.fired == {"reset": 1}
        assert blob.download_as_bytes() == FIRST

    def test_a_patient_client_gets_through_what_passes(self, proxy: str) -> None:
        faults = Faults(1, unavailable=0.2, busy=0.2, reset=0.2)
        with storage_preconditions(STORAGE, faults=faults) as faulty:
            objects = storage_objects(faulty, retry_seconds=20)
            for _ in range(20):
                path = a_path()
                (name,) = path.object_names("png", 1)
                with contextlib.suppress(ObjectExists):  # its own, where the answer was lost
                    objects.put(a_file(name), METADATA, replacing=0)
                assert [stored.name for stored in objects.find(path)] == [name]
        assert set(faults.fired) == {"503", "429", "reset"}


def test_it_runs_as_a_process_and_stops_when_it_is_told(proxy: str, blob: Blob) -> None:
    command = [sys.executable, "-m", "chaos.storage_preconditions", "--port", "0", "--busy", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        with pytest.raises(exceptions.TooManyRequests):
            put(bucket_at(url).blob(blob.name))
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "{'429': 1}\n"
    assert process.returncode == 0
