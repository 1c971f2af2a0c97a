"""Clauses that are no wish because of another one: headings, reasons, and what the next clause says for sure.

Called by `reading.py` when every piece has been read.
"""

from collections.abc import Sequence
from dataclasses import replace

from orchestration.intake.doubt import is_told
from orchestration.intake.phrases import read_clause
from orchestration.intake.remarks import acts, is_instead, is_purpose, is_refused
from orchestration.intake.said import Lookup, Said
from orchestration.intake.words import stem, words_in


def without_asides(said: Sequence[Said], lookup: Lookup) -> list[Said]:
    """Return the clauses of a request, those marked as remarks that only lead up to others."""
    return _Asides(said, lookup).without()


class _Asides:
    def __init__(self, said: Sequence[Said], lookup: Lookup) -> None:
        self._said = said
        self._lookup = lookup

    def without(self) -> list[Said]:
        """Return the clauses with what leads up to others marked; as questions when there is nothing but telling."""
        said = [
            replace(one, is_remark=one.is_remark or self._leads_up(one, place)) for place, one in enumerate(self._said)
        ]
        if all(one.is_remark for one in said):  # nothing but telling: what it is about may be meant, and is asked
            return [replace(one.doubted(one.text), is_remark=False) for one in said]
        return said

    def _leads_up(self, one: Said, place: int) -> bool:
        """Whether a clause is a heading, a greeting, or only leads up to the next one, which says the same."""
        clear = [other for other in self._said if not other.is_remark and self._lookup.is_clear(other)]
        is_clear = one in clear
        if not clear or clear == [one] or one.about in self._lookup.answers:
            return False
        if is_clear and one.matches[0].literal:
            return False
        if one.is_heading:
            return not read_clause(one.text).is_turned_round
        if not is_clear and (is_purpose(one.text) or is_told(read_clause(one.text))):
            return True
        if is_refused(one.text) and self._contrasts(place):
            return True
        if self._is_turned(one) or one.tie:
            return False
        is_greeting = place == 0 and not one.matches and len(one.text.split()) <= 2 and not acts(one.text)
        following = [other for other in self._said[place + 1 :] if not other.is_remark]
        return is_greeting or self._says_less(one, following, 1 if is_clear else 3)

    def _is_turned(self, one: Said) -> bool:
        """Whether a clause may be no wish, by a word that its likeliest operation is not itself asked for by."""
        clause = read_clause(one.text)
        known = self._lookup.matcher.index.entries[one.best.operation].stems if one.best else set()
        return clause.is_instead or any(stem(raw) not in known for raw in clause.turning)

    def _contrasts(self, place: int) -> bool:
        """Whether what follows is wished for in place of a clause: «don't remove it, just restart it»."""
        following = self._said[place + 1 : place + 2]
        return bool(following) and self._lookup.is_clear(following[0]) and (
            is_instead(following[0].about) or "but" in words_in(following[0].separator)
        )  # fmt: skip

    def _says_less(self, one: Said, following: Sequence[Said], considered: int) -> bool:
        """Whether the following clause says for sure what this one may say, and nothing is lost without this."""
        if not following or not one.best or not self._lookup.is_clear(following[0]):
            return False
        if self._lookup.matcher.index.entries[one.best.operation].description is not None:
            return False  # what it says less is part of the other by now
        keys, key = [match.operation for match in one.matches[:considered]], following[0].matches[0].operation
        operation = self._lookup.catalogue.operation(one.best.operation)
        is_lossless = not acts(one.text) or operation.risk == "low"
        has_no_values = key == keys[0] and not any(parameter.is_asked() for parameter in operation.parameters.values())
        return key in keys and (is_lossless or has_no_values)
