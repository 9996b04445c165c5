"""What can be told of a picture while it is made."""

from typing import Any

import pytest
import torch
from diffusers import EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler

from tests.worker import library_warnings
from worker.latents import Foresight, as_seen

pytestmark = library_warnings.IGNORED

STEPS = 6
SKIPPED = 2
PICTURE = torch.linspace(-1, 1, 4 * 8 * 8).reshape(1, 4, 8, 8)
NOISE = torch.randn(PICTURE.shape, generator=torch.Generator().manual_seed(0))


def flow(scheduler: Any, latents: torch.Tensor) -> torch.Tensor:  # noqa: ANN401 - the library is untyped
    """What a model that knows the picture says: the way from it to the noise."""
    return NOISE - PICTURE


def noise(scheduler: Any, latents: torch.Tensor) -> torch.Tensor:  # noqa: ANN401 - the library is untyped
    """The same of one that tells the noise."""
    sigma: torch.Tensor = scheduler.sigmas[scheduler.step_index or SKIPPED]
    return (latents - PICTURE) / sigma


@pytest.mark.parametrize(
    ("scheduler", "known"),
    [
        (FlowMatchEulerDiscreteScheduler(shift=3.0), flow),
        (EulerDiscreteScheduler(timestep_spacing="trailing"), noise),
    ],
    ids=["flow matching", "Euler"],
)
def test_two_points_of_a_straight_line_tell_where_it_ends(scheduler: Any, known: Any) -> None:  # noqa: ANN401
    """Also where a picture was begun with, so that the first steps were left out."""
    scheduler.set_timesteps(STEPS)
    scheduler.set_begin_index(SKIPPED)
    sigma = scheduler.sigmas[SKIPPED]
    latents = (1 - sigma) * PICTURE + sigma * NOISE if known is flow else PICTURE + sigma * NOISE
    foresight = Foresight(scheduler)

    foreseen = []
    for timestep in scheduler.timesteps[SKIPPED:]:
        latents = scheduler.step(known(scheduler, latents), timestep, latents, return_dict=False)[0]
        foreseen.append(foresight.after_step(latents))

    assert foreseen[0] is None
    for one in foreseen[1:]:
        torch.testing.assert_close(one, PICTURE, atol=1e-3, rtol=0)


def test_latents_that_are_packed_into_a_row_cannot_be_seen() -> None:
    assert as_seen(object(), torch.zeros(1, 16, 64)) is None
