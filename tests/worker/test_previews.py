"""Small pictures of what is being made."""

from pathlib import Path

import pytest

from contracts.paths import MediaType
from tests.worker import library_warnings
from tests.worker.engine_calls import CATALOGUE, IMAGE, SHORT, generate, part, pixels, together
from worker.engine import DiffusersEngine

pytestmark = library_warnings.IGNORED


class TestPreviews:
    @pytest.fixture(params=MediaType)
    def media_type(self, request: pytest.FixtureRequest) -> MediaType:
        return MediaType(request.param)

    @pytest.fixture
    def fitted(self, media_type: MediaType, models_folder: Path) -> DiffusersEngine:
        model = CATALOGUE.of(media_type)[0]
        engine = DiffusersEngine([model], models_folder)
        prompts = enumerate(IMAGE.examples)
        parts = [part(media_type, seed=n, prompt=one, **SHORT[media_type]) for n, one in prompts]
        engine.generate(model, parts, fit_previews=True)
        return engine

    def test_they_look_like_what_is_to_come(self, media_type: MediaType, fitted: DiffusersEngine) -> None:
        """Nearer to the small finished picture than the first preview of another one is."""
        sea, heart = (
            part(media_type, seed=9, num_inference_steps=12, prompt=prompt, **SHORT[media_type])
            for prompt in ("sunset over the sea", "a red heart on a white background")
        )
        for one in (sea, heart):
            together(fitted, one, media_type=media_type)

        side = sea.previews[0].shape[0]
        small = pixels(sea.pictures[0]).reshape(side, 64 // side, side, 64 // side, 3).mean(axis=(1, 3))
        assert abs(pixels(sea.previews[0]) - small).mean() < abs(pixels(heart.previews[0]) - small).mean()

    def test_none_is_made_before_the_colours_are_known(
        self, media_type: MediaType, diffusers_engine: DiffusersEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(diffusers_engine, "projections", {})
        asked_for = part(media_type, **SHORT[media_type])
        together(diffusers_engine, asked_for, media_type=media_type)

        assert asked_for.previews == []

    def test_they_change_no_pixel(
        self, media_type: MediaType, fitted: DiffusersEngine, diffusers_engine: DiffusersEngine
    ) -> None:
        with_previews, without = (
            generate(engine, media_type, seed=5, num_inference_steps=4, **SHORT[media_type])
            for engine in (fitted, diffusers_engine)
        )

        assert with_previews.tobytes() == without.tobytes()
