"""Clauses that are no wish because of another one: headings, reasons, and what the next clause says for sure.

Called by `reading.py` when every piece has been read.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from orchestration.intake.actions import STATES
from orchestration.intake.doubt import is_told
from orchestration.intake.keeping import Keeping
from orchestration.intake.laying import Match
from orchestration.intake.phrases import read_clause
from orchestration.intake.remarks import LITTLE, WISH, acts, is_conditional, is_purpose, may_order
from orchestration.intake.said import Lookup, Said
from orchestration.intake.sharing import names_another
from orchestration.intake.talk import is_about_people, is_done_by_others, is_for_speaker, is_fragment, is_statement
from orchestration.intake.words import SILENT, stem, words_in
from orchestration.policy import RISKS

MAX_STARTS = 4
"""Places at which a remark without a comma is looked for."""
_TELLING = re.compile(
    r"(?<!\s)\s++(?=(?:its|it['’]s|it\s+(?:is|was|has|keeps?|does)|there['’]?s|(?:i|we)\s*(?:['’]?m|['’]?re|am|are|can['’]?t|cannot|think|guess|keep))\s)",
    re.IGNORECASE,
)


def without_asides(said: Sequence[Said], lookup: Lookup) -> list[Said]:
    """Return the clauses of a request, those marked as remarks that only lead up to others."""
    return _Asides(said, lookup).without()


def with_aside(whole: Said, lookup: Lookup) -> list[Said]:
    """Return a clause and the remark behind it, where no comma stands between: «restart kuma it keeps hanging».

    Nothing when there is no such remark. Not for what could do much harm, where each word should be weighed.
    """
    starts = [] if lookup.is_clear(whole) else [found.start() for found in _TELLING.finditer(whole.text)]
    for start in starts[:MAX_STARTS]:
        left, right = whole.text[:start], whole.text[start:].strip()
        matches, beside = lookup.certain(left), lookup.matches(right)
        if matches and _is_calm(lookup, matches) and _only_tells(right, beside):
            first = replace(whole, about=left, text=left, matches=matches)
            return [first, Said(right, right, "", False, " ", beside, is_remark=True)]
    return []


def _is_calm(lookup: Lookup, matches: Sequence[Match]) -> bool:
    return RISKS.index(lookup.catalogue.operation(matches[0].operation).risk) <= RISKS.index("medium")


def _only_tells(text: str, matches: Sequence[Match]) -> bool:
    """Whether words behind a wish, with no comma between, only tell something: «its down», «i can't log in»."""
    is_state = {*words_in(text)[1:]} <= STATES | SILENT
    is_unknown = not matches or matches[0].score < LITTLE
    return (is_state or is_unknown) and not acts(text) and not is_conditional(text)


class _Asides:
    def __init__(self, said: Sequence[Said], lookup: Lookup) -> None:
        self._said = said
        self._lookup = lookup

    def without(self) -> list[Said]:
        """Return the clauses with what leads up to others marked; as questions when there is nothing but telling."""
        said = [
            replace(one, is_remark=one.is_remark or self._leads_up(one, place)) for place, one in enumerate(self._said)
        ]
        if self._only_talks(said):
            return [replace(one, is_remark=False, matches=()) for one in said]
        said = self._without_told(said)
        if any(one.is_kept and one.is_remark for one in said):
            said = self._with_kept(said)
        if all(one.is_remark for one in said):  # nothing but telling: what it is about may be meant, and is asked
            return [replace(one.doubted(one.text), is_remark=False) for one in said]
        return said

    def _only_talks(self, said: Sequence[Said]) -> bool:
        """Whether a request wishes for nothing here: «did you restart kuma?», «Ann will do it herself»."""
        told = [one for one in said if one.is_remark or is_statement(one.text)]
        talk = [one for one in said if one.is_kept or is_about_people(one.text) or is_done_by_others(one.text)]
        is_answered = any(one.about in self._lookup.answers or self._lookup.is_clear(one) for one in said)
        return bool(talk) and not is_answered and all(one in told or one in talk for one in said)

    def _without_told(self, said: Sequence[Said]) -> list[Said]:
        """Return the clauses with sentences marked that tell something beside a clear wish, or say who speaks."""
        wishes = [place for place, one in enumerate(said) if not one.is_remark and self._lookup.is_clear(one)]
        return [
            replace(one, is_remark=True) if wishes and self._is_told(one, place, wishes[0]) else one
            for place, one in enumerate(said)
        ]

    def _is_told(self, one: Said, place: int, first: int) -> bool:
        """Whether a clause is a statement in a sentence of its own, or a fragment ahead of the first clear wish."""
        if one.is_remark or one.tie or one.about in self._lookup.answers:
            return False
        if self._is_purpose(one, place, first):
            return True
        if one.relevance >= LITTLE:
            return False
        sentence = takewhile(lambda other: not other.is_new_sentence, self._said[place + 1 :])
        is_alone = one.is_new_sentence and all(other.is_remark for other in sentence)
        return (is_alone and is_statement(one.text)) or (place < first and is_fragment(one.text))

    def _is_purpose(self, one: Said, place: int, first: int) -> bool:
        """Whether a piece behind a clear wish says what its speaker wants to look at: «…, want to check the report»."""
        is_behind = place > first and not one.is_new_sentence
        return is_behind and is_for_speaker(one.text) and not self._lookup.matcher.index.targets_in(one.text)

    def _with_kept(self, said: Sequence[Said]) -> list[Said]:
        """Return the clauses with each wish asked about that may touch what is to be left alone.

        Where nothing is wished for, that is all the request says, and there is nothing to do.
        """
        if all(one.is_remark for one in said):
            return [replace(one, is_remark=not one.is_kept, matches=()) for one in said]
        keeping, result = Keeping(self._lookup), list(said)
        for kept_at, kept in enumerate(said):
            for place, wish in enumerate(result):
                if kept.is_kept and kept.is_remark and not (wish.is_remark or keeping.is_spared(kept, wish)):
                    first, second = (wish, kept) if place < kept_at else (kept, wish)
                    result[place] = replace(
                        wish.doubted(wish.text), about=first.about + second.separator + second.about
                    )
        return result

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
        is_bound = one.tie in ("after", "before")
        if not (is_clear or is_bound) and (is_purpose(one.text) or _is_told(one.text)):
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

    def _says_less(self, one: Said, following: Sequence[Said], considered: int) -> bool:
        """Whether the following clause says for sure what this one may say, and nothing is lost without this."""
        if not following or not one.best or not self._lookup.is_clear(following[0]):
            return False
        if self._lookup.matcher.index.entries[one.best.operation].description is not None:
            return False  # what it says less is part of the other by now
        keys, key = [match.operation for match in one.matches[:considered]], following[0].matches[0].operation
        operation = self._lookup.catalogue.operation(one.best.operation)
        if key == keys[0] and names_another(one, following[0], operation):
            return False
        is_lossless = not acts(one.text) or operation.risk == "low"
        has_no_values = key == keys[0] and not any(parameter.is_asked() for parameter in operation.parameters.values())
        return key in keys and (is_lossless or has_no_values)


def _is_told(text: str) -> bool:
    return is_told(read_clause(text)) and not (WISH.search(text) or may_order(text))
