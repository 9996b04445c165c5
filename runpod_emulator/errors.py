"""Why the emulator refuses a request.

EmulatorError
├── UnauthorizedError      the Authorization header is not the key
├── ForbiddenError         the control API was asked from elsewhere
├── EndpointNotFoundError  the path names another endpoint
├── JobNotFoundError       no such job
├── WorkerNotFoundError    no such worker of the fleet, or no fleet
├── RuleNotFoundError      no such fault rule
├── BodyTooLargeError      the body is longer than its limit
├── MalformedBodyError     the body or the query is not what the route needs
├── JobEndedError          a worker reports on a job that has ended
├── NotTheHolderError      a worker reports on a job that it does not hold
├── JobNotRetryableError   /retry of a job that has not failed
├── TooManyRequestsError   above the rate limit
└── FaultError             a fault rule says so
"""


class EmulatorError(Exception):
    """A request was refused.

    Attributes:
        fields: What the log line says beside the message; never a job's input or output.
        http_status: What it is answered with.
    """

    http_status = 400

    def __init__(self, message: str, **fields: str) -> None:
        super().__init__(message)
        self.fields = fields


class UnauthorizedError(EmulatorError):
    """The Authorization header is not the key."""

    http_status = 401


class ForbiddenError(EmulatorError):
    """The control API was asked from elsewhere."""

    http_status = 403


class EndpointNotFoundError(EmulatorError):
    """The path names another endpoint."""

    http_status = 404


class JobNotFoundError(EmulatorError):
    """No such job."""

    http_status = 404


class WorkerNotFoundError(EmulatorError):
    """No such worker of the fleet, or no fleet."""

    http_status = 404


class RuleNotFoundError(EmulatorError):
    """No such fault rule."""

    http_status = 404


class BodyTooLargeError(EmulatorError):
    """The body is longer than its limit."""

    http_status = 413


class MalformedBodyError(EmulatorError):
    """The body or the query is not what the route needs."""


class JobEndedError(EmulatorError):
    """A worker reports on a job that has ended."""


class NotTheHolderError(EmulatorError):
    """A worker reports on a job that it does not hold."""


class JobNotRetryableError(EmulatorError):
    """`/retry` of a job that has not failed."""


class TooManyRequestsError(EmulatorError):
    """Above the rate limit."""

    http_status = 429


class FaultError(EmulatorError):
    """A fault rule says so."""

    def __init__(self, message: str, *, http_status: int) -> None:
        super().__init__(message)
        self.http_status = http_status
