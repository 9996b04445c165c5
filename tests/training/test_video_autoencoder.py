"""What an autoencoder of stills does to a video, and that the quick ways of training it change nothing."""

import pytest
import torch
from diffusers import AutoencoderKLWan

from tests.worker import library_warnings
from training.video_autoencoder import begin_with_stills, flat_convolutions, quick_norms
from training.video_parts import build_autoencoder

pytestmark = [library_warnings.IGNORED]


@pytest.fixture(scope="module")
def autoencoder() -> AutoencoderKLWan:
    torch.manual_seed(0)
    return build_autoencoder().eval()


def shown_again(autoencoder: AutoencoderKLWan, clips: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        shown: torch.Tensor = autoencoder.decode(autoencoder.encode(clips).latent_dist.mean).sample
    return shown


def test_the_quick_ways_see_the_same_still(autoencoder: AutoencoderKLWan) -> None:
    stills = torch.rand(2, 3, 1, 64, 64) * 2 - 1
    with torch.inference_mode():
        slow = autoencoder.encoder(stills)
        with flat_convolutions(autoencoder), quick_norms(autoencoder):
            quick = autoencoder.encoder(stills)
        again = autoencoder.encoder(stills)

    torch.testing.assert_close(quick, slow, rtol=1e-3, atol=1e-4)
    assert torch.equal(again, slow), "the library's own ways are not back"


def test_a_video_begins_as_stills_shown_four_times(autoencoder: AutoencoderKLWan) -> None:
    clip = torch.rand(1, 3, 9, 64, 64) * 2 - 1
    stills = [shown_again(autoencoder, clip[:, :, frame : frame + 1]) for frame in (0, 4, 8)]

    begin_with_stills(autoencoder)
    shown = shown_again(autoencoder, clip)

    expected = torch.cat([stills[0], stills[1].repeat(1, 1, 4, 1, 1), stills[2].repeat(1, 1, 4, 1, 1)], dim=2)
    torch.testing.assert_close(shown, expected, rtol=1e-3, atol=1e-3)
