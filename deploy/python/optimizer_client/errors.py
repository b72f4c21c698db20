"""What can go wrong; every error is an OptimizerError."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from .client import Future
    from .messages import Result
    from .sweeps import SweepResult


class OptimizerError(Exception):
    """Any error of this package."""


class BadRequest(OptimizerError, ValueError):
    """What was given has no form as a message; nothing was sent."""


class BrokerError(OptimizerError):
    """No broker answers, or it refuses what this user asks for."""


class DeliveryError(BrokerError):
    """Requests that no broker has acknowledged."""

    def __init__(self, message: str, failed: dict[str, str], futures: list[Future]):
        super().__init__(message)
        #: Why, by `request_id`.
        self.failed = failed
        #: Of the requests that were acknowledged.
        self.futures = futures


class ResultTimeout(OptimizerError, TimeoutError):
    """No result in the time given. The request is not withdrawn: waiting for it again is possible."""


class BadResponse(OptimizerError):
    """A record that answers a request and is no result."""


class UnknownRequest(OptimizerError, LookupError):
    """No result of this `request_id` is in the results topic."""


class RequestFailed(OptimizerError):
    """A request that ended otherwise than completed: the `error` of its result or of its dead letter."""

    def __init__(self, request_id: str, status: str, error: dict[str, Any], where: str, result: Optional[Result]):
        #: Such as `invalid_parameters`.
        self.code: str = str(error.get("code", "unknown"))
        self.message: str = str(error.get("message", ""))
        super().__init__(f"{request_id} {status} ({self.code}): {self.message} [{where}]")
        self.request_id = request_id
        #: Such as `rejected` or `timed_out`.
        self.status = status
        #: Whether the same request may well succeed later.
        self.retryable: bool = bool(error.get("retryable", False))
        #: Such as the traceback of an external strategy.
        self.details: Optional[str] = error.get("details")
        #: None where the dead letter came first, or nothing else.
        self.result = result


class SweepFailed(OptimizerError):
    """A sweep that was not taken, or whose steps failed or have no result."""

    def __init__(self, message: str, sweep: Optional[SweepResult] = None):
        super().__init__(message)
        #: What there is of it; None where nothing is.
        self.sweep = sweep
