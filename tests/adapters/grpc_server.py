"""A real gRPC server of a few lines: it hands each call's bytes to a function, unless it has a fault to show."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc

Metadata = Sequence[tuple[str, str]]
Answer = Callable[[str, bytes, Metadata], list[bytes]]


class GrpcError(Exception):
    """What an `Answer` raises to refuse a call."""

    def __init__(self, code: grpc.StatusCode) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Spoils one call of a method."""

    method: str
    code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE
    answer_is_lost: bool = False
    """The call does its work first, and only its answer never arrives."""
    after: int = 0
    """So many messages of the answer do arrive."""


@dataclass
class GrpcServer:
    """Where it listens, what has been called, and what is still to go wrong."""

    answer: Answer
    address: str = ""
    calls: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def service(self, details: Any) -> Any:  # noqa: ANN401 - grpc is untyped
        """How grpc asks who serves a method. A stream of one message is also what a plain call expects."""

        def serve(request: bytes, context: Any) -> Iterator[bytes]:  # noqa: ANN401 - grpc is untyped
            try:
                yield from self._answer(details.method, request, details.invocation_metadata)
            except GrpcError as error:
                context.abort(error.code, "as the test wants")
                raise

        return grpc.unary_stream_rpc_method_handler(serve)

    def _answer(self, method: str, request: bytes, metadata: Metadata) -> Iterator[bytes]:
        name = method.rpartition("/")[2]
        self.calls.append(name)
        fault = next((fault for fault in self.faults if fault.method == name), None)
        if fault is None:
            yield from self.answer(method, request, metadata)
            return
        self.faults.remove(fault)
        if fault.answer_is_lost or fault.after:
            yield from self.answer(method, request, metadata)[: fault.after]
        raise GrpcError(fault.code)


@contextlib.contextmanager
def grpc_server(answer: Answer) -> Iterator[GrpcServer]:
    """Serve on a port of its own."""
    handler = GrpcServer(answer)
    server = grpc.server(ThreadPoolExecutor(max_workers=16))
    server.add_generic_rpc_handlers((handler,))
    handler.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield handler
    finally:
        server.stop(grace=None).wait()


@contextlib.contextmanager
def forwards_to(address: str) -> Iterator[Answer]:
    """An `Answer` that asks another server, byte for byte."""

    def forward(method: str, request: bytes, metadata: Metadata) -> list[bytes]:
        passed_on = [(key, value) for key, value in metadata if key != "user-agent"]
        try:
            return list(channel.unary_stream(method)(request, metadata=passed_on))
        except grpc.RpcError as error:
            code: grpc.StatusCode = error.code()
            raise GrpcError(code) from error

    with grpc.insecure_channel(address) as channel:
        yield forward
