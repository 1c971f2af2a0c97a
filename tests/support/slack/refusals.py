"""How a Web API method says no: Slack's error code and what goes with it."""

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """A call that Slack answers with `ok: false`. `details` are further keys of the answer."""

    def __init__(self, code: str, status: int = 200, headers: Mapping[str, str] | None = None, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.headers = dict(headers or {})
        self.details = details


def invalid_arguments(*problems: str) -> Refused:
    """Return the refusal of arguments or of a view, with each problem named."""
    return Refused("invalid_arguments", response_metadata={"messages": [f"[ERROR] {one}" for one in problems]})


def invalid_blocks(problems: list[str]) -> Refused:
    """Return the refusal of a message's blocks, with each problem named."""
    messages = {"messages": [f"[ERROR] {one}" for one in problems]}
    return Refused("invalid_blocks", errors=problems, response_metadata=messages)
