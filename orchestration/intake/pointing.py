"""What «it», «them» and «once it is up» stand for: the target or the name that was last spoken of.

Called by `reading.py`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import takewhile

from orchestration.intake.catalogue import Operation
from orchestration.intake.doubt import is_told
from orchestration.intake.laying import Match
from orchestration.intake.matching import OTHER_ACTION
from orchestration.intake.parameters import find_number, find_said
from orchestration.intake.phrases import read_clause
from orchestration.intake.remarks import acts
from orchestration.intake.request import fold
from orchestration.intake.said import MAX_JOINED, Lookup, Said, reads
from orchestration.intake.sharing import PRONOUN, said_in, with_shared
from orchestration.intake.templates import SLOT, fill
from orchestration.intake.words import WORD, words_in

_ELSEWHERE = re.compile(
    r"\b(?:it|them|those|these)\s+(?:\w+\s+)?(?:out\s+of|from|off|to|into)\s+(?:(?:the|my|our|your|its)\s+)?(\w+)",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\b(?:is|are|['’]s|has|have|been|be|gets?|got)?\s*\b(?:up|done|finished|ready|complete|completed|over|running|through|"
    r"there|in\s+place|up\s+and\s+running|online|live|successful|successfully|deployed|installed|works?|worked|working|"
    r"succeeds?|succeeded|pass(?:es|ed)?|finish(?:es|ed)|completes|(?:went|goes)\s+(?:well|fine|through)|ok|okay)\b",
    re.IGNORECASE,
)


def ends_in_state(text: str) -> bool:
    """Whether a text says that something is done or up: «kuma is up»."""
    ends = [found.end() for found in _DONE.finditer(text)]
    return bool(ends) and ends[-1] == len(text)


def without_state(text: str) -> str:
    """Return a text without the words at its end that say so."""
    last = next((found for found in _DONE.finditer(text) if found.end() == len(text)), None)
    return text[: last.start()].rstrip() if last else text


class Pointing:
    """Reads words that point, for one request."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def resolve(self, one: Said, said: list[Said]) -> Said | None:
        """Return the clause with «it» or «them» read as what was last spoken of; None when it points to nothing.

        A clause that only told what the pronoun stands for is marked as a remark.
        """
        if self._is_about_another(one):
            return self._last(one, said, self._by_name) or (
                one.doubted(one.text) if self._lookup.is_clear(one) else None
            )
        shared = with_shared(one, said, self._lookup)
        if self._is_complete(shared):
            return self._told_by(one, shared, said)
        if len(one.text) > MAX_JOINED or not PRONOUN.search(one.text):
            return None
        told = [
            earlier.separator + earlier.text for earlier in takewhile(lambda s: not self._is_wish(s), reversed(said))
        ]
        found = self._last(one, said, partial(self._by_either, "".join(reversed(told))))
        return with_shared(found, said, self._lookup) if found else None

    def _last(self, one: Said, said: list[Said], find: Callable[[Said, Said], Said | None]) -> Said | None:
        """Return what is found by the last clause that tells; that clause is marked as a remark when it is no wish."""
        for place in reversed(range(len(said))):
            if found := find(one, said[place]):
                said[place] = replace(said[place], is_remark=not self._is_wish(said[place]))
                return found
        return None

    def _by_either(self, told: str, one: Said, earlier: Said) -> Said | None:
        """Return the clause about the target or a name of an earlier one, whichever is clear.

        `told` is what was said since the last wish, where a name that only the workspace knows may be.
        """
        if not self._is_wish(earlier):
            return self._by_name(one, earlier) or self._by_text(one, told)
        found = self._by_target(one, earlier)
        return found if found and self._lookup.is_clear(found) else self._by_name(one, earlier) or found

    def _told_by(self, one: Said, shared: Said, said: list[Said]) -> Said | None:
        """Return the clause with what it shares, the one that told it marked as a remark; None when it shares none."""
        if shared is one:
            return None

        def by_value(one: Said, earlier: Said) -> Said | None:
            found = with_shared(one, [earlier], self._lookup)
            return found if found is not one else None

        self._last(one, said, by_value)
        return shared

    def _is_about_another(self, one: Said) -> bool:
        """Whether what a clause names is not what it is about: «take them out of kuma»."""
        return any(self._lookup.matcher.index.names(fold(found[1])) for found in _ELSEWHERE.finditer(one.text))

    def _is_wish(self, one: Said) -> bool:
        tells = one.is_remark or is_told(read_clause(one.text))
        return not tells and (acts(one.text) or self._lookup.is_clear(one))

    def wanted_before(self, one: Said, wishes: Sequence[Said]) -> Said | None:
        """Return the earlier wish that a clause only says in other words: «I want kuma gone, uninstall it»."""
        operation = self._lookup.operation(one)
        if operation is None or re.search(r"\b(?:again|twice|once\s+more)\b", one.text, re.IGNORECASE):
            return None
        if one.tie and operation.effect == "at_most_once":
            return None
        target = self._target(one, operation)
        same = (wish for wish in wishes if self._lookup.is_clear(wish) and self._lookup.operation(wish) is operation)
        return next((wish for wish in same if target and self._target(wish, operation) == target), None)

    def condition(self, one: Said, wishes: Sequence[Said]) -> Said | None:
        """Return the earlier clause that «once it is up» or «after the backup is done» is about."""
        left = PRONOUN.sub(" ", _DONE.sub(" ", one.text))
        names = {raw for unit in read_clause(left).units if not unit.is_silent for raw in unit.raws}
        is_state = bool(_DONE.search(one.text))
        if not names:
            return wishes[-1] if wishes and (is_state or PRONOUN.search(one.text)) else None
        for earlier in reversed(wishes):
            if self._is_same(one, earlier) or (is_state and names <= set(read_clause(earlier.text).raws)):
                return earlier
        return None

    def _is_same(self, one: Said, earlier: Said) -> bool:
        """Whether two clauses mean the same thing, the first with no more values than the second."""
        if not (one.best and earlier.best and self._lookup.is_clear(one)):
            return False
        return (
            one.best.operation == earlier.best.operation and one.best.captured.items() <= earlier.best.captured.items()
        )

    def _is_complete(self, one: Said) -> bool:
        """Whether a clause needs nobody to tell what it is about."""
        operation = self._lookup.operation(one)
        if operation is None or one.best is None or not self._lookup.is_clear(one):
            return False
        return all(said_in(name, p, one) for name, p in operation.parameters.items() if p.is_asked())

    def _by_target(self, one: Said, earlier: Said) -> Said | None:
        """Return the clause about the target of an earlier one: «back up the notes volume, then delete it»."""
        operation = self._lookup.operation(earlier)
        target = self._target(earlier, operation) if operation else ""
        kind, _, name = target.rpartition(":")
        best: dict[str, Match] = {}
        for spoken in (f"the {name} {kind}", name, " ".join(words_in(target))) if target else ():
            for match in self._lookup.matches(_named(one.text, spoken)):
                values = self._same_target(match.operation, target)
                if values is not None and match.score > best.get(match.operation, match).score - 1e-9:
                    best[match.operation] = replace(match, captured={**match.captured, **values}, known=True)
        matches = tuple(sorted(best.values(), key=lambda match: -match.score))
        return replace(one, matches=matches) if matches and matches[0].score > OTHER_ACTION else None

    def _by_name(self, one: Said, earlier: Said) -> Said | None:
        """Return the clause with what an earlier one named in place of the pronoun: «I don't need kuma, remove it»."""
        known = [word for word in WORD.findall(earlier.text) if self._lookup.matcher.index.names(fold(word))]
        found = [matches for name in reversed(known) if (matches := self._lookup.certain(_named(one.text, name)))]
        if not found:
            return None
        matches = max(found, key=lambda matches: matches[0].score)
        tells = not self._is_wish(earlier) and self._tells_number(earlier, matches[0].operation)
        return replace(one, text=f"{earlier.text}{one.separator}{one.text}" if tells else one.text, matches=matches)

    def _tells_number(self, earlier: Said, key: str) -> bool:
        """Whether a remark has a number for an operation: «we want grafana on 3456, could you deploy it?»."""
        parameters = self._lookup.catalogue.operation(key).parameters.items()
        return any(
            find_number(p, earlier.text) or (p.type == "integer" and find_said(name, p, earlier.text))
            for name, p in parameters
        )

    def _by_text(self, one: Said, told: str) -> Said | None:
        """Return a clause that is clear but for its values with the remarks to read them from."""
        text = f"{told}{one.separator}{one.text}"
        return replace(one, text=text) if self._lookup.is_clear(one) else None

    def _target(self, one: Said, operation: Operation) -> str:
        """Return the target of a clause; nothing when a value of it is not said."""
        values = dict(one.best.captured) if one.best else {}
        for name in SLOT.findall(operation.target):
            parameter = operation.parameters[name]
            if value := said_in(name, parameter, one):
                values[name] = value
        is_whole = all(name in values for name in SLOT.findall(operation.target))
        return str(fill(operation.target, values)) if is_whole else ""

    def _same_target(self, key: str, target: str) -> dict[str, str] | None:
        """Return the values with which an operation has a target; None when it never has it."""
        operation = self._lookup.catalogue.operation(key)
        parts = SLOT.split(operation.target)
        pattern = "".join(f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
        found = re.fullmatch(pattern, target)
        if not operation.target or not found:
            return None
        values = found.groupdict()
        return values if all(reads(operation, name, value) for name, value in values.items()) else None


def _named(text: str, name: str) -> str:
    """Return a text with a name in place of its first pronoun."""
    return PRONOUN.sub(lambda _: name, text, count=1)
