"""Fill what an operation's tool is told (`with`, `preview_with`) so that every value stays a value.

The planner calls this with the operation's parameters. What counts as one value differs: an argument must not become
an option, a value in a URL not another path, host or parameter, one of a header not another header.
"""

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from glob import escape
from typing import Any
from urllib.parse import quote

from orchestration.errors import InvalidRequest
from orchestration.intake.arguments import check_arguments
from orchestration.intake.templates import SLOT, fill

ALL = "all"
"""What `only` says when it means everything below `path`."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MARKERS = re.compile(r"[A-Za-z0-9_() ]{1,200}")


def filled(tool: str, template: Mapping[str, Any], values: Mapping[str, Any], files: Iterable[str]) -> dict[str, Any]:
    """Return the template with its slots filled by the rules of its tool; raises InvalidRequest.

    `files` are the paths of what is approved with it.
    """
    if tool == "http_call":
        return _request(template, values)
    if tool == "research":
        return _question(template, values, files)
    if tool == "command":
        check_arguments(template["argv"], values)
    instructions: dict[str, Any] = fill(template, values)
    if tool == "pytest":
        suite_path(instructions, files)
    return instructions


def suite_path(instructions: Mapping[str, Any], files: Iterable[str]) -> str:
    """Return the path of the tests to run: approved files, relative to the workspace; raises InvalidRequest."""
    path, only = str(instructions.get("path", "")), str(instructions.get("only", ALL))
    whole = path if only == ALL else f"{path.rstrip('/')}/{only}"
    place = whole.partition("::")[0].rstrip("/")
    if place.startswith(("/", "~", "-")) or ".." in place.split("/") or _CONTROL.search(whole):
        raise InvalidRequest(f"«{whole}» is not a path inside the workspace. Say another one.")
    if not any(file == place or file.startswith(f"{place}/") for file in files):
        advice = "say another one, or have the operation's owner put it under «files:»"
        raise InvalidRequest(f"There are no approved tests in «{place}»: {advice}.")
    markers = instructions.get("markers")
    if markers is not None and not (isinstance(markers, str) and _MARKERS.fullmatch(markers)):
        raise InvalidRequest(f"«{markers}» names no markers: write words, «and», «or», «not» and parentheses.")
    return whole


def _question(template: Mapping[str, Any], values: Mapping[str, Any], files: Iterable[str]) -> dict[str, Any]:
    """Return what a model is asked, with the approved files that are sent along; all of them unless some are named."""
    approved = sorted(files)
    escaped = {name: escape(str(value)) for name, value in values.items()}
    sent: list[str] = []
    for pattern in fill(template.get("files", ["*"] if approved else []), escaped):
        found = [path for path in approved if fnmatchcase(path, pattern)]
        if not found:
            raise InvalidRequest(f"There is no approved file «{pattern}» to send along: say another one.")
        sent += found
    about = fill(template.get("about", {}), values)
    return {"instructions": template["instructions"], "about": about, "files": list(dict.fromkeys(sent))}


def _request(template: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    url = str(template["url"])
    encoded = {name: _encoded(name, values[name]) for name in SLOT.findall(url) if name in values}
    whole = str(fill(url, encoded))
    if any(part in (".", "..") for part in whole.partition("?")[0].split("/")):
        raise InvalidRequest("A value of «.» or «..» would lead to another place of the site. Say another one.")
    rest = {key: fill(value, values) for key, value in template.items() if key != "url"}
    for name, value in rest.get("headers", {}).items():
        if _CONTROL.search(str(value)) or not str(value).isascii():
            raise InvalidRequest(f"The header {name} takes one line of plain ASCII characters, not «{value}».")
    return {**rest, "url": whole}


def _encoded(name: str, value: Any) -> str:
    """Return a value as one part of a path or a query, whatever is in it."""
    if value in ("", None):
        raise InvalidRequest(f"The value of {name} is empty, which would make another address of it. Say one.")
    return quote(str(value).lower() if isinstance(value, bool) else str(value), safe="")
