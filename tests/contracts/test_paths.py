import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import RequestInvalid
from contracts.paths import FILE_UID_PATTERN, GenerationPath, MediaType, generation_at, is_upload_of, is_user_id

FILE_UIDS = st.from_regex(FILE_UID_PATTERN, fullmatch=True).filter(lambda uid: not re.fullmatch("__.*__", uid))
USER_IDS = st.text(min_size=1, max_size=128).filter(is_user_id)
REGEX_UIDS = [".*", "u.", "(", ")", "|", "u|v", "[a-z]+", "^u$", "u{2}", "\\w", "u?", "$", "a@b.c", "é", "a b"]


def path(file_uid: str = "f1", user_id: str = "u1", media_type: MediaType = MediaType.IMAGES) -> GenerationPath:
    return GenerationPath(user_id=user_id, media_type=media_type, file_uid=file_uid)


@pytest.mark.parametrize(
    ("media_type", "document", "stem"),
    [
        (MediaType.IMAGES, "generations/u1/images/f1", "generating/u1/image/f1"),
        (MediaType.VIDEOS, "generations/u1/videos/f1", "generating/u1/video/f1"),
    ],
)
def test_a_generation_has_one_document_and_one_stem_for_its_objects(
    media_type: MediaType, document: str, stem: str
) -> None:
    generation = path(media_type=media_type)

    assert generation.document == document
    assert generation.object_stem == stem


def test_one_object_has_no_number() -> None:
    assert path().object_names("png", 1) == ["generating/u1/image/f1.png"]


def test_several_objects_are_numbered_from_zero() -> None:
    assert path().object_names("png", 2) == ["generating/u1/image/f1_0.png", "generating/u1/image/f1_1.png"]


@pytest.mark.parametrize("file_uid", ["f", "0", "-", "_", "__", "__f", "f__", "A-z_0", "x" * 128])
def test_a_file_uid_may_look_like_this(file_uid: str) -> None:
    path(file_uid).check()


BAD_FILE_UIDS = [
    "",
    ".",
    "..",
    "..x",
    "a/b",
    "../x",
    "a.b",
    "a b",
    "a\n",
    "\na",
    "%2e",
    "é",
    "\N{GRINNING FACE}",
    "x" * 129,
    "x" * 1400,
    "__x__",
    "____",
    "a\u0000",
    "\uff41",
]


@pytest.mark.parametrize("file_uid", BAD_FILE_UIDS)
def test_a_file_uid_may_not_look_like_this(file_uid: str) -> None:
    with pytest.raises(RequestInvalid, match=r"^file_uid must be 1 to 128 characters") as refused:
        path(file_uid).check()

    assert refused.value.field == "file_uid"


@pytest.mark.parametrize("file_uid", BAD_FILE_UIDS)
def test_no_object_is_ever_named_after_a_bad_file_uid(file_uid: str) -> None:
    with pytest.raises(RequestInvalid):
        path(file_uid).object_names("png", 1)
    with pytest.raises(RequestInvalid):
        path(file_uid).may_own("generating/u1/image/f1.png")


@pytest.mark.parametrize("user_id", ["u1", "x" * 128, *REGEX_UIDS, "...", "__x", "%2F"])
def test_a_user_id_may_look_like_this(user_id: str) -> None:
    assert is_user_id(user_id)
    assert path(user_id=user_id).object_stem == f"generating/{user_id}/image/f1"


@pytest.mark.parametrize(
    "user_id",
    ["", ".", "..", "/", "a/b", "../u", "__x__", "____", "__\n__", "x" * 129, "a\n", "\u0000", "\u202e", "\ud800"],
)
def test_a_user_id_may_not_look_like_this(user_id: str) -> None:
    assert not is_user_id(user_id)
    with pytest.raises(RequestInvalid, match=r"^user_id is not an id that Firebase Authentication gives$"):
        path(user_id=user_id).check()


@given(user_id=USER_IDS, file_uid=FILE_UIDS, count=st.integers(1, 9), media_type=st.sampled_from(MediaType))
def test_a_generation_may_own_its_objects_and_they_lie_in_its_users_folder(
    user_id: str, file_uid: str, count: int, media_type: MediaType
) -> None:
    generation = path(file_uid, user_id, media_type)

    names = generation.object_names("png", count)

    assert len(set(names)) == count
    for name in names:
        assert generation.may_own(name)
        assert name.split("/")[:3] == ["generating", user_id, media_type.file_type]
        assert name.count("/") == 3


@given(one=FILE_UIDS, other=FILE_UIDS)
def test_two_single_pictures_never_share_a_name(one: str, other: str) -> None:
    assert (path(one).object_names("png", 1) == path(other).object_names("png", 1)) == (one == other)


@pytest.mark.parametrize(
    "name",
    [
        "generating/u1/image/f1",
        "generating/u1/image/f1_.png",
        "generating/u1/image/f1_a.png",
        "generating/u1/image/f1_0",
        "generating/u1/image/f10.png",
        "generating/u1/image/f1-0.png",
        "generating/u1/image/f1.png/x",
        "generating/u1/image/f1/x.png",
        "generating/u1/image/f1.PNG",
        "generating/u1/image/f1.png\n",
        "generating/u1/image/f2.png",
        "generating/u1/video/f1.png",
        "generating/u2/image/f1.png",
        "x/generating/u1/image/f1.png",
        "f1.png",
        "",
    ],
)
def test_a_generation_does_not_own_what_only_looks_like_its_object(name: str) -> None:
    assert not path().may_own(name)


def test_the_name_alone_does_not_say_whose_a_numbered_object_is() -> None:
    name = "generating/u1/image/f_0.png"

    assert path("f").may_own(name)
    assert path("f_0").may_own(name)


@pytest.mark.parametrize("name", ["a.png", "a", "-", "_", "0.webp", "a..b", "x" * 128, "-..x"])
def test_an_upload_of_ones_own_may_have_such_a_name(name: str) -> None:
    assert is_upload_of("u1", f"uploads/u1/{name}")


@pytest.mark.parametrize(
    "object_name",
    [
        "uploads/u2/a.png",
        "uploads/u1/../u2/a.png",
        "uploads/u1/..",
        "uploads/u1/.",
        "uploads/u1/.a",
        "uploads/u1/../a.png",
        "uploads/u1/a/b.png",
        "uploads/u1/a.png/",
        "uploads/u1/",
        "uploads/u1",
        "uploads//a.png",
        "uploads//u1/a.png",
        "/uploads/u1/a.png",
        "uploads/u1/a b.png",
        "uploads/u1/a.png\n",
        "uploads/u1\n/a.png",
        "uploads/u1/é.png",
        "uploads/u1/a%2fb.png",
        "uploads/u1/" + "x" * 129,
        "Uploads/u1/a.png",
        "generating/u1/image/f1.png",
        "gs://bucket/uploads/u1/a.png",
        "https://example.com/uploads/u1/a.png",
        "a.png",
        "",
    ],
)
def test_nothing_else_is_an_upload_of_ones_own(object_name: str) -> None:
    assert not is_upload_of("u1", object_name)


@pytest.mark.parametrize("user_id", REGEX_UIDS)
def test_a_uid_is_never_taken_for_a_pattern(user_id: str) -> None:
    assert is_upload_of(user_id, f"uploads/{user_id}/a.png")
    for other in ("u1", "uu", "u", "v", "abc"):
        assert not is_upload_of(user_id, f"uploads/{other}/a.png")
        assert not path(user_id=user_id).may_own(f"generating/{other}/image/f1.png")


@given(user_id=USER_IDS, other=USER_IDS)
def test_nobody_has_an_upload_of_another(user_id: str, other: str) -> None:
    assert is_upload_of(user_id, f"uploads/{other}/a.png") == (user_id == other)


@given(user_id=USER_IDS, file_uid=FILE_UIDS, media_type=st.sampled_from(MediaType))
def test_a_generation_is_found_again_by_its_document(user_id: str, file_uid: str, media_type: MediaType) -> None:
    generation = path(file_uid, user_id, media_type)

    assert generation_at(generation.document) == generation


@pytest.mark.parametrize("file_uid", ["a b", "a.b", "é", "x" * 129, "__x__"])
def test_a_document_with_a_bad_id_is_found_so_that_it_can_be_told_so(file_uid: str) -> None:
    assert generation_at(f"generations/u1/images/{file_uid}") == path(file_uid)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "/",
        "///",
        "generations",
        "generations/u1/images",
        "generations/u1/images/",
        "generations//images/f1",
        "/generations/u1/images/f1",
        "generations/u1/images/f1/",
        "generations/u1//f1",
        "generations/u1/images/f1/images/f2",
        "generations/u1/commands/c1",
        "generations/u1/image/f1",
        "generations/u1/Images/f1",
        "generations/u1/images\n/f1",
        "Generations/u1/images/f1",
        "generating/u1/images/f1",
        "elsewhere/u1/images/f1",
        "images/f1",
        "sweeper/images",
        "a/b/generations/u1/images/f1",
    ],
)
def test_what_lies_elsewhere_is_no_generation(document: str) -> None:
    assert generation_at(document) is None


@given(document=st.text() | st.lists(st.sampled_from(["generations", "images", "u1", ""])).map("/".join))
def test_whatever_a_document_is_called_its_generation_is_called_the_same(document: str) -> None:
    found = generation_at(document)

    assert found is None or found.document == document
