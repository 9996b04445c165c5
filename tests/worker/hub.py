"""A hub of one repository that speaks what `huggingface_hub` needs, over real HTTP."""

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

REPOSITORY = "owner/tiny"
LARGE = ".safetensors"
"""How names of those files end that the hub keeps in large file storage, and names by their SHA-256."""


@dataclass
class Hub:
    """The repository's files, and what goes wrong with it. Answers change when a field does."""

    folder: Path
    revision: str
    url: str = ""
    refuses: tuple[HTTPStatus, str] | None = None
    """With which status and `X-Error-Code` every request is refused."""
    spoilt: set[str] = field(default_factory=set)
    """Names of files whose last byte arrives as another one."""
    requests: list[str] = field(default_factory=list)
    """Method and path of each request."""

    def files(self) -> dict[str, Path]:
        """By their names in the repository."""
        paths = (path for path in sorted(self.folder.rglob("*")) if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path for path in paths}


@contextlib.contextmanager
def hub_of(folder: Path, revision: str) -> Iterator[Hub]:
    """Serve the folder as `REPOSITORY` at this commit, and at no other."""
    hub = Hub(folder, revision)
    handler = type("_Handler", (_Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        hub.url = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield hub
        finally:
            server.shutdown()
            serving.join()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, *_: object) -> None:
        """Tests look at `Hub.requests`."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub = self.hub
        path = unquote(self.path.partition("?")[0])
        hub.requests.append(f"{self.command} {path}")
        if hub.refuses is not None:
            return self._refuse(*hub.refuses)
        api, files = f"/api/models/{REPOSITORY}", f"/{REPOSITORY}/resolve/{hub.revision}/"
        if not path.startswith((f"{api}/", f"/{REPOSITORY}/")):
            return self._refuse(HTTPStatus.UNAUTHORIZED, "RepoNotFound")  # as the hub says it
        if path == f"{api}/revision/{hub.revision}":
            siblings = [{"rfilename": name} for name in hub.files()]
            return self._say_json({"id": REPOSITORY, "sha": hub.revision, "siblings": siblings})
        if path.startswith(f"{api}/tree/{hub.revision}"):
            return self._say_json([_entry(name, file) for name, file in hub.files().items()])
        if path.startswith(files):
            return self._say_file(path.removeprefix(files))
        return self._refuse(HTTPStatus.NOT_FOUND, "RevisionNotFound")

    def _say_file(self, name: str) -> None:
        file = self.hub.files().get(name)
        if file is None:
            return self._refuse(HTTPStatus.NOT_FOUND, "EntryNotFound")
        content = file.read_bytes()
        headers = {"ETag": f'"{_blob(file)}"'}
        if name.endswith(LARGE):
            headers |= {"X-Linked-Etag": f'"{_sha256(file)}"', "X-Linked-Size": str(file.stat().st_size)}
        if name in self.hub.spoilt:
            content = content[:-1] + bytes([content[-1] ^ 1])
        return self._say(content, headers | {"X-Repo-Commit": self.hub.revision, "Accept-Ranges": "bytes"})

    def _say_json(self, answer: object) -> None:
        self._say(json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _say(self, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(HTTPStatus.OK)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def _refuse(self, status: HTTPStatus, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _entry(name: str, file: Path) -> dict[str, object]:
    size = file.stat().st_size
    entry = {"type": "file", "path": name, "size": size, "oid": _blob(file)}
    return entry | (
        {"lfs": {"oid": _sha256(file), "size": size, "pointerSize": 134}} if name.endswith(LARGE) else {}
    )


def _blob(file: Path) -> str:
    content = file.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()  # git's own


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
