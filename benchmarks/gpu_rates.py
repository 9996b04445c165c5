"""What a device can do at most, measured: the ceilings that the figures of `benchmarks/cuda.py` stand beside."""

import time
from collections.abc import Callable
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

SIDE, TINY_SIDE = 8192, 256
"""Of the square matrices: large enough that nothing but the multiplication takes time, on a GPU and on a CPU."""
COPIED, TINY_COPIED = 1 << 30, 1 << 24
"""Bytes."""
TIMES = 10


def wait(device: str) -> None:
    """Until all that was asked of it is done."""
    if device == "cuda":
        torch.cuda.synchronize()


def seconds_of(work: Callable[[], Any], device: str) -> float:
    """What it takes until it is done."""
    wait(device)
    began = time.perf_counter()
    work()
    wait(device)
    return time.perf_counter() - began


def matrix_rate(device: str, dtype: torch.dtype) -> float:
    """Floating-point operations a second of one multiplication after another; the best of several."""
    side = SIDE if device == "cuda" else TINY_SIDE
    one, other = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    times = [seconds_of(lambda: one @ other, device) for _ in range(TIMES)]
    rate: float = 2 * side**3 / min(times)
    return rate


def copy_rate(device: str) -> float:
    """Bytes a second from pinned memory to the device; the best of several."""
    size = COPIED if device == "cuda" else TINY_COPIED
    here = torch.empty(size, dtype=torch.uint8, pin_memory=device == "cuda")
    there = torch.empty(size, dtype=torch.uint8, device=device)
    return size / min(seconds_of(lambda: there.copy_(here, non_blocking=True), device) for _ in range(TIMES))


def operations(call: Callable[[int], Any], steps: int, device: str) -> float:
    """Floating-point operations of a call with so many steps, counted at one step and at two.

    On a CPU torch counts only attention that is spelt out.
    """
    counted: list[int] = []
    for few in (1, 2):
        with FlopCounterMode(display=False) as counter:
            if device == "cuda":
                call(few)
            else:
                with sdpa_kernel(SDPBackend.MATH):
                    call(few)
        counted.append(counter.get_total_flops())
    once, twice = counted
    return once + (twice - once) * (steps - 1)
