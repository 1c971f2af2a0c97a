"""What is known of a parameter before anything is read: the words that tell it from others, and what it may be.

Called by `attribution.py`. Prepositions and the names of places, people and times are those of general English;
everything else is how the owner declared the parameter.
"""

import re
from dataclasses import dataclass

from orchestration.intake.declaration import Parameter
from orchestration.intake.mentions import Kind
from orchestration.intake.words import SILENT, stem, words_in


def stems_of(text: str) -> frozenset[str]:
    """Return the stems of words with spaces between."""
    return frozenset(map(stem, text.split()))


_UNTELLING = stems_of(
    """name names id ids number num no count value values type kind list text string input data code key total amount
    size given get set use default optional specify example format field parameter"""
)
"""Words of names that tell no parameter from another."""
_UNTELLING_IN_DESCRIPTIONS = _UNTELLING | stems_of(
    """eg e g etc if not whether when only may can must which who use used using default optional specify specified
    such example valid possible option options want like desired particular specific true false none null include
    first second third between from name i range per other above below"""
)
_ROLES: tuple[tuple[str, str, str], ...] = (
    (
        "origin",
        "from origin start source departure begin sender lower min starting initial",
        "from between since starting",
    ),
    (
        "goal",
        "to destination end target arrival dest recipient receiver upper max ending final",
        "to until till into towards and-between",
    ),
    (
        "place",
        """city location place country state region town area county address venue airport neighborhood loc district
        zone planet where destination site""",
        "in at near around within for of across on",
    ),
    ("maker", "author artist director composer writer creator singer performer publisher painter", "by of"),
    (
        "person",
        """person user player athlete employee patient customer member scientist assignee owner friend contact guest
        actor cast recipient receiver""",
        "of for by named with starring featuring",
    ),
    ("time", "date day time when datetime deadline checkin checkout", "on at for"),
    ("group", "company team organization brand project department stock", "of for at with from"),
    ("contest", "league competition tournament contest exchange", "in on of"),
    ("matter", "material substance medium species", "of from"),
)
"""What a parameter may be: the words of its name that say so, and the prepositions that lead to it."""
BY_ROLE = {role: (stems_of(names), frozenset(leading.split())) for role, names, leading in _ROLES}
LEADING = frozenset(word for _, leading in BY_ROLE.values() for word in leading) | {"with", "about"}
NAME = stem("name")
_CHUNKS = re.compile(r"[\w/^]+")
_TOLD_ROLES = frozenset(("place", "maker", "matter"))
"""Roles that a description tells as well as a name."""
_VAGUE_ROLES = stems_of("area site zone region")
_LISTS: frozenset[Kind] = frozenset(("list",))
_TEXTS: frozenset[Kind] = frozenset(("quote", "name", "code", "email", "url", "date", "time", "number"))
_FORMAT_KINDS: dict[str, frozenset[Kind]] = {
    "number": frozenset(("number",)),
    "date": frozenset(("date",)),
    "time": frozenset(("time",)),
    "url": frozenset(("url",)),
}
_SILENT_STEMS = frozenset(map(stem, SILENT - {"one", "two"}))


@dataclass(frozen=True)
class Slot:
    """What is known of a parameter before anything is read."""

    name: str
    parameter: Parameter
    telling: frozenset[str]
    """Stems of its name and of its `says` that tell it from others."""
    untelling: frozenset[str]
    """The other stems of its name."""
    described: frozenset[str]
    counted: frozenset[str]
    """Words that may be what its numbers count."""
    roles: frozenset[str]
    takes: frozenset[Kind]

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.parameter.type == "integer" or self.parameter.format == "number"

    @property
    def is_free(self) -> bool:
        """Whether it takes any text."""
        return self.parameter.type == "string" and self.parameter.format is None


def slot_of(name: str, parameter: Parameter, about: frozenset[str]) -> Slot:
    """Return what is known of a parameter; `about` are stems of what its operation is called."""
    named = frozenset(stem(word.rstrip("0123456789")) for text in (name, *parameter.says) for word in words_in(text))
    named |= frozenset(word.removesuffix(NAME) for word in named if word.endswith(NAME) and word != NAME)
    named -= {""}
    described = frozenset(stem(word) for word in words_in(parameter.description) if word not in SILENT) - named - about
    counted = named | frozenset(map(stem, _CHUNKS.findall(parameter.description.lower())))
    heads = frozenset(map(stem, words_in(name)))
    roles = {role for role, (names, _) in BY_ROLE.items() if names & heads}
    if not roles:
        first = frozenset(map(stem, words_in(parameter.description)[:6]))
        roles = {role for role, (names, _) in BY_ROLE.items() if role in _TOLD_ROLES and (names - _VAGUE_ROLES) & first}
    return Slot(
        name, parameter, named - _UNTELLING - _SILENT_STEMS, named & _UNTELLING,
        described - _UNTELLING_IN_DESCRIPTIONS, counted, frozenset(roles), _takes(parameter),
    )  # fmt: skip


def _takes(parameter: Parameter) -> frozenset[Kind]:
    if parameter.type == "array":
        return _LISTS | (_takes(parameter.items) if parameter.items else frozenset())
    if parameter.type == "integer":
        return frozenset(("number",)) if parameter.format is None else frozenset()
    if parameter.type != "string":
        return frozenset()
    if parameter.format is None:
        return _TEXTS
    return _FORMAT_KINDS.get(parameter.format, frozenset())
