"""What speaks for a mention being the value of a parameter: its name beside it, its unit, its kind, a preposition.

Called by `attribution.py`, which weighs these against each other.
"""

from collections.abc import Iterable

from orchestration.intake.mentions import Mention
from orchestration.intake.slots import BY_ROLE, LEADING, NAME, Slot, stems_of
from orchestration.intake.words import ARTICLES, QUESTIONS, SILENT, stem, words_in

NAMED, ADJACENT, BEHIND, MORE_NAMED = 3.0, 1.5, 0.75, 0.75
"""Its own name stands beside it; right before it; right behind it; with more than one of its words."""
IN_FULL = 2.0
"""Its own name stands there as it is declared."""
HALF_NAMED = 2.0
"""Only a word that many names have stands beside it: «id», «name»."""
DESCRIBED, MOST_DESCRIBED = 1.0, 2.0
"""A word of its description stands beside it."""
OF_UNIT = 3.0
OF_ROLE, AGAINST_ROLE = 2.5, -2.5
"""A preposition leads to what it is, «from» to an origin; or to something else."""
OF_KIND = 1.5
OF_CODE = 2.0
OF_NAME = 0.5
"""A name where a name is wanted."""
ASKED = 0.5
"""What speaks for a parameter that has to be said, and against one that need not."""
NEVER = -100.0
_NEAR_BEFORE, _NEAR_AFTER, _NEAR_LEADING = 4, 2, 2
_LEAST_FORM = 7
"""Letters from which on a word that begins as another is a form of it."""
_UNITS = {
    unit: stems_of(meant)
    for unit, meant in {
        "m": "meter metre", "km": "kilometer kilometre", "cm": "centimeter centimetre", "mm": "millimeter",
        "kg": "kilogram", "g": "gram", "lb": "pound", "lbs": "pound", "s": "second", "sec": "second", "min": "minute",
        "mins": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "k": "kelvin", "c": "celsius", "f": "fahrenheit",
        "°c": "celsius", "°f": "fahrenheit", "%": "percent percentage rate", "l": "liter litre", "v": "volt",
        "a": "ampere", "w": "watt", "hz": "hertz", "mi": "mile", "ft": "foot feet", "gb": "gigabyte", "mb": "megabyte",
        "amps": "ampere", "m/s": "speed velocity m/s", "m/s^2": "acceleration gravity m/s^2", "km/h": "speed velocity",
        "m^3": "volume", "m^2": "area", "m³": "volume", "m²": "area", "mph": "speed velocity",
        "$": """dollar price cost amount budget revenue investment income value money salary fee payment principal usd
            equity""",
    }.items()
}  # fmt: skip
_KEYS = stems_of("id uuid code number key serial identifier zip phone account isbn version token ticket case sku order")
_TIME_SPANS = stems_of("year month week day hour minute second night decade")
_CODED = stems_of("id uuid path file directory folder host hostname url link port ip email mail phone")
"""What is never called by a name."""
_DAYS = frozenset(f"{day}day" for day in ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun"))
_YEAR_BEFORE = frozenset(
    ("in", "of", "since", "from", "to", "year", "during", "for", "and", "until", "between", "season", "")
)


def weight(slot: Slot, mention: Mention) -> float:
    """Return how much speaks for a mention being the value of a parameter; NEVER when it cannot be."""
    if mention.kind not in slot.takes or (slot.is_free and _is_odd_number(slot, mention)):
        return NEVER
    named = _named(slot, mention)
    prior = ASKED if slot.parameter.is_asked() else -ASKED
    return (
        prior
        + named
        + _described(slot, mention)
        + _by_unit(slot, mention)
        + _by_role(slot, mention)
        + _by_kind(slot, mention, named)
    )


def _is_odd_number(slot: Slot, mention: Mention) -> bool:
    """Whether a number or a time stands where a text is wanted that is none."""
    if mention.kind == "number":
        is_named = bool(alike(slot.telling, _telling((*mention.before[:1], *mention.after[:1]), 2)))
        return not is_named and not (slot.telling | slot.untelling) & _KEYS
    return mention.kind in ("date", "time") and "time" not in slot.roles


def _telling(words: Iterable[str], most: int) -> list[str]:
    parts = (part for word in words for part in words_in(word))
    return [stem(part) for part in parts if part not in SILENT and part not in QUESTIONS][:most]


def _behind(mention: Mention) -> tuple[str, ...]:
    """Return the words behind a mention; of a name, its own last and first word before: «Louvre Museum»."""
    own = words_in(mention.text) if mention.kind == "name" and not mention.parts else []
    return (own[-1], own[0], *mention.after) if len(own) > 1 else mention.after


def _named(slot: Slot, mention: Mention) -> float:
    before, after = _telling(mention.before, _NEAR_BEFORE), _telling(_behind(mention), _NEAR_AFTER)
    nearest = frozenset(map(stem, words_in(mention.before[0]))) if mention.before else frozenset()
    hits = alike(slot.telling, {*before, *after, *nearest})
    in_full = IN_FULL if slot.name in mention.before else 0.0
    if hits:
        is_before = bool(alike(hits, {*before[:1], *nearest}))
        near = ADJACENT if is_before else (BEHIND if alike(hits, after[:1]) else 0.0)
        return NAMED + near + MORE_NAMED * (len(hits) - 1) + in_full
    beside = {*before[:1], *_telling(mention.after, 1), *nearest}
    is_half = not slot.telling - {*before, *after} and slot.untelling & beside
    return in_full + (HALF_NAMED if is_half else 0.0)


def alike(stems: Iterable[str], others: Iterable[str]) -> frozenset[str]:
    """Return the stems that are among others, or begin as a longer form of one: «accelerates», «acceleration»."""
    known = set(others)
    return frozenset(one for one in stems if one in known or any(_is_form(one, other) for other in known))


def _is_form(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= _LEAST_FORM and long.startswith(short)


def _described(slot: Slot, mention: Mention) -> float:
    near = {*_telling(mention.before, _NEAR_BEFORE), *_telling(mention.after, _NEAR_AFTER)}
    return min(DESCRIBED * len(slot.described & near), MOST_DESCRIBED)


def _by_unit(slot: Slot, mention: Mention) -> float:
    if mention.kind != "number":
        return 0.0
    units = {mention.unit, *mention.after[:2], "$" if mention.text[:1] in "$€£" else ""} - {""}
    meant = frozenset().union(*(_UNITS.get(unit, frozenset()) for unit in units))
    if (meant | {stem(unit) for unit in units}) & slot.counted:
        return OF_UNIT
    is_other = (
        mention.unit.isalpha() and " in " in slot.parameter.description and mention.unit not in ("st", "nd", "rd", "th")
    )
    return -OF_UNIT if is_other else 0.0


def _by_role(slot: Slot, mention: Mention) -> float:
    beside = [word for word in mention.before if word not in ARTICLES][:_NEAR_LEADING]
    leading = next((word for word in beside if word in LEADING), "")
    if mention.is_owner and slot.roles & {"maker", "person", "group"}:
        return OF_ROLE
    if any(leading in BY_ROLE[role][1] for role in slot.roles):
        return OF_ROLE
    is_directed = slot.roles & {"origin", "goal"} and leading in ("from", "to", "between", "and-between")
    return AGAINST_ROLE if is_directed else 0.0


def _by_kind(slot: Slot, mention: Mention, named: float) -> float:
    if mention.parts and mention.kind == "name":
        return OF_NAME if "place" in slot.roles else NEVER
    if mention.kind == "number" and slot.is_number:
        return _as_year(slot, mention, named)
    if mention.kind in ("date", "time"):
        return OF_KIND * 2
    if mention.kind in ("code", "number"):
        fits = OF_CODE if mention.kind == "code" else OF_KIND
        return fits if (slot.telling | slot.untelling) & _KEYS else -OF_KIND
    if mention.kind in ("email", "url"):
        words = stems_of(
            "email mail address contact" if mention.kind == "email" else "url link website web page site host address"
        )
        return OF_UNIT if (slot.telling | slot.untelling | slot.described) & words else -2 * OF_UNIT
    if mention.kind == "name" and (slot.telling | slot.untelling) & _CODED:
        return -2 * OF_UNIT if not named else -OF_UNIT
    is_named = NAME in slot.untelling or "person" in slot.roles or "name" in words_in(slot.parameter.description)
    if mention.kind == "name" and is_named:
        return OF_NAME
    is_day = mention.text.lower().removesuffix("s") in _DAYS
    return 0.0 if mention.kind != "name" or "time" not in slot.roles or is_day else -OF_UNIT


def _as_year(slot: Slot, mention: Mention, named: float) -> float:
    """Return what speaks for a number because it is a year, or a number of years."""
    words = {word.rstrip("0123456789") for word in words_in(slot.name)}
    leading = mention.before[0] if mention.before else ""
    is_year = (
        mention.text.isdigit() and 1000 <= int(mention.text) <= 2100 and not mention.unit and leading in _YEAR_BEFORE
    )
    wants_year = "year" in words or "season" in words
    if is_year:
        return OF_UNIT if wants_year else (0.0 if named else -OF_KIND)
    if wants_year and not named:
        return -OF_UNIT
    after = stem(mention.after[0]) if mention.after else ""
    if after in _TIME_SPANS and after not in slot.counted:
        return -OF_KIND
    return 0.0
