"""In which precision the training multiplies."""

import torch


def autocast(device: str) -> torch.autocast:
    """Half precision where the device multiplies in it; single where it would only pretend to.

    A CPU without AVX-512 takes six times as long for a convolution in bfloat16 as for one in single precision
    (torch 2.13).
    """
    return torch.autocast(device, torch.bfloat16, enabled=device != "cpu" or _cpu_has_bfloat16())


def _cpu_has_bfloat16() -> bool:
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 - torch has no public name for it
