import pytest

from adapters.in_memory import InMemoryObjects
from tests.adapters.object_store_suite import ObjectStoreSuite, ObjectVersionsSuite


class TestInMemoryObjects(ObjectStoreSuite):
    @pytest.fixture
    def objects(self) -> InMemoryObjects:
        return InMemoryObjects()

    @pytest.fixture
    def unreachable(self) -> InMemoryObjects:
        objects = InMemoryObjects()
        objects.unavailable = True
        return objects


class TestInMemoryVersions(ObjectVersionsSuite):
    @pytest.fixture
    def objects(self) -> InMemoryObjects:
        return InMemoryObjects()
