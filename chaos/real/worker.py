"""`python -m chaos.real.worker`: the worker as it is deployed, with an engine that sleeps and faults around it."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import runpod

from adapters.json_logs import log_as_json
from chaos.real.faults import AT_ONCE, RUNS, given_faults, own_group
from chaos.real.seamed import RealSeam, seamed
from chaos.real.short import PATIENCE, short_catalogue
from chaos.real.sleeper import Sleeper
from worker.connection import connect
from worker.handler import build_handler, keep_results_out_of_the_log
from worker.settings import Settings
from worker.workplace import Cloud, Workplace


def main() -> None:
    """Take jobs until somebody says to stop, or something goes wrong."""
    log_as_json("adapters", "worker")
    seam = given_faults("worker", own_group)
    firebase = Settings.from_environment().firebase
    if firebase is None:
        message = "the worker of a proof needs the Firebase variables"
        raise RuntimeError(message)
    workplace = Workplace(
        engine=Sleeper(seam.folder / RUNS, lambda file_uid: seam.before("step", frozenset({file_uid}))),
        catalogue=short_catalogue(),
        now=lambda: datetime.now(UTC),
        cloud=_seamed(connect(firebase), seam),
        patience=PATIENCE,
    )
    handle = build_handler(workplace)

    async def handle_and_answer(job: Mapping[str, Any]) -> dict[str, Any]:
        answer = await handle(job)
        seam.before("answer", frozenset({job["input"]["file_uid"]}))
        return answer

    keep_results_out_of_the_log()
    at_once = int(os.environ.get(AT_ONCE, "1"))
    runpod.serverless.start({"handler": handle_and_answer, "concurrency_modifier": lambda _: at_once})


def _seamed(cloud: Cloud, seam: RealSeam) -> Cloud:
    return Cloud(
        generations=seamed(cloud.generations, "generations", seam),
        objects=seamed(cloud.objects, "objects", seam),
        endings=seamed(cloud.endings, "endings", seam),
    )


if __name__ == "__main__":
    main()
