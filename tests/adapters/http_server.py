"""A real HTTP server of a few lines that behaves as badly as a test wants."""

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Answer = Callable[[socket.socket], None]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpServer:
    """Where it listens, and what has arrived there."""

    url: str
    requests: list[Request] = field(default_factory=list)


@contextlib.contextmanager
def http_server(answer: Answer) -> Iterator[HttpServer]:
    """Read each request whole, note it, let `answer` do with the connection what it wants, and close that."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = HttpServer(url=f"http://127.0.0.1:{listening.getsockname()[1]}")
        serving = threading.Thread(target=_serve, args=(listening, server, answer))
        serving.start()
        try:
            yield server
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            serving.join()


def says(status: int, body: bytes = b"", *headers: str) -> Answer:
    """A complete answer."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers, "", ""]
    return lambda connection: connection.sendall("\r\n".join(lines).encode() + body)


def says_json(status: int, body: object) -> Answer:
    return says(status, json.dumps(body).encode(), "Content-Type: application/json")


def resets(connection: socket.socket) -> None:
    """Close with a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hangs_until_the_client_leaves(connection: socket.socket) -> None:
    with contextlib.suppress(ConnectionResetError):  # a client may leave like this, too
        connection.recv(1)


def _serve(listening: socket.socket, server: HttpServer, answer: Answer) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return  # the test is over
        with connection:
            request = _read_request(connection)
            if request is not None:
                server.requests.append(request)
                answer(connection)


def _read_request(connection: socket.socket) -> Request | None:
    with connection.makefile("rb") as stream:
        words = stream.readline().decode().split()
        if not words:
            return None
        headers = {}
        while line := stream.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
    return Request(method=words[0], target=words[1], headers=headers, body=body)
