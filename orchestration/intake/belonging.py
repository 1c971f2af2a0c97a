"""What belongs to the clause before it: the end of a message, a detail («port 3005»), more of the same («and grafana»).

Called by `reading.py`.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from orchestration.intake.catalogue import Operation
from orchestration.intake.doubt import is_report
from orchestration.intake.entries import is_free
from orchestration.intake.parameters import find_number, find_said
from orchestration.intake.phrases import read_clause
from orchestration.intake.remarks import acts, is_unfit
from orchestration.intake.said import MAX_JOINED, SURE, Lookup, Said, reads, related
from orchestration.intake.words import words, words_in

_ARTICLE = re.compile(r"^(?:the|my|our|an?)\s+", re.IGNORECASE)


class Belonging:
    """Tells what a piece is to the clause before it, for one request."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup

    def is_rest(self, one: Said) -> bool:
        """Whether a piece is only a quote, or small words, or no clause although «after» stands before it."""
        units = read_clause(one.text).units
        is_bound = one.tie in ("after", "before") and not one.is_new_sentence and not one.looks_forward
        if is_bound and not related(one.matches) and not any(unit.action for unit in units):
            return True
        is_small = all(unit.is_silent or not unit.stems or unit.raws[0].isdigit() for unit in units)
        return is_small and one.tie != "first" and not self._lookup.is_clear(one)

    def is_message(self, one: Said, before: Said) -> bool:
        """Whether the clause before ends in free words, which then go on."""
        best, operation = before.best, self._lookup.operation(before)
        if not best or not operation or not best.literal or one.relevance >= SURE:
            return False
        parameters = operation.parameters
        free = [text for name, text in best.captured.items() if name in parameters and is_free(parameters[name])]
        return any(before.text.rstrip(" .!?").endswith(text) for text in free)

    def announces(self, before: Said, one: Said) -> bool:
        """Whether a clause with a colon takes the words behind it: «repeat after me: …»."""
        operation = self._lookup.operation(before)
        if operation is None or ":" not in one.separator or len(before.text) + len(one.text) > MAX_JOINED:
            return False
        is_open = any(is_free(parameter) and parameter.is_asked() for parameter in operation.parameters.values())
        together = self._lookup.matches(before.text + one.separator + one.text)
        return is_open and bool(together) and self._lookup.catalogue.operation(together[0].operation) is operation

    def is_detail(self, one: Said, before: Said) -> bool:
        """Whether a piece only says more about the parameters of the clause before it."""
        operation = self._lookup.operation(before)
        if operation is None or self._lookup.is_clear(one) or len(one.text) > MAX_JOINED or is_unfit(one.text):
            return False
        for name, parameter in operation.parameters.items():
            found = find_said(name, parameter, one.text)
            if found and reads(operation, name, found[0]):
                return parameter.type != "string" or len(words_in(one.text)) <= 4
        return self._is_number(one, operation)

    def _is_number(self, one: Said, operation: Operation) -> bool:
        """Whether a piece is little more than a number, and one parameter takes numbers."""
        integers = [parameter for parameter in operation.parameters.values() if parameter.type == "integer"]
        found = find_number(integers[0], one.text) if len(integers) == 1 else None
        is_named = any(self._lookup.matcher.index.names(word) for word in words_in(one.text))
        return bool(found) and not is_named and not acts(one.text) and len(words(one.text)) <= 3

    def more_of(self, one: Said, before: Said) -> Said | None:
        """Return the clause that a bare name stands for after «deploy kuma and», «back up notes,»."""
        clause = read_clause(one.text)
        is_too_long = max(len(one.text), len(before.text)) > MAX_JOINED
        has_action = any(unit.action not in ("", "state", "watch") for unit in clause.units)
        if one.tie in ("after", "before", "if") or is_too_long or clause.is_turned_round or has_action:
            return None
        if clause.is_question or is_report(clause):
            return None
        texts = [text for text in _completions(one, before) if self._lookup.certain(text)]
        if not texts:
            return None
        text = max(texts, key=lambda text: (self._lookup.matches(text)[0].score, -len(text)))
        matches = self._lookup.matches(text)
        is_same = bool(before.best) and matches[0].operation == before.matches[0].operation
        is_open = bool(self._lookup.catalogue.operation(matches[0].operation).parameters)
        return None if is_same and not is_open else replace(one, text=text, matches=matches)

    def is_either(self, one: Said, more: Said) -> bool:
        """Whether a bare name may be a wish of its own as well: «remove kuma. Grafana on 3100 please»."""
        is_own = self._lookup.is_clear(one) and one.matches[0].operation != more.matches[0].operation
        return is_own and (one.is_new_sentence or any(word.isdigit() for word in words_in(one.text)))

    def joins(self, one: Said, before: Said) -> bool:
        """Whether two pieces are one thing: together they mean no less than the first alone."""
        if len(before.text) + len(one.text) > MAX_JOINED or one.relevance >= SURE:
            return False
        if one.is_new_sentence or acts(one.text):
            return False
        together = self._lookup.matches(before.text + one.separator + one.text)
        return bool(together) and together[0].score >= max(before.relevance, SURE)


def _completions(one: Said, before: Said) -> Iterator[str]:
    """Yield what a bare name may stand for: behind the action of the clause before, or in place of its value."""
    units = read_clause(before.text).units
    first = next((unit for unit in units if unit.action), units[0] if units else None)
    if first is None:
        return
    yield f"{before.text[: first.end]} {one.text}"
    behind = [unit.end for unit in units if 0 <= unit.place - first.place - len(first.stems) < 2]
    yield from (f"{before.text[:end]} {one.text}" for end in behind)
    if len(first.stems) > 1:
        yield f"{' '.join(first.raws)} {one.text}"
    bare = _ARTICLE.sub("", one.text)
    yield from (before.text.replace(value, bare, 1) for value in (before.best.captured.values() if before.best else ()))
