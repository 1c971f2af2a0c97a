"""Read the pieces of a request one after the other, each in the light of those before it.

A piece that is no wish of its own is the end of a message, a detail («port 3005»), more of the same («and grafana»),
or a remark. Called by `decomposition.py`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from orchestration.intake.asides import without_asides
from orchestration.intake.belonging import Belonging
from orchestration.intake.clauses import Piece
from orchestration.intake.gathering import gathered
from orchestration.intake.phrases import read_clause
from orchestration.intake.pointing import Pointing, ends_in_state
from orchestration.intake.remarks import acts, is_only_taking_back, is_remark, is_up_to_somebody, lacks_verb, takes_back
from orchestration.intake.said import MAX_JOINED, SURE, Lookup, Said
from orchestration.intake.words import words_in

MANY = 12
"""Clauses beyond which they are not weighed against each other any more; so many are a question anyway."""
MAX_HALVES = 4
"""Places at which a clause without a comma is tried in two."""
_BEGINS = re.compile(r"[,;:&]|\band\b", re.IGNORECASE)


class Reader:
    """Reads the pieces of one request."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._pointing = Pointing(lookup)
        self._parts = Belonging(lookup)
        self._said: list[Said] = []

    def read(self, pieces: Sequence[Piece]) -> list[Said]:
        """Return the clauses of a request, remarks included."""
        condition: Piece | None = None
        is_aside = False
        for number, piece in enumerate(pieces, start=1):
            has_next = number < len(pieces) and not pieces[number].is_new_sentence
            if self._is_condition(piece, has_next):
                condition = piece if has_next else None
                if not has_next:
                    self._doubt_last(piece.separator + piece.text)
                continue
            count = len(self._said)
            for part in self._parted(piece, has_next):
                self._take(part)
            if self._said and (self._is_open(piece) or (is_aside and self._waits_for_last())):
                self._doubt_last("")
            is_aside = len(self._said) == count or self._said[-1].is_remark
            if condition and self._said:
                self._doubt_last(piece.separator + condition.text)
                condition = None
        return without_asides(gathered(self._said, self._lookup), self._lookup)

    def _is_condition(self, piece: Piece, has_next: bool) -> bool:
        """Whether a piece only says on what another holds: «if …», «once I say so, …», «dry run: …»."""
        if piece.tie == "if":
            return has_next or (bool(self._said) and not acts(piece.text))
        is_open = piece.tie in ("after", "before") and is_up_to_somebody(piece.text)
        if piece.is_heading and not self._lookup.clarity(self._lookup.matches(piece.text)):
            is_open = is_open or read_clause(piece.text).is_turned_round
        return is_open and (has_next or bool(self._said))

    def _is_open(self, piece: Piece) -> bool:
        """Whether the clause just taken holds only if something is so that nothing here brings about."""
        return piece.tie == "if" or (piece.is_settled and not self._can_fail(self._said[:-1]))

    def _waits_for_last(self) -> bool:
        """Whether the clause just taken is to come after the one before it: «ask me before you remove it»."""
        return self._said[-1].tie == "before" and not self._said[-1].looks_forward

    def _can_fail(self, before: Sequence[Said]) -> bool:
        """Whether «if that worked» is about something that is done, and not about what a question will bring."""
        wishes = [one for one in before if not one.is_remark]
        operation = self._lookup.operation(wishes[-1]) if wishes and self._lookup.is_clear(wishes[-1]) else None
        return operation is not None and operation.effect != "read_only"

    def _doubt_last(self, text: str) -> None:
        """Make the last clause one that only holds on a condition."""
        self._said[-1] = self._said[-1].doubted(self._said[-1].text + text)

    def _parted(self, piece: Piece, has_next: bool) -> list[Said]:
        """Return the piece as it is, or as the two that it is without a comma: «after deploying kuma add portals»."""
        is_bound = piece.tie in ("after", "before") and (piece.is_new_sentence or bool(_BEGINS.search(piece.separator)))
        whole = Said(
            piece.text, piece.text, piece.tie, piece.is_new_sentence, piece.separator, self._lookup.matches(piece.text),
            is_heading=piece.is_heading, looks_forward=is_bound and has_next,
        )  # fmt: skip
        starts = [unit.start for unit in read_clause(piece.text).units if unit.action and unit.start]
        halves = (
            [(piece.text[:start].rstrip(), piece.text[start:]) for start in starts[:MAX_HALVES]] if is_bound else []
        )
        score, left, right = max(((self._both_clear(*half), *half) for half in halves), default=(0.0, "", ""))
        if score < max(SURE, whole.relevance):
            is_alone = piece.tie in ("after", "before") and piece.is_new_sentence and not has_next
            return [whole.doubted(whole.text) if is_alone else whole]
        first = replace(whole, about=left, text=left, matches=self._lookup.matches(left), looks_forward=True)
        return [first, Said(right, right, "", False, " ", self._lookup.matches(right))]

    def _both_clear(self, left: str, right: str) -> float:
        """Return how clear the less clear of two halves is; of «kuma is up» nothing more need be clear."""
        score = self._lookup.clarity(self._lookup.matches(right))
        return score if ends_in_state(left) else min(score, self._lookup.clarity(self._lookup.matches(left)))

    # ------------------------------------------------------------------------------------------------- one piece

    def _take(self, one: Said) -> None:
        """Add a clause, or make it part of an earlier one."""
        wishes = [clause for clause in self._said if not clause.is_remark]
        before = wishes[-1] if wishes else None
        if before and len(wishes) < MANY and not self._lookup.is_clear(one) and takes_back(one.text):
            self._said = [clause if clause.is_remark else clause.doubted(clause.text) for clause in self._said]
            if is_only_taking_back(one.text):
                return
            before = next(clause for clause in reversed(self._said) if not clause.is_remark)
        if before is None:
            self._begin(one)
        elif before.is_heading and self._said[-1] is before and self._parts.announces(before, one):
            self._extend(before, one)
        elif len(wishes) >= MANY:
            self._add_or_extend(one, before, self._parts.is_message(one, before))
        elif not self._take_aside(one, before, wishes):
            self._take_wish(one, before)

    def _begin(self, one: Said) -> None:
        is_aside = self._tells(one)
        if is_aside or not self._parts.is_rest(one):
            found = None if is_aside else self._pointing.resolve(one, self._said)
            self._said.append(found or replace(one, is_remark=is_aside))

    def _take_aside(self, one: Said, before: Said, wishes: Sequence[Said]) -> bool:
        """Take a piece that is no wish: a remark, a condition, a detail. False when it is a wish."""
        if self._tells(one):
            self._add_or_extend(replace(one, is_remark=True), before, self._parts.is_detail(one, before))
        elif one.tie in ("after", "before") and (earlier := self._pointing.condition(one, wishes)):
            self._said.append(replace(one, same_as=earlier.about))
        elif not acts(one.text) and self._parts.is_detail(one, before):
            self._extend(before, one)
        elif self._parts.is_rest(one):
            is_part = bool(one.tie) or not self._lookup.is_clear(before) or not words_in(one.text)
            if is_part or self._parts.is_message(one, before):
                self._extend(before, one)
        else:
            return False
        return True

    def _take_wish(self, one: Said, before: Said) -> None:
        if not self._lookup.is_clear(before) and not self._lookup.is_clear(one):
            before = self._with_shared_end(before, one)
        if pointing := self._pointing.resolve(one, self._said):
            self._add_pointing(pointing)
        elif one.about in self._lookup.answers or (self._lookup.is_clear(one) and _is_whole(one)):
            self._said.append(one)
        elif not self._parts.is_message(one, before) and (more := self._parts.more_of(one, before)):
            self._said.append(more.doubted(more.text) if self._parts.is_either(one, more) else more)
        else:
            self._add_or_extend(one, before, self._parts.is_message(one, before) or self._parts.joins(one, before))

    def _add_pointing(self, one: Said) -> None:
        """Add a clause that points, unless it only says once more what was wished before."""
        if earlier := self._pointing.wanted_before(one, [clause for clause in self._said if not clause.is_remark]):
            self._replace(earlier, replace(earlier, text=earlier.text + one.separator + one.text))
        else:
            self._said.append(one)

    def _add_or_extend(self, one: Said, before: Said, is_part: bool) -> None:
        if is_part:
            self._extend(before, one)
        else:
            self._said.append(one)

    def _extend(self, before: Said, one: Said) -> None:
        """Make a piece part of an earlier clause."""
        text, about = before.text + one.separator + one.text, before.about + one.separator + one.about
        is_detail = not self._parts.is_message(one, before) and self._parts.is_detail(one, before)
        matches = before.matches if is_detail else self._lookup.matches(text)
        self._replace(before, replace(before, about=about, text=text, matches=matches))

    def _replace(self, old: Said, new: Said) -> None:
        self._said = [new if clause is old else clause for clause in self._said]

    def _tells(self, one: Said) -> bool:
        return one.about not in self._lookup.answers and is_remark(one)

    def _with_shared_end(self, before: Said, one: Said) -> Said:
        """Return the clause before with the last word that both share: «delete the notes and media volumes»."""
        text = f"{before.text} {one.text.split()[-1]}"
        if len(text) > MAX_JOINED or len(one.text.split()) < 2 or not (matches := self._lookup.certain(text)):
            return before
        whole = replace(before, text=text, matches=matches)
        self._replace(before, whole)
        return whole


def _is_whole(one: Said) -> bool:
    """Whether a clear clause says what is done: by a verb, or because an owner's phrase has just these words."""
    return not lacks_verb(one.text) or (one.best is not None and one.best.score >= 1.0)
