from typing import Any

import pytest
from pydantic import ValidationError

from contracts.generation_data import ImageData, VideoData
from tests.contracts.documents import DATA_BEFORE_THUMBNAILS, IMAGE_DATA, VIDEO_DATA


def test_what_an_image_gives_the_page_is_written_back_exactly() -> None:
    assert ImageData.model_validate(IMAGE_DATA).model_dump(exclude_none=True) == IMAGE_DATA


def test_what_a_video_gives_the_page_is_written_back_exactly() -> None:
    assert VideoData.model_validate(VIDEO_DATA).model_dump(exclude_none=True) == VIDEO_DATA


def test_a_video_from_before_there_were_thumbnails_can_be_read() -> None:
    data = VideoData.model_validate(DATA_BEFORE_THUMBNAILS)

    assert data.thumbnail_url is None
    assert data.model_dump(exclude_none=True) == DATA_BEFORE_THUMBNAILS


def test_images_and_videos_differ_in_these_keys_only() -> None:
    assert IMAGE_DATA.keys() - VIDEO_DATA.keys() == {"image_urls"}
    assert VIDEO_DATA.keys() - IMAGE_DATA.keys() == {
        "video_url",
        "poster_url",
        "thumbnail_url",
        "fps",
        "num_frames",
        "duration_seconds",
    }


@pytest.mark.parametrize(
    "wrong", [{"image_urls": "http://x"}, {"width": "128"}, {"seed": None}, {"bytes": [1.5]}, {"sha256": "0a"}]
)
def test_a_wrong_type_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ImageData.model_validate(IMAGE_DATA | wrong)


@pytest.mark.parametrize("stage", ["queued", "loading", "generating", "encoding", "uploading"])
def test_nothing_takes_less_than_no_time(stage: str) -> None:
    timings = IMAGE_DATA["timings_seconds"] | {stage: -0.1}

    with pytest.raises(ValidationError):
        ImageData.model_validate(IMAGE_DATA | {"timings_seconds": timings})
