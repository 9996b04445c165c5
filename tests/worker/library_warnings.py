"""What the libraries warn about when a pipeline runs, and nobody here can mend."""

import pytest

IGNORED = pytest.mark.filterwarnings(
    # diffusers' DPM solver hands NumPy 2 a tensor, whose __array__ is of NumPy 1
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)
