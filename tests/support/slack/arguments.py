"""Reading the arguments of a Web API call, whichever of the forms Slack takes they come in."""

import json
from typing import Any

from aiohttp import web

from tests.support.slack.refusals import Refused, invalid_arguments
from tests.support.slack.workspace import JSON


class Arguments(dict[str, Any]):
    """The arguments of one call; in form bodies and queries every one is a string."""

    def text(self, name: str, default: str = "") -> str:
        """Return a string."""
        value = self.get(name)
        return default if value is None else str(value)

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a boolean, however it was written."""
        value = self.get(name)
        return default if value is None else value in (True, 1, "1", "true", "True")

    def whole(self, name: str, default: int, most: int) -> int:
        """Return a positive integer of at most `most`."""
        try:
            value = int(self.get(name) or default)
        except (TypeError, ValueError):
            raise Refused("invalid_limit") from None
        return min(max(value, 1), most)

    def structure(self, name: str, code: str) -> Any:
        """Return an object or a list, sent as JSON or as a string of JSON; None if it is not there."""
        value = self.get(name)
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                raise Refused(code) from None
        return value

    def require(self, names: tuple[str, ...]) -> None:
        """Raise Refused unless every argument is there."""
        missing = [name for name in names if self.get(name) in (None, "")]
        if missing:
            raise invalid_arguments(*(f"missing required field: {name}" for name in missing))


async def read_arguments(request: web.Request, takes_json: bool) -> Arguments:
    """Return the arguments of a request; JSON bodies count only for the methods that take them."""
    arguments = Arguments(request.query)
    body = await request.read()
    if request.method != "POST" or not body:
        return arguments
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        arguments.update(_json(body) if takes_json else {})
    elif kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        arguments.update({name: value for name, value in (await request.post()).items() if isinstance(value, str)})
    else:
        raise Refused("invalid_post_type" if kind else "missing_post_type")
    return arguments


def _json(body: bytes) -> JSON:
    try:
        value = json.loads(body)
    except ValueError:
        raise Refused("invalid_json") from None
    if not isinstance(value, dict):
        raise Refused("json_not_object")
    return value
