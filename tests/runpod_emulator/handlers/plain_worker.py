"""A worker without the SDK, for tests of the fleet: it starts in no time. Behaves as its argument says.

echo: polls, pings while it works, posts the input back. never_ready: does nothing. crashes: exits with 3.
ends: exits with 0. stubborn: echo, but deaf to SIGTERM. child: echo, with a child that sleeps.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any


def ask(url: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": os.environ["RUNPOD_AI_API_KEY"]}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=60) as answer:
            text = answer.read()
            return json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        error.close()
        return None


def ping(job_id: str) -> None:
    ask(os.environ["RUNPOD_WEBHOOK_PING"] + f"&job_id={job_id}")


def work() -> None:
    told_to_stop = []
    if sys.argv[1] != "stubborn":
        signal.signal(signal.SIGTERM, lambda *_: told_to_stop.append(True))
    else:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while not told_to_stop:
        job = ask(os.environ["RUNPOD_WEBHOOK_GET_JOB"] + "&job_in_progress=0")
        if job is None:
            continue
        ping(job["id"])
        if told_to_stop:
            return
        while isinstance(job["input"], dict) and "wait_for" in job["input"]:
            if Path(job["input"]["wait_for"]).exists():
                break
            ping(job["id"])
            time.sleep(0.05)
        ask(os.environ["RUNPOD_WEBHOOK_POST_OUTPUT"].replace("$ID", job["id"]), {"output": os.environ["HOME"]})


if __name__ == "__main__":
    if sys.argv[1] == "crashes":
        print("a crash", flush=True)
        sys.exit(3)
    if sys.argv[1] == "ends":
        sys.exit(0)
    if sys.argv[1] == "never_ready":
        time.sleep(600)
    if sys.argv[1] == "child":
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    work()
