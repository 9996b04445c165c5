"""Why the emulator refuses a request.

EmulatorError
├── UnauthorizedError      the Authorization header is not the key
├── EndpointNotFoundError  the path names another endpoint
├── JobNotFoundError       no such job
├── BodyTooLargeError      /run was sent more than its limit
├── MalformedBodyError     the body is not what the route needs
├── JobEndedError          a worker reports on a job that has ended
└── NotTheHolderError      a worker reports on a job that it does not hold
"""


class EmulatorError(Exception):
    """A request was refused.

    Attributes:
        fields: What the log line says beside the message; never a job's input or output.
    """

    def __init__(self, message: str, **fields: str) -> None:
        super().__init__(message)
        self.fields = fields


class UnauthorizedError(EmulatorError):
    """The Authorization header is not the key."""


class EndpointNotFoundError(EmulatorError):
    """The path names another endpoint."""


class JobNotFoundError(EmulatorError):
    """No such job."""


class BodyTooLargeError(EmulatorError):
    """`/run` was sent more than its limit."""


class MalformedBodyError(EmulatorError):
    """The body is not what the route needs."""


class JobEndedError(EmulatorError):
    """A worker reports on a job that has ended."""


class NotTheHolderError(EmulatorError):
    """A worker reports on a job that it does not hold."""
