"""What a clause says without naming a parameter: «including hidden ones», an option that a description lists.

Called by `planning/finding.py` where the rest of a clause is read generously.
"""

import re

from orchestration.intake.declaration import Parameter
from orchestration.intake.entries import is_free
from orchestration.intake.evidence import alike
from orchestration.intake.request import fold
from orchestration.intake.words import ARTICLES, QUESTIONS, REFUSALS, SILENT, VAGUE, stem, words_in

_WORDS = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_TURNING = frozenset(map(fold, (*REFUSALS, "excluding", "exclude", "skip", "omit", "ignore", "ignoring", "disable")))
_UNTELLING = frozenset(
    map(
        stem,
        [
            "is",
            "are",
            "has",
            "have",
            "include",
            "includes",
            "included",
            "including",
            "show",
            "get",
            "with",
            "use",
            "using",
            "set",
            "flag",
            "enable",
            "enabled",
            "should",
            "want",
            "need",
            "option",
            "only",
            "allow",
            "allowed",
            "provide",
            "return",
            "need",
            "needs",
            "require",
            "required",
            "do",
            "does",
            "can",
        ],
    )
)
_TIMES = frozenset(("dat", "tim", "day", "period"))
_RELATIVE = re.compile(
    r"\b(?:today|tomorrow|tonight|yesterday|weekend|(?:next|this|last|coming|upcoming)\s+(?:week|month|year|\w+day))\b",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"(?:such\s+as|e\.?g\.?,?|for\s+(?:example|instance),?|options?(?:\s+are|\s+include)?:?|can\s+be|either|one\s+of|like|include:?)"
    r"\s+(?P<list>[^.;()]+)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"['\"‘“]([^'\"’”]{1,40})['\"’”]")
_BETWEEN = re.compile(r"\s*,\s*(?:and|or)?\s*|\s+(?:and|or)\s+", re.IGNORECASE)
MOST_OPTIONS = 20


def find_unnamed(name: str, parameter: Parameter, clause: str, about: frozenset[str]) -> tuple[str, str] | None:
    """Return (value text, the words it was read from) that a clause says without naming the parameter.

    `about` are stems of what its operation is called, which alone tell nothing.
    """
    if parameter.type == "boolean":
        return _flag(name, clause, about)
    return _option(parameter, clause) if is_free(parameter) else None


def _flag(name: str, clause: str, about: frozenset[str]) -> tuple[str, str] | None:
    """Return (yes or no, the words) when a clause speaks of what a boolean is about."""
    telling = _telling(name)
    said = [(found[0], stem(fold(found[0]))) for found in _WORDS.finditer(clause)]
    stems = [one for _, one in said]
    if not telling or about.issuperset(telling):
        return None
    places = [next((n for n, one in enumerate(stems) if alike([word], [one])), -1) for word in telling]
    if min(places) < 0:
        return None
    if max(places) - min(places) > len(telling) + 2:
        return None
    before = [fold(word) for word, _ in said[max(0, min(places) - 4) : min(places)]]
    words = " ".join(word for word, _ in said[min(places) : max(places) + 1])
    is_turned = any(word in _TURNING or word.endswith(("n't", "n’t")) for word in before)
    return ("no" if is_turned else "yes"), words


def _telling(name: str) -> list[str]:
    return [stem(word) for word in words_in(name) if stem(word) not in _UNTELLING and word not in SILENT]


def is_spoken_of(name: str, parameter: Parameter, clause: str, about: frozenset[str]) -> bool:
    """Whether a clause speaks of what a parameter is about, so that nobody should take it for left out."""
    stems = [stem(word) for word in words_in(clause)]
    telling = _telling(name)
    if parameter.type == "boolean":
        return any(alike([word], stems) for word in telling if word not in about)
    is_time = parameter.format in ("date", "time") or _TIMES.issuperset(telling[-1:])
    if is_time and telling and _RELATIVE.search(clause):
        return True
    return bool(telling) and not about.issuperset(telling) and all(alike([word], stems) for word in telling)


def options_in(description: str) -> list[str]:
    """Return the values that a description lists: «can be 'asc' or 'desc'», «e.g. red, green»."""
    found = _LISTED.search(description)
    if not found:
        return []
    quoted = _QUOTED.findall(found["list"])
    options = quoted or [one.strip(" '\"") for one in _BETWEEN.split(found["list"])]
    return [one for one in options if one and len(one.split()) <= 3 and one.lower() != "etc"][:MOST_OPTIONS]


def _option(parameter: Parameter, clause: str) -> tuple[str, str] | None:
    """Return (value, word) of the only value in a clause of those that the description of a text lists."""
    options = options_in(parameter.description)
    if len(options) < 2:
        return None
    said = f" {' '.join(words_in(clause))} "
    small = ARTICLES | VAGUE | SILENT | QUESTIONS
    found = [one for one in options if f" {' '.join(words_in(one))} " in said and not small.issuperset(words_in(one))]
    return (found[0], found[0]) if len(found) == 1 else None
