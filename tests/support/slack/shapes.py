"""Checks for JSON shapes, worded as Slack words its refusals. The block rules are put together from these."""

from collections.abc import Callable
from typing import Any

from tests.support.slack.workspace import JSON

Check = Callable[[Any, str, "Problems"], None]


class Problems:
    """What is wrong with a value, each with the place it is wrong at."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, what: str, path: str) -> None:
        """Note one problem."""
        self.found.append(f"{what} [json-pointer:{path}]")


def string(longest: int, shortest: int = 1) -> Check:
    """Check a string by its length in characters."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if not isinstance(value, str):
            problems.add("must provide a string", path)
        elif len(value) > longest:
            problems.add(f"must be less than {longest + 1} characters", path)
        elif len(value) < shortest:
            problems.add(f"must be more than {shortest - 1} characters", path)

    return check


def choice(*values: str) -> Check:
    """Check that a value is one of a few words."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if value not in values:
            problems.add(f"must be one of: {', '.join(values)}", path)

    return check


def flag(value: Any, path: str, problems: Problems) -> None:
    """Check a boolean."""
    if not isinstance(value, bool):
        problems.add("must provide a boolean", path)


def whole(low: int, high: int) -> Check:
    """Check an integer between two bounds."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            problems.add(f"must be an integer from {low} to {high}", path)

    return check


def url(value: Any, path: str, problems: Problems) -> None:
    """Check a web address of at most 3000 characters."""
    string(3000)(value, path, problems)
    if isinstance(value, str) and not value.startswith(("http://", "https://", "mailto:")):
        problems.add("must be a valid url", path)


def array(item: Check, most: int, least: int = 1) -> Check:
    """Check a list by its length and each of its items."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if not isinstance(value, list):
            problems.add("must provide an array", path)
            return
        if len(value) > most:
            problems.add(f"no more than {most} items allowed", path)
        if len(value) < least:
            problems.add(f"no fewer than {least} items required", path)
        for number, one in enumerate(value):
            item(one, f"{path}/{number}", problems)

    return check


def record(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    """Check an object: keys it must have, keys it may have, nothing else. `type` is looked at by `typed`."""
    known = {**required, **(optional or {})}

    def check(value: Any, path: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.add("must provide an object", path)
            return
        for name in required.keys() - value.keys():
            problems.add(f"missing required field: {name}", path)
        for name, one in value.items():
            if name in known:
                known[name](one, f"{path}/{name}", problems)
            elif name != "type":
                problems.add(f"invalid additional property: {name}", path)

    return check


def typed(shapes: dict[str, Check]) -> Check:
    """Check an object by its `type`, of those allowed here."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if not isinstance(value, dict) or "type" not in value:
            problems.add("missing required field: type", path)
        elif not isinstance(value["type"], str) or value["type"] not in shapes:
            problems.add(f"unsupported type: {value['type']}", f"{path}/type")
        else:
            shapes[value["type"]](value, path, problems)

    return check


def both(*checks: Check) -> Check:
    """Check a value in several ways."""

    def check(value: Any, path: str, problems: Problems) -> None:
        for one in checks:
            one(value, path, problems)

    return check


def unique(key: str) -> Check:
    """Check that no two items of a list have the same value at a key."""

    def check(value: Any, path: str, problems: Problems) -> None:
        seen: set[str] = set()
        for number, item in enumerate(value if isinstance(value, list) else []):
            name = item.get(key) if isinstance(item, dict) else None
            if isinstance(name, str) and name in seen:
                problems.add(f"`{key}`: {name} already exists", f"{path}/{number}/{key}")
            seen.add(str(name))

    return check


def one_of_keys(*names: str) -> Check:
    """Check that an object has at least one of some keys."""

    def check(value: Any, path: str, problems: Problems) -> None:
        if isinstance(value, dict) and not any(name in value for name in names):
            problems.add(f"must define either {' or '.join(f'`{name}`' for name in names)}", path)

    return check


def initial_is_an_option(value: JSON, path: str, problems: Problems) -> None:
    """Check that what is chosen at first is among the options, equal in every key."""
    groups = [group for group in _items(value.get("option_groups")) if isinstance(group, dict)]
    offered = [*_items(value.get("options")), *(one for group in groups for one in _items(group.get("options")))]
    chosen = [value["initial_option"]] if "initial_option" in value else _items(value.get("initial_options"))
    for one in chosen:
        if one not in offered:
            problems.add("initial option must be one of the options", path)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
