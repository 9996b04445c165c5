"""Somebody in RunPod's place who only wants to know when a worker first asks for a job."""

import contextlib
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOLD_SECONDS = 30


class FirstPoll:
    """When it came, in seconds of `time.perf_counter`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._at: float | None = None
        self._came = threading.Event()

    def note(self) -> None:
        """A poll has come."""
        if self._at is None:
            self._at = time.perf_counter()
        self._came.set()

    def wait(self, seconds: float) -> float | None:
        """When it came, or None if it did not within so many seconds."""
        self._came.wait(seconds)
        return self._at


@contextlib.contextmanager
def first_poll() -> Iterator[FirstPoll]:
    """Listen on a port of its own, until the block ends."""
    over = threading.Event()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if "/job-take" in self.path:
                poll.note()
            if "/ping/" not in self.path:
                over.wait(HOLD_SECONDS)  # as RunPod holds a poll while there is no job
            with contextlib.suppress(OSError):  # by then the worker may be gone
                self.send_response(204)
                self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.daemon_threads = True
        poll = FirstPoll(f"http://127.0.0.1:{server.server_port}/v2")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield poll
        finally:
            over.set()
            server.shutdown()
