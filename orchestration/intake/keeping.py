"""What people say is to be left alone: «don't touch kuma», «no need to restart anything», «media can wait».

Called by `reading.py`, which passes such a piece over as long as it may, and by `asides.py`, which asks about it when
a wish beside it may touch what is to be left alone. Alone it is a wish for nothing.
"""

import re
from dataclasses import dataclass, replace

from orchestration.intake.belonging import Belonging
from orchestration.intake.phrases import read_clause
from orchestration.intake.remarks import asks_first
from orchestration.intake.said import Lookup, Said
from orchestration.intake.words import ARTICLES, words, words_in
from orchestration.policy import RISKS

_BEGUN = (
    r"(?:(?:and|but|so|also|just|please|pls|ok|for\s++now|though|although|"
    r"let['’]?s|(?:you|we)\s++(?:can|may|could|should))\b[\s,]*+)*+"
)
_DONT = (
    r"(?:(?:you\s++)?+(?:don['’]?t|do\s++not|need\s++not|needn['’]?t)(?:\s++(?:need|have)\s++to)?+|never|"
    r"(?:nobody|no\s++one)(?!\s++(?:\w+(?:s|ed)|was|will|would|can|could|had|knew|ever|really|else)\b)|not\s++to|"
    r"no\s++need\s++(?:to|for)|(?:don['’]?t|do\s++not)\s++bother\s++(?:with|about|to)|"
    r"(?:i|we)\s++(?:don['’]?t|do\s++not|no\s++longer)\s++(?:want|need)\s++(?:you\s++)?+to|"
    r"without(?=\s++\w+ing\b))"
)
_NO_WISH = (
    r"(?:worry|mind|care|bother|hurry|panic|forget|hesitate|keep|leave|stay|let|stop|wait|be|have|know|think|see|get|"
    r"want|need|like|love|ask|tell)\b"
)
"""Verbs with which «don't …» leaves nothing alone: it means the opposite, or nothing is to be done at all."""
_REFUSED = re.compile(rf"{_BEGUN}{_DONT}\s++(?:ever\s++|even\s++)?+(?!{_NO_WISH})(?P<what>.+)", re.IGNORECASE)
_NOT = re.compile(
    rf"{_BEGUN}(?:not\s++(?!(?:sure|urgent|certain|that|too|so|much|really|only|just)\b)(?P<what>.+)|(?P<else>nothing\s++(?:else|more|should|must|may)\b.*|no\s++changes?$)|"
    r"no\s++(?!need\b)\w++\s++(?:to|of|for)\s++(?P<of>.+))",
    re.IGNORECASE,
)
_AS_IT_IS = (
    r"(?:alone|untouched|running|intact|up|there|(?:in\s++)?+(?:there|place)|out(?:\s++of\s++(?:it|this|that))?+|"
    r"(?:just\s++|exactly\s++)?+(?:as|where|the\s++way)\s++(?:it|they)\s++(?:is|are)|as\s++is|at\s++that)"
)
_LEFT = re.compile(
    rf"{_BEGUN}(?:keep|leave|spare|hands\s++off|(?:you\s++can\s++)?+skip)\s++(?P<what>.+?)(?:\s++{_AS_IT_IS})*+$",
    re.IGNORECASE,
)
_MAY = (
    r"(?:(?:can|could|should|shall|must|may|will|has\s++to|have\s++to|needs?\s++to|is\s++to|are\s++to)\s++"
    r"(?:(?:all|still|also|just)\s++)?+)"
)
_STAYS = re.compile(
    rf"{_BEGUN}(?P<what>\S++(?:\s++\S++){{0,6}}?)\s++"
    rf"(?:{_MAY}?+(?:stays?|remains?|keeps?|be\s++(?:left|kept))(?:\s++{_AS_IT_IS})*+$|{_MAY}waits?(?:\s++.+)?$|"
    r"(?:must|should|may|can)(?:\s++not|n['’]t)\s++be\s++\w+$|(?:kept|left\s++alone|preserved|untouched)$|"
    r"(?:does\s++not|doesn['’]?t)\s++need\s++(?:to\s++be\b|(?!to\b)).*$)",
    re.IGNORECASE,
)
_NAME_NOT = re.compile(
    rf"{_BEGUN}(?!(?:why|maybe|perhaps|better|probably|hope|hopefully|do|or|if|of|rather|certainly|surely|can|could|should|would|did|"
    r"does|is|are|was|i|we|you|this|that|it)\b)(?P<what>(?:the\s++)?+\w++(?:\s++\w++)?)\s++not$",
    re.IGNORECASE,
)
"""«grafana not», where another thing is wanted."""
_NONE = re.compile(
    rf"{_BEGUN}no\s++(?:more\s++)?+(?P<done>deploy(?:ment)?s?|restarts?|reboots?|backups?|removals?|deletions?|updates?|"
    r"upgrades?|installs?|installations?)$",
    re.IGNORECASE,
)
"""«no deployment today», where something else is wanted."""
_FOR_SPEAKER = re.compile(
    r"\s++(?:until|till|while|before|as\s++long\s++as)\s++(?:i|we)(?:['’]?m|['’]?re|\s++(?:am|are|have|get|finish))\b.*$",
    re.IGNORECASE,
)
"""For how long nobody is to do something; «please nobody restart kuma until I'm finished»."""
_NOBODY = re.compile(rf"{_BEGUN}(?:nobody|no\s++one)\b", re.IGNORECASE)
_CONDITION = re.compile(r"\b(?:if|unless|until|till|before|after|when|while|except|but|whether)\b", re.IGNORECASE)
_OWN_VALUE = re.compile(r"\b(?:default|standard|usual)\b", re.IGNORECASE)
"""What speaks of a value of the wish itself."""
_AT_END = re.compile(
    r"(?<![\s,])(?:[\s,]++(?:please|pls|yet|today|tonight|tomorrow|now|for\s++now|any\s?more|any\s++longer|either|again|though))++$",
    re.IGNORECASE,
)
_OTHERS = frozenset("other others rest else more own".split())  # noqa: SIM905
"""Words for what is not meant, whatever is meant."""
_ALL = frozenset(
    """anything something everything nothing change changes it its them their they this that these
    those""".split()  # noqa: SIM905
)
"""Words that may stand for what a wish is about."""
_OF_PLACE = frozenset("on to onto from in into at by with for as that so too very".split())  # noqa: SIM905
_IMPLIED = {
    "restart": {"stop", "start"},
    "destroy": {"stop"},
    "create": {"start", "stop", "restart", "change", "update"},
}
"""Actions that go with others."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is to be left alone."""

    what: str
    actions: frozenset[str] = frozenset()
    """What is not to be done with it, if that is said."""


def kept(text: str) -> Kept | None:
    """Return what a piece wants left alone; None when it says something else, or says it on a condition."""
    plain = _AT_END.sub("", text)
    if _OWN_VALUE.search(plain):
        return None
    if _NOBODY.match(plain):
        plain = _FOR_SPEAKER.sub("", plain)
    if found := _NONE.match(plain):
        return Kept(found["done"], frozenset(unit.action for unit in read_clause(found["done"]).units) - {""})
    if found := _REFUSED.match(plain):
        verb, _, what = found["what"].partition(" ")
        actions = frozenset(unit.action for unit in read_clause(found["what"]).units) - {""}
        return None if _CONDITION.search(found["what"]) else Kept(what or verb, actions)
    found = _STAYS.match(plain) or _LEFT.match(plain) or _NOT.match(plain) or _NAME_NOT.match(plain)
    what = next(filter(None, found.groups()), "") if found else ""
    raws = words_in(what)
    if not raws or _CONDITION.search(what) or (raws[0] not in ARTICLES and asks_first(what)):
        return None
    is_thing = bool(words(what) or _ALL & {*raws}) and (raws[0] not in _OF_PLACE or raws[1:] == ["one"])
    return Kept(what) if is_thing else None


class Keeping:
    """Tells what is to be left alone, and whether the wishes beside it leave it alone, for one request."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._index = lookup.matcher.index
        self._parts = Belonging(lookup)

    def is_kept(self, one: Said) -> bool:
        """Whether a piece only says what to leave alone."""
        is_tied = one.tie not in ("", "then", "first")
        if is_tied or one.about in self._lookup.answers or self._lookup.is_clear(one) or not (found := kept(one.text)):
            return False
        raws = words_in(found.what)
        is_named = any(raw in ARTICLES | _OTHERS | _ALL or self._index.names(raw) for raw in raws)
        return bool(found.actions) or is_named or len(words(found.what)) == 1

    def is_spared(self, one: Said, wish: Said) -> bool:
        """Whether a wish does not touch what a piece wants left alone."""
        found = kept(one.text)
        return found is not None and self._spares(found, one, wish)

    def _spares(self, found: Kept, one: Said, wish: Said) -> bool:
        operation, raws = self._lookup.operation(wish), {*words_in(found.what)}
        if operation is None or raws & _OTHERS:
            return True  # a wish for nothing that is known here is refused for itself
        done = self._index.entries[self._key(wish)].main_actions
        if found.actions and self._is_done_here(found.actions) and found.actions.isdisjoint(_with_implied(done)):
            return True
        if self._names_another(found, wish) or (operation.effect == "read_only" and not found.actions & done):
            return True
        is_calm = RISKS.index(operation.risk) <= RISKS.index("medium")
        return is_calm and not raws & _ALL and self._is_another_value(found, one, wish)

    def _is_done_here(self, actions: frozenset[str]) -> bool:
        """Whether operations do what is not to be done, so that to leave them out is to leave it undone."""
        return all(any(action in entry.main_actions for entry in self._index.entries.values()) for action in actions)

    def _names_another(self, found: Kept, wish: Said) -> bool:
        """Whether words name targets, and none that a wish is about."""
        captured = wish.best.captured.values() if wish.best else ()
        operation = self._lookup.catalogue.operation(self._key(wish))
        named = self._index.targets_in(found.what)
        return bool(named) and named.isdisjoint(
            self._index.targets_in(" ".join((wish.text, *captured, operation.target)))
        )

    def _is_another_value(self, found: Kept, one: Said, wish: Said) -> bool:
        """Whether the wish with the words in place of its own value would be another: «media», not «photos»."""
        if {*words(found.what)} & {*words(wish.text)} or not wish.best:
            return False
        for text in (wish.about, wish.text):
            more = self._parts.more_of(replace(one, text=found.what, tie="", matches=()), replace(wish, text=text))
            if more and more.best and (more.best.operation, more.best.captured) != (
                wish.best.operation, wish.best.captured,
            ):  # fmt: skip
                return True
        return False

    def _key(self, wish: Said) -> str:
        return self._lookup.answers.get(wish.about) or (wish.best.operation if wish.best else "")


def _with_implied(actions: set[str]) -> set[str]:
    return actions.union(*(_IMPLIED.get(action, ()) for action in actions))
