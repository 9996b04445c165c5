"""What every `ObjectStore` must do: in memory, and on the real Storage emulator."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contracts.errors import ObjectExists, ObjectTooLarge, RequestInvalid
from contracts.paths import GenerationPath, MediaType
from contracts.ports import ObjectStore, StoreUnavailable
from contracts.stored_object import DOWNLOAD_TOKEN, File

CLOCKS_DIFFER = timedelta(hours=1)
METADATA = {"document": "generations/u1/images/f1", "attempt": "1", "generation_data": '{"prompt": "über 😀"}'}


def a_path(file_uid: str | None = None) -> GenerationPath:
    """Of somebody who has no objects yet."""
    return GenerationPath(
        user_id=f"u{uuid.uuid4().hex}", media_type=MediaType.IMAGES, file_uid=file_uid or uuid.uuid4().hex
    )


def a_file(name: str, content: bytes = b"a picture") -> File:
    return File(name=name, content=content, content_type="image/png", sha256="0a")


class ObjectStoreSuite:
    @pytest.fixture
    def objects(self) -> ObjectStore:
        raise NotImplementedError

    @pytest.fixture
    def unreachable(self) -> ObjectStore:
        raise NotImplementedError

    def test_what_is_stored_is_found_with_its_metadata(self, objects: ObjectStore) -> None:
        path = a_path()
        (name,) = path.object_names("png", 1)

        stored = objects.put(a_file(name), METADATA, replacing=0)

        assert stored.name == name
        assert stored.generation > 0
        assert stored.metadata.items() >= METADATA.items()
        assert stored.metadata[DOWNLOAD_TOKEN]
        assert objects.find(path) == [stored]

    def test_nothing_is_found_where_nothing_is(self, objects: ObjectStore) -> None:
        assert objects.find(a_path()) == []

    def test_only_names_that_can_be_its_own_are_found(self, objects: ObjectStore) -> None:
        path = a_path("f1")
        folder = f"generating/{path.user_id}/image/"
        own = [folder + name for name in ("f1.png", "f1_0.png", "f1_10.webp")]
        others = [folder + name for name in ("f10.png", "f1_x.png", "f1-0.png", "f1", "f1.png.bak", "xf1.png")]
        for name in own + others:
            objects.put(a_file(name), METADATA, replacing=0)

        assert sorted(stored.name for stored in objects.find(path)) == sorted(own)

    def test_where_no_object_can_have_a_name_none_is_looked_for(self, objects: ObjectStore) -> None:
        with pytest.raises(RequestInvalid):
            objects.find(a_path("no id"))

    def test_another_users_objects_are_not_found(self, objects: ObjectStore) -> None:
        path = a_path("f1")
        (name,) = path.object_names("png", 1)
        objects.put(a_file(name), METADATA, replacing=0)

        assert objects.find(replace(path, user_id=path.user_id + "x")) == []
        assert objects.find(replace(path, user_id=path.user_id[:-1])) == []
        assert objects.find(replace(path, media_type=MediaType.VIDEOS)) == []

    def test_each_version_has_a_token_and_so_a_url_of_its_own(self, objects: ObjectStore) -> None:
        path = a_path()
        (name,) = path.object_names("png", 1)
        first = objects.put(a_file(name), METADATA, replacing=0)
        second = objects.put(a_file(name), METADATA, replacing=first.generation)

        assert objects.url(first) != objects.url(second)

    def test_all_objects_of_all_generations_are_found_with_their_metadata(self, objects: ObjectStore) -> None:
        names = [a_path().object_names("png", 1)[0] for _ in range(3)]
        stored = [objects.put(a_file(name), METADATA, replacing=0) for name in names]

        found = list(objects.all(stored_before=datetime.now(UTC) + CLOCKS_DIFFER))

        mine = [one for one in found if one.name in names]
        assert sorted(mine, key=lambda one: one.generation) == sorted(stored, key=lambda one: one.generation)
        assert mine[0].metadata.items() >= METADATA.items()

    def test_what_is_younger_than_asked_for_is_left_out(self, objects: ObjectStore) -> None:
        (name,) = a_path().object_names("png", 1)
        objects.put(a_file(name), METADATA, replacing=0)

        found = objects.all(stored_before=datetime.now(UTC) - CLOCKS_DIFFER)

        assert name not in [one.name for one in found]

    def test_what_is_no_generations_object_is_left_out(self, objects: ObjectStore) -> None:
        others = [f"uploads/{uuid.uuid4().hex}/a.png", f"{uuid.uuid4().hex}/generating/u1/image/f1.png"]
        for name in others:
            objects.put(a_file(name), METADATA, replacing=0)

        found = [one.name for one in objects.all(stored_before=datetime.now(UTC) + CLOCKS_DIFFER)]

        assert not {*others} & {*found}

    def test_what_is_removed_along_the_way_takes_nothing_else_with_it(self, objects: ObjectStore) -> None:
        names = [a_path().object_names("png", 1)[0] for _ in range(3)]
        for name in names:
            objects.put(a_file(name), METADATA, replacing=0)

        for one in objects.all(stored_before=datetime.now(UTC) + CLOCKS_DIFFER):
            if one.name in names:
                objects.remove(one)

        left = [one.name for one in objects.all(stored_before=datetime.now(UTC) + CLOCKS_DIFFER)]
        assert not {*names} & {*left}

    @pytest.mark.parametrize("content", [b"", b"a picture", bytes(range(256)) * 4096], ids=len)
    def test_what_is_stored_is_read_whole(self, objects: ObjectStore, content: bytes) -> None:
        name = f"uploads/{uuid.uuid4().hex}/a.png"
        objects.put(a_file(name, content), METADATA, replacing=0)

        assert objects.read(name, at_most=len(content)) == content

    def test_nothing_is_read_where_nothing_is(self, objects: ObjectStore) -> None:
        assert objects.read(f"uploads/{uuid.uuid4().hex}/a.png", at_most=100) is None

    def test_what_is_larger_than_asked_for_is_not_read(self, objects: ObjectStore) -> None:
        name = f"uploads/{uuid.uuid4().hex}/a.png"
        objects.put(a_file(name, b"a picture"), METADATA, replacing=0)

        with pytest.raises(ObjectTooLarge):
            objects.read(name, at_most=len(b"a picture") - 1)

    def test_a_bucket_that_cannot_be_reached_is_unavailable(self, unreachable: ObjectStore) -> None:
        path = a_path()
        (name,) = path.object_names("png", 1)

        with pytest.raises(StoreUnavailable):
            unreachable.find(path)
        with pytest.raises(StoreUnavailable):
            list(unreachable.all(stored_before=datetime.now(UTC)))
        with pytest.raises(StoreUnavailable):
            unreachable.put(a_file(name), METADATA, replacing=0)
        with pytest.raises(StoreUnavailable):
            unreachable.read(name, at_most=100)


class ObjectVersionsSuite:
    """That an object is stored, replaced and removed only in the version its caller saw."""

    @pytest.fixture
    def objects(self) -> ObjectStore:
        raise NotImplementedError

    def test_what_is_there_is_not_stored_over(self, objects: ObjectStore) -> None:
        path = a_path()
        (name,) = path.object_names("png", 1)
        first = objects.put(a_file(name), METADATA, replacing=0)

        with pytest.raises(ObjectExists):
            objects.put(a_file(name, b"another"), METADATA, replacing=0)

        assert objects.find(path) == [first]

    def test_a_version_is_replaced_by_its_number_and_once(self, objects: ObjectStore) -> None:
        path = a_path()
        (name,) = path.object_names("png", 1)
        first = objects.put(a_file(name), METADATA, replacing=0)

        second = objects.put(a_file(name, b"another"), METADATA | {"attempt": "2"}, replacing=first.generation)

        assert objects.find(path) == [second]
        assert second.metadata["attempt"] == "2"
        with pytest.raises(ObjectExists):
            objects.put(a_file(name, b"a third"), METADATA, replacing=first.generation)

    def test_what_is_not_there_cannot_be_replaced(self, objects: ObjectStore) -> None:
        path = a_path()
        (name,) = path.object_names("png", 1)

        with pytest.raises(ObjectExists):
            objects.put(a_file(name), METADATA, replacing=17)

        assert objects.find(path) == []

    def test_removing_takes_this_version_and_no_other(self, objects: ObjectStore) -> None:
        path = a_path()
        (name,) = path.object_names("png", 1)
        first = objects.put(a_file(name), METADATA, replacing=0)
        second = objects.put(a_file(name, b"another"), METADATA, replacing=first.generation)

        objects.remove(first)
        assert objects.find(path) == [second]

        objects.remove(second)
        objects.remove(second)
        assert objects.find(path) == []
