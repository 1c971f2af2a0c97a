"""The formats that a parameter may declare: what counts as a value in running text, and its one spelling.

Called by `parameters.py`. Every reader takes any text, returns the canonical form, and raises nothing but BadValue.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import PurePosixPath
from urllib.parse import SplitResult, urlsplit

from orchestration.intake.declaration import Parameter
from orchestration.intake.request import fold
from orchestration.intake.values import (
    DURATION,
    NUMBER,
    SIZE,
    BadValue,
    read_duration,
    read_number,
    read_size,
    write_duration,
    write_size,
)

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905
_MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?"
)
_DAY = r"[0-9]{1,2}"
_DATES = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<number>[0-9]{2})-(?P<day>[0-9]{2})"),
    re.compile(r"(?P<year>[0-9]{4})[/.](?P<number>[0-9]{1,2})[/.](?P<day>[0-9]{1,2})"),
    re.compile(rf"(?P<day>{_DAY})(?:st|nd|rd|th|\.)?\s++(?:of\s++)?(?P<month>{_MONTH})\.?,?\s++(?P<year>[0-9]{{4}})"),
    re.compile(rf"(?P<month>{_MONTH})\.?\s++(?P<day>{_DAY})(?:st|nd|rd|th)?,?\s++(?P<year>[0-9]{{4}})"),
)
_CLOCK = re.compile(
    r"(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?)?(?:\s*+(?P<half>[ap])\.?m\.?)?"
)
_NAMED_TIMES = {"noon": "12:00", "midday": "12:00", "midnight": "00:00"}
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_FILE_ENDINGS = r"ya?ml|json|toml|ini|conf|cfg|txt|md|log|csv|xml|html|py|sh|sql|env|j2|tar|t?gz|zip|service|db|pem|crt"
_FILE = re.compile(rf".+\.(?:{_FILE_ENDINGS})", re.IGNORECASE)
_SHARE = re.compile(r"\s*+(?:%|per\s?cent\b)", re.IGNORECASE)
_OF_HUNDRED = re.compile(r"per\s?cent|%", re.IGNORECASE)
_OF_ONE = re.compile(r"between 0 and 1\b|\bdecimal\b|\bfraction\b|0 to 1\b", re.IGNORECASE)
_WORD = r"(?<![^\s\"'(,;=])[^\s\"'(),;=]+"


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of value."""

    read: Callable[[Parameter, str], str | int]
    """The value that a text stands for, of the parameter's type; raises BadValue."""
    found: re.Pattern[str]
    """What looks like one in running text."""
    looks_right: Callable[[str], bool] = lambda _: True
    """Whether what was found looks like one on a second look."""
    write: Callable[[int], str] | None = None
    """How an amount is written; only of formats that are amounts."""

    def find(self, clause: str) -> Iterator[str]:
        """Yield what looks like a value of this kind."""
        for match in self.found.finditer(clause):
            closing = "" if "(" in match[0] else ")"
            if (said := match[0].rstrip(f".,:;!?{closing}").strip()) and self.looks_right(said):
                yield said


def read_time(text: str) -> str:
    """Return `14:30` (or `14:30:05`) of a time of day; an hour of one digit needs am or pm. Raises BadValue."""
    said = fold(text).strip()
    if said in _NAMED_TIMES:
        return _NAMED_TIMES[said]
    found = _CLOCK.fullmatch(said)
    if not found or not (found["minute"] or found["half"]):
        raise BadValue(f"must be a time of day such as 14:30 or 2pm, not «{text}»")
    hour, half = int(found["hour"]), found["half"]
    if not half and len(found["hour"]) == 1:
        raise BadValue(f"can be meant in two ways, «{text}»: write 0{said}, or am or pm behind it")
    if not (1 <= hour <= 12 if half else hour <= 23) or max(int(found["minute"] or 0), int(found["second"] or 0)) > 59:
        raise BadValue(f"«{text}» is not a time of day")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return f"{hour:02}:{found['minute'] or '00'}{':' + found['second'] if found['second'] else ''}"


def read_date(text: str) -> str:
    """Return `2026-12-01` of a date with its year; raises BadValue, also for 12/01/2026, which means two days."""
    said = fold(text).strip()
    for pattern in _DATES:
        if found := pattern.fullmatch(said):
            parts = found.groupdict()
            month = int(parts.get("number") or 0) or _MONTHS.index(parts.get("month", "jan")[:3]) + 1
            try:
                return date(int(parts["year"]), month, int(parts["day"])).isoformat()
            except ValueError:
                raise BadValue(f"«{text}» is not in any calendar") from None
    raise BadValue(f"must be a date with its year, such as 2026-12-01 or 1 December 2026, not «{text}»")


def read_path(text: str, absolute: bool) -> str:
    """Return a path without `.` and doubled slashes; one that leaves the workspace raises BadValue."""
    said = text.strip()
    path = PurePosixPath(said)
    if not path.name or any(not character.isprintable() for character in said) or str(path) != str(path).strip():
        raise BadValue(f"must be a path, not «{text}»")
    if ".." in path.parts or said.startswith("~"):
        raise BadValue(f"must be a path without «..» and «~», not «{text}»")
    if path.is_absolute() and not absolute:
        raise BadValue(f"must be a path inside the workspace, relative to it, not «{text}»")
    return "/" + str(path).lstrip("/") if path.is_absolute() else str(path)


def read_hostname(text: str) -> str:
    """Return a host name (or an IPv4 address) in lower case, without a dot at its end; raises BadValue."""
    said = text.strip().lower().removesuffix(".")
    labels = said.split(".")
    if len(said) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadValue(f"must be the name of a host, such as nas.home.arpa, not «{text}»")
    if labels[-1].isdigit() and not _is_address(said):
        raise BadValue(f"«{text}» is not an address")
    return said


def read_url(text: str) -> str:
    """Return an http or https address, its scheme and host in lower case; raises BadValue."""
    said = text.strip()
    try:
        parts = urlsplit(said)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadValue(f"«{text}» is not a web address") from None
    if parts.scheme.lower() not in ("http", "https") or not said.isascii() or not re.fullmatch(r"[!-~]+", said):
        raise BadValue(f"must be a web address that begins with https:// or http://, not «{text}»")
    if "@" in parts.netloc:
        raise BadValue("must not have a name or a password in it: declare a secret for that")
    return _rebuilt(parts, host, port, text)


def _rebuilt(parts: SplitResult, host: str, port: int | None, text: str) -> str:
    try:
        name = f"[{ipaddress.IPv6Address(host)}]" if ":" in host else read_hostname(host)
    except ValueError:
        raise BadValue(f"«{text}» names no host that can be reached") from None
    netloc = name if port is None else f"{name}:{port}"
    return parts._replace(scheme=parts.scheme.lower(), netloc=netloc).geturl()


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def counted(parameter: Parameter, text: str) -> str:
    """Return a number without the sign of what it counts: «8%» is 8 where the description speaks of percent, 0.08 where
    it speaks of a share; «298K» is 298 where it speaks of kelvins. Raises BadValue where it could be either."""
    said = text.strip()
    if said.endswith("K") and re.search(r"\bkelvin", parameter.description, re.IGNORECASE):
        return said[:-1]
    if (bare := _SHARE.sub("", said)) == said:
        return text
    number = read_number(bare)
    in_hundred, in_one = (bool(kind.search(parameter.description)) for kind in (_OF_HUNDRED, _OF_ONE))
    if in_hundred == in_one:
        raise BadValue(f"can be meant in two ways, «{text}»: write {number} or {read_number(f'{number}e-2')}")
    return number if in_hundred else read_number(f"{number}e-2")


def _number(parameter: Parameter, text: str) -> str:
    return read_number(counted(parameter, text))


def _amount(read: Callable[[str], int], write: Callable[[int], str], parameter: Parameter, text: str) -> str | int:
    """Return an amount as the parameter wants it: the number itself, or its spelling."""
    return read(text) if parameter.type == "integer" else write(read(text))


def _text(read: Callable[[str], str], _parameter: Parameter, text: str) -> str:
    return read(text)


def _words(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """Return a pattern that finds whole words only."""
    return re.compile(rf"(?<![\w.,:/-])(?:{pattern.pattern})(?![\w/])", re.IGNORECASE)


FORMATS: dict[str, Format] = {
    "number": Format(
        _number, re.compile(rf"(?<![\w.,:/-])(?:{NUMBER.pattern})(?:{_SHARE.pattern})?+(?![\w/:-]|\.\d)", re.IGNORECASE)
    ),
    "duration": Format(partial(_amount, read_duration, write_duration), _words(DURATION), write=write_duration),
    "size": Format(partial(_amount, read_size, write_size), _words(SIZE), write=write_size),
    "time": Format(
        partial(_text, read_time),
        re.compile(
            r"(?<![\w:.-])(?:[0-9]{1,2}(?::[0-9]{2}){1,2}(?:\s*+[ap]\.?m\b\.?)?|[0-9]{1,2}\s*+[ap]\.?m\b\.?"
            rf"|{'|'.join(_NAMED_TIMES)})(?![\w:])",
            re.IGNORECASE,
        ),
    ),
    "date": Format(
        partial(_text, read_date),
        re.compile(
            rf"(?<![\w/-])(?:{'|'.join(re.sub('[?]P<[a-z]+>', '?:', one.pattern) for one in _DATES)}"
            r"|[0-9]{1,2}[/.][0-9]{1,2}[/.][0-9]{2,4})(?![\w/-])",
            re.IGNORECASE,
        ),
    ),
    "path": Format(
        lambda parameter, text: read_path(text, parameter.absolute),
        re.compile(_WORD),
        lambda said: "://" not in said and ("/" in said or bool(_FILE.fullmatch(said))),
    ),
    "url": Format(partial(_text, read_url), re.compile(r"(?<!\w)https?://[^\s\"'<>]+", re.IGNORECASE)),
    "hostname": Format(
        partial(_text, read_hostname),
        re.compile(_WORD),
        lambda said: bool(re.fullmatch(r"[\w-]+(\.[\w-]+)+", said)) and not _FILE.fullmatch(said),
    ),
}
"""By the name under which a parameter declares it."""
