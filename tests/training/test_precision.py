"""What a training multiplies in."""

import pytest
import torch

from training import precision


@pytest.mark.parametrize(("has_it", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_cpu_multiplies_in_what_it_has(
    *, has_it: bool, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "_cpu_has_bfloat16", lambda: has_it)

    with precision.autocast("cpu"):
        assert torch.nn.Linear(2, 2)(torch.ones(1, 2)).dtype is dtype


def test_a_gpu_multiplies_in_half_precision_whatever_the_cpu_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "_cpu_has_bfloat16", lambda: False)
    monkeypatch.setattr("torch.cuda.amp.common.amp_definitely_not_available", lambda: False)
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda: True)

    chosen = precision.autocast("cuda")

    assert (chosen._enabled, chosen.fast_dtype) == (True, torch.bfloat16)
