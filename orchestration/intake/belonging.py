"""What belongs to the clause before it: the end of a message, a detail («port 3005»), more of the same («and grafana»).

Called by `reading.py`.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from orchestration.intake.catalogue import Operation
from orchestration.intake.declaration import Parameter
from orchestration.intake.doubt import is_report
from orchestration.intake.entries import is_free
from orchestration.intake.enumerated import announces_several
from orchestration.intake.free_text import announces_text, find_rest, is_bounded
from orchestration.intake.parameters import find_enum, find_number, find_said, names_value, without_kind
from orchestration.intake.phrases import Clause, read_clause
from orchestration.intake.remarks import acts, is_unfit, lacks_verb
from orchestration.intake.request import fold
from orchestration.intake.said import MAX_JOINED, SURE, Lookup, Said, reads, related
from orchestration.intake.sharing import said_in
from orchestration.intake.spelling import spellings
from orchestration.intake.words import NEGATIONS, SILENT, VAGUE, stem, words, words_in

_ARTICLE = re.compile(r"^(?:the|my|our|an?)\s+", re.IGNORECASE)

_TOLD = re.compile(r"(?:they|he|she|it)(?:['’]\w+)?\s+\w", re.IGNORECASE)
"""What somebody or something does is no bare name."""
_USED_FOR = re.compile(
    r"(?:i|we)(?:\s+\w+)?\s+(?:need|use|want|have|run)\s+(?:it|that|this|them)\s+(?:(?:only|just|mostly|mainly)\s+)?"
    r"(?:for|to)\s+(?P<what>.+)$",
    re.IGNORECASE,
)
_ONLY = frozenset(("only", "just", "ones"))
"""Words by which a value is one of the wish before, whatever else it is called: «run the tests, only the failing»."""
_BESIDE_VALUES = SILENT | VAGUE | NEGATIONS | {"only", "merely"}
_NO_OTHER = "default standard usual not without use avoid"


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
        is_small = all(unit.is_silent or not unit.stems or unit.stems[0].isdigit() for unit in units)
        return is_small and one.tie != "first" and not self._lookup.is_clear(one)

    def is_message(self, one: Said, before: Said) -> bool:
        """Whether the clause before ends in free words, which then go on."""
        best, operation = before.best, self._lookup.operation(before)
        if not best or not operation or not best.literal or one.relevance >= SURE:
            return False
        parameters = operation.parameters
        if one.is_new_sentence and "?" in one.separator and _asks(before.text):
            return False
        free = [
            text
            for name, text in best.captured.items()
            if name in parameters and is_free(parameters[name]) and not is_bounded(name, operation)
        ]
        return any(before.text.rstrip(" .!?").endswith(text) for text in free)

    def announces(self, before: Said, one: Said) -> bool:
        """Whether a clause with a colon takes the words behind it: «repeat after me: …»."""
        operation = self._lookup.operation(before)
        if operation is None or ":" not in one.separator or len(before.text) + len(one.text) > MAX_JOINED:
            return False
        is_open = any(
            is_free(parameter) and (parameter.is_asked() or announces_text(name, before.text))
            for name, parameter in operation.parameters.items()
        )
        together = self._lookup.matches(before.text + one.separator + one.text)
        return is_open and bool(together) and self._lookup.catalogue.operation(together[0].operation) is operation

    def is_detail(self, one: Said, before: Said) -> bool:
        """Whether a piece only says more about the parameters of the clause before it."""
        operation = self._lookup.operation(before)
        if operation is None or len(one.text) > MAX_JOINED or is_unfit(one.text):
            return False
        if self._says_which(one, before, operation) or self._says_text(one, before, operation):
            return True
        if self._lookup.is_clear(one):
            return False
        for name, parameter in operation.parameters.items():
            found = find_said(name, parameter, one.text)
            if found and self._is_another(name, parameter, found[0], before):
                return False
            if found and reads(operation, name, found[0]):
                return parameter.type != "string" or len(words_in(one.text)) <= 4
        return self._is_number(one, operation)

    def with_purpose(self, one: Said, before: Said) -> Said | None:
        """Return the clause before with what a piece says it is for: «…? We only need it for a few graphs».

        Only where a phrase of the owner takes that: «alternatives to {subject} for {purpose}».
        """
        found = _USED_FOR.match(one.text)
        if not found or not before.best or not self._lookup.is_clear(before) or len(before.text) > MAX_JOINED:
            return None
        text = f"{before.text} for {found['what']}"
        matches = self._lookup.matches(text)
        best, earlier = matches[0] if matches else before.best, before.best
        is_more = best.operation == earlier.operation and best.captured.items() > earlier.captured.items()
        return replace(before, text=text, matches=matches) if is_more else None

    def _is_another(self, name: str, parameter: Parameter, value: str, before: Said) -> bool:
        """Whether the clause before names another thing of this kind already: «volume notes and volume media»."""
        is_name = parameter.type == "string" and not (is_free(parameter) or parameter.format)
        earlier = said_in(name, parameter, before) if is_name else ""
        return bool(earlier) and fold(earlier) != fold(value)

    def _says_which(self, one: Said, before: Said, operation: Operation) -> bool:
        """Whether a piece only says which of several, where the clause before did not: «the full suite»."""
        is_other = self._lookup.is_clear(one) and self._lookup.operation(one) is not operation
        is_other = is_other and _ONLY.isdisjoint(words_in(one.text))
        if is_other or acts(one.text):
            return False
        said = {word for word in words_in(one.text) if word not in _BESIDE_VALUES}
        for name, parameter in operation.parameters.items():
            if not names_value(parameter, one.text) or (parameter.is_asked() and announces_several(before)):
                continue
            known = {word for _, spelt in spellings(parameter) for word in words_in(spelt)}
            known.update(word for text in (name, *parameter.says) for word in words_in(text))
            is_named = names_value(parameter, before.text) or (before.best and name in before.best.captured)
            again, earlier = (find_enum(parameter, text) or ("",) for text in (one.text, before.text))
            if said <= known and (again[0] == earlier[0] or not is_named):
                return True
        return False

    def _says_text(self, one: Said, before: Said, operation: Operation) -> bool:
        """Whether a piece only says a text that the clause before does not: «fail, with the message 'no space'»."""
        names = [name for name in operation.parameters if find_rest(name, operation, one.text)]
        return one.text.lower().startswith("with ") and any(
            not find_rest(name, operation, before.text) and not (before.best and before.best.captured.get(name))
            for name in names
        )

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
        if (
            _TOLD.match(one.text)
            or one.tie in ("after", "before", "if")
            or is_too_long
            or self._is_turned(clause, before)
            or has_action
        ):
            return None
        if clause.is_question or is_report(clause):
            return None
        texts = [
            text for text in _completions(one, before, self._lookup.operation(before)) if self._lookup.certain(text)
        ]
        if not texts:
            return None
        text = max(texts, key=lambda text: (self._lookup.matches(text)[0].score, -len(text)))
        matches = self._lookup.matches(text)
        if one.is_new_sentence and self._lookup.matcher.index.entries[matches[0].operation].free:
            return None  # a sentence of its own is no free text of another
        is_same = bool(before.best) and matches[0].operation == before.matches[0].operation
        is_open = bool(self._lookup.catalogue.operation(matches[0].operation).parameters)
        return None if is_same and not is_open else replace(one, text=text, matches=matches)

    def _is_turned(self, clause: Clause, before: Said) -> bool:
        """Whether a piece may say what is not wished, by a word that the clause before is not itself asked for by."""
        known = self._lookup.matcher.index.entries[before.best.operation].stems if before.best else set()
        return clause.is_instead or any(stem(raw) not in known for raw in clause.turning)

    def is_either(self, one: Said, more: Said) -> bool:
        """Whether a bare name may be a wish of its own as well: «remove kuma. Grafana on 3100 please»."""
        is_own = self._lookup.is_clear(one) and one.matches[0].operation != more.matches[0].operation
        return is_own and (one.is_new_sentence or any(word.isdigit() for word in words_in(one.text)))

    def is_met(self, limit: Said, before: Said, following: str) -> bool:
        """Whether what follows a limit on a value is another value: «not on the default port, use 4013»."""
        operation = self._lookup.operation(before)
        details = self._lookup.matcher.index.entries[before.matches[0].operation].details if operation else set()
        named = {word for word in words(limit.text) if not word.isdigit()} - set(words(_NO_OTHER))
        return named <= details and self.is_detail(replace(limit, text=following, matches=()), before)

    def may_go_on(self, one: Said, before: Said) -> bool:
        """Whether a bare name with a value may be meant for the verb before: «uninstall kuma and grafana on 3100»."""
        if not (self._lookup.is_clear(one) and lacks_verb(one.text) and before.best):
            return False
        entries = self._lookup.matcher.index.entries
        is_additive = entries[one.matches[0].operation].is_additive
        return is_additive and not entries[before.best.operation].is_additive

    def joins(self, one: Said, before: Said) -> bool:
        """Whether two pieces are one thing: together they mean no less than the first alone."""
        if len(before.text) + len(one.text) > MAX_JOINED or one.relevance >= SURE:
            return False
        if one.is_new_sentence or acts(one.text) or _TOLD.match(one.text):
            return False
        together = self._lookup.matches(before.text + one.separator + one.text)
        return bool(together) and together[0].score >= max(before.relevance, SURE)


def _asks(text: str) -> bool:
    """Whether a text is put as a question: «what could …», «can you …»."""
    clause = read_clause(text)
    return clause.is_question or clause.raws[:1] in (("can",), ("could",), ("would",), ("will",))


def _completions(one: Said, before: Said, operation: Operation | None) -> Iterator[str]:
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
    for name, value in before.best.captured.items() if before.best else ():
        yield before.text.replace(value, bare, 1)
        if operation and name in operation.parameters and not is_free(operation.parameters[name]):
            yield before.text.replace(value, without_kind(name, operation.parameters[name], bare), 1)
