"""Real processes on real emulators, and a few faults; `make chaos` brings hundreds of kills, thousands of jobs."""

import pytest

from chaos.real import kills, traffic

pytestmark = pytest.mark.own_stack

FEW_JOBS = 60
FEW_KILLS = 0.04


def test_in_bad_traffic_each_request_ends_once() -> None:
    result = traffic.prove(1, FEW_JOBS)

    assert result.violations == []
    assert f"{FEW_JOBS} jobs" in result.figure


def test_whoever_is_killed_or_stopped_each_request_ends_once() -> None:
    result = kills.prove(1, FEW_KILLS)

    assert result.violations == []
    assert "SIGKILL" in result.figure
