"""Exit codes: what a script learns from a command."""

from orchestration.errors import Conflict, NotAllowed, SaysoError
from orchestration.records import Plan

DONE = 0
OTHERWISE = 1
USAGE = 2
NOT_RUN = 3
UNCLEAR = 4
PENDING = 5
NOT_ALLOWED = 6
NOBODY_READS = 141
"""As of a program that SIGPIPE has ended."""


def of_error(error: SaysoError) -> int:
    """Return the exit code of an error: 6 not allowed, 3 a lost race or stale revision, else 2."""
    match error:
        case NotAllowed():
            return NOT_ALLOWED
        case Conflict():
            return NOT_RUN
        case _:
            return USAGE


def of_plan(plan: Plan) -> int:
    """Return the exit code of a plan as it stands."""
    match plan.status:
        case "completed":
            return DONE if plan.verdict == "PASS" else OTHERWISE
        case "rejected" | "expired" | "cancelled":
            return NOT_RUN
        case "pending_approval" | "paused":
            return PENDING
        case _:
            return OTHERWISE
