"""Read amounts as people write them: numbers, durations, sizes; and write each in one spelling.

What could mean two things («2G», «10» without its unit) is refused with what to write instead. `formats.py` and
`parameters.py` build on it.
"""

import re
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from orchestration.canonical import MAX_INTEGER
from orchestration.intake.numerals import SPELT, read_spelt
from orchestration.intake.request import fold


class BadValue(ValueError):
    """A value that its parameter does not take; the message is the end of a sentence about the parameter."""


_SCALES = {"k": 10**3, "t": 10**3, "m": 10**6, "b": 10**9}
"""By the first letter of the word for them."""
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_BYTES = {"b": 1} | {
    unit: base**power
    for power, letter in enumerate("kmgtp", start=1)
    for unit, base in ((f"{letter}b", 1000), (f"{letter}ib", 1024))
}
_SPELT = {"kb": "kB", "mb": "MB", "gb": "GB", "tb": "TB", "pb": "PB"} | {
    f"{letter}ib": f"{letter.upper()}iB" for letter in "kmgtp"
}
_LONG = {"kilo": "kb", "mega": "mb", "giga": "gb", "tera": "tb", "peta": "pb"} | {
    "kibi": "kib", "mebi": "mib", "gibi": "gib", "tebi": "tib", "pebi": "pib",
}  # fmt: skip

_DIGITS = r"[0-9]{1,3}(?:,[0-9]{3}){1,5}|[0-9]{1,16}"
_AMOUNT = rf"(?:{_DIGITS})(?:\.[0-9]{{1,9}})?|{SPELT}|\ban?\b"
_TIME_UNIT = r"(?:weeks?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|[wdhms])(?![a-z])"
# Possessive, so that no run of spaces takes longer than its length allows.
_TIME_PART = rf"(?:{_AMOUNT})\s*+{_TIME_UNIT}"
_SIZE_UNIT = rf"(?:[kmgtp]i?b|b|(?:{'|'.join(_LONG)})?bytes?)(?![a-z])"

_DECIMAL = rf"[+-]?(?:{_DIGITS})(?:\.[0-9]{{1,18}})?(?:e[+-]?[0-9]{{1,2}}(?!\w))?"
NUMBER = re.compile(
    rf"[$€£]\s*+{_DECIMAL}(?:k|\s*+(?:[mb]n?|thousand|million|billion))?(?![a-z])"
    rf"|{_DECIMAL}(?:(?:k|\s*+(?:thousand|million|billion))(?![a-z]))?",
    re.IGNORECASE,
)
"""Digits, with what they count in: «1.2 million», «$3M», «2e-9»."""
_COUNTED = re.compile(r"[$€£]?\s*(?P<digits>[+-]?[0-9.,]+(?:e[+-]?[0-9]+)?)\s*(?P<scale>[a-z]?)")
DURATION = re.compile(
    rf"half\s++an?\s++{_TIME_UNIT}"
    rf"|{_TIME_PART}(?:(?:\s*+,)?\s*+(?:and\s++)?{_TIME_PART})*(?:\s++and\s++a\s++half\b)?"
    rf"|[0-9]{{1,6}}\s*+h\s*+[0-5][0-9](?![\w:])",
    re.IGNORECASE,
)
SIZE = re.compile(rf"(?:{_AMOUNT})\s*+{_SIZE_UNIT}", re.IGNORECASE)
_PART = re.compile(rf"({_AMOUNT})\s*+({_TIME_UNIT}|{_SIZE_UNIT})")


_ORDINAL = re.compile(r"(?<=[0-9])(?:st|nd|rd|th)$")
_FRACTION = re.compile(r"[0-9+-]*(?:\.[0-9]+k?|e.*)")
"""What is a fraction somewhere, «3.000», or is nowhere written for a whole number."""


def read_whole(text: str) -> int:
    """Return a whole number: `3000`, `3,000`, `3k`, `$1.2M`, `5th` or `five`; raises BadValue."""
    said = fold(text).strip()
    if (spelt := read_spelt(said)) is not None:
        return spelt
    number = None if _FRACTION.fullmatch(said) else _decimal(_ORDINAL.sub("", said))
    if number is None or number != int(number):
        raise BadValue(f"must be a whole number, not «{text}»")
    return int(number)


def read_number(text: str) -> str:
    """Return a number in its one spelling, `-0.5` or `1200`, without an exponent; raises BadValue."""
    said = fold(text).strip()
    spelt = read_spelt(said)
    number = _decimal(said) if spelt is None else Decimal(spelt)
    if number is None:
        raise BadValue(f"must be a number such as 3, 0.25 or 1.2 million, not «{text}»")
    plain = format(number, "f")
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) if number else "0"


def _decimal(said: str) -> Decimal | None:
    """Return the number that digits stand for, exactly; None when they stand for none."""
    found = _COUNTED.match(said) if NUMBER.fullmatch(said) else None
    return Decimal(found["digits"].replace(",", "")) * _SCALES.get(found["scale"], 1) if found else None


def read_duration(text: str) -> int:
    """Return the seconds of `90s`, `10 minutes`, `1h30`, `half an hour` or `2 days and 4 hours`; raises BadValue."""
    said = fold(text).strip()
    if not DURATION.fullmatch(said):
        raise BadValue(f"must be a time with its unit, such as 90s, 10 minutes or 1h30, not «{text}»")
    if found := re.fullmatch(r"([0-9]+)\s*h\s*([0-9]{2})", said):
        return int(found[1]) * 3600 + int(found[2]) * 60
    parts = [(_amount(number, text), _SECONDS[unit[0]]) for number, unit in _PART.findall(said)]
    if said.startswith("half"):
        parts = [(Fraction(1, 2), _SECONDS[said.split()[2][0]])]
    elif said.endswith("half"):
        parts.append((Fraction(1, 2), parts[-1][1]))
    else:
        _refuse_disorder([unit for _, unit in parts], text)
    return _whole(sum(number * unit for number, unit in parts), "seconds", text)


def write_duration(seconds: int) -> str:
    """Return `1h30m`: how a number of seconds is stored and shown as text."""
    parts = []
    for unit in "dhms":
        number, seconds = divmod(seconds, _SECONDS[unit])
        parts.append(f"{number}{unit}" if number else "")
    return "".join(parts) or "0s"


def read_size(text: str) -> int:
    """Return the bytes of `2 GB` (1000³ each), `512MiB` (1024² each) or `three megabytes`; raises BadValue."""
    said = fold(text).strip()
    if re.fullmatch(r"[0-9.,]+\s*[kmgtp]", said):
        unit = said[-1]
        raise BadValue(f"can be meant in two ways, «{text}»: write {_SPELT[f'{unit}b']} or {_SPELT[f'{unit}ib']}")
    if not SIZE.fullmatch(said) or not (found := _PART.fullmatch(said)):
        raise BadValue(f"must be a size with its unit, such as 500 kB, 2 GB or 512 MiB, not «{text}»")
    return _whole(_amount(found[1], text) * _BYTES[_size_unit(found[2])], "bytes", text)


def write_size(size: int) -> str:
    """Return `2GB` or `512MiB`: the largest unit that leaves a whole number."""
    unit = max((unit for unit in _BYTES if size % _BYTES[unit] == 0), key=lambda unit: _BYTES[unit]) if size else "b"
    return f"{size // _BYTES[unit]}{_SPELT.get(unit, 'B')}"


def _amount(said: str, text: str) -> Fraction:
    if said in ("a", "an"):
        return Fraction(1)
    if said[0].isdigit():
        return Fraction(said.replace(",", ""))
    if (spelt := read_spelt(said)) is None:
        raise BadValue(f"must be one amount, not «{text}»")
    return Fraction(spelt)


def _size_unit(said: str) -> str:
    prefix = re.sub(r"bytes?$", "", said)
    return _LONG.get(prefix, "b") if prefix != said else said


def _refuse_disorder(units: list[int], text: str) -> None:
    """Refuse «10 minutes 20 minutes», which is no one time."""
    if any(after >= before for before, after in pairwise(units)):
        raise BadValue(f"must be one time, such as 1h30, not «{text}»")


def _whole(amount: Fraction | int, unit: str, text: str) -> int:
    if amount != int(amount):
        raise BadValue(f"must come to whole {unit}, which «{text}» does not")
    if amount > MAX_INTEGER:
        raise BadValue(f"is too large: «{text}»")
    return int(amount)
