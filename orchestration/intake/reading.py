"""Read the pieces of a request one after the other, each in the light of those before it.

A piece that is no wish of its own is the end of a message, a detail («port 3005»), more of the same («and grafana»),
or a remark. Called by `decomposition.py`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from orchestration.intake.ahead import with_details_ahead
from orchestration.intake.asides import with_aside, without_asides
from orchestration.intake.belonging import Belonging
from orchestration.intake.clauses import Piece
from orchestration.intake.doubt import is_report, tells_state
from orchestration.intake.enumerated import without_announcements
from orchestration.intake.extent import (
    another_value,
    is_about_unknown,
    is_listed,
    is_part_of,
    laid_again,
    one_by_one,
    with_shared_end,
)
from orchestration.intake.gathering import gathered
from orchestration.intake.instead import Instead
from orchestration.intake.keeping import Keeping
from orchestration.intake.phrases import read_clause
from orchestration.intake.pointing import Pointing, ends_in_state, without_state
from orchestration.intake.remarks import (
    acts,
    is_choice,
    is_deadline,
    is_limit,
    is_narrowing,
    is_needed,
    is_only_taking_back,
    is_remark,
    is_standing,
    is_up_to_somebody,
    lacks_verb,
    takes_back,
)
from orchestration.intake.said import SURE, Lookup, Said
from orchestration.intake.sharing import PRONOUN
from orchestration.intake.words import LIGHT, words_in

MANY = 12
"""Clauses beyond which they are not weighed against each other any more; so many are a question anyway."""
MAX_HALVES = 4
"""Places at which a clause without a comma is tried in two."""
_AND = re.compile(r"\s*(?:,\s*)?and\s+", re.IGNORECASE)
_AS_MUCH = re.compile(r"\s*(?:and|or|nor|&)\s+", re.IGNORECASE)
"""What goes on with «don't …»."""
_IS_SO = re.compile(r"\w+(?:\s+\w+){0,2}?\s+(?:is|are|has|have|was|were|got|gets)\b", re.IGNORECASE)
"""What says that something is so: «the tests have run»."""
_OTHERWISE = re.compile(r"(?:otherwise|or\s+else|else)\b", re.IGNORECASE)
"""What puts a condition on what was said before as well."""
_BEGINS = re.compile(r"[,;:&]|\band\b", re.IGNORECASE)


class Reader:
    """Reads the pieces of one request."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._pointing = Pointing(lookup)
        self._parts = Belonging(lookup)
        self._keeping = Keeping(lookup)
        self._instead = Instead(lookup)
        self._said: list[Said] = []
        self._following = ""
        """The next piece, in the same sentence."""

    def read(self, pieces: Sequence[Piece]) -> list[Said]:
        """Return the clauses of a request, remarks included."""
        condition: Piece | None = None
        is_aside, used = False, 0
        for number, piece in enumerate(pieces, start=1):
            has_next = number < len(pieces) and not pieces[number].is_new_sentence
            if piece.tie == "before" and is_deadline(piece.text):
                self._said.append(Said(piece.text, piece.text, "", False, piece.separator, is_remark=True))
                continue
            if self._said and _OTHERWISE.match(piece.text):
                self._doubt_last(piece.separator + piece.text)
                continue
            if self._is_condition(piece, has_next):
                condition = piece if has_next else None
                if not has_next:
                    self._doubt_last(piece.separator + piece.text)
                continue
            used = used or self._corrected(pieces[number - 1 :])
            if used:
                used -= 1
                continue
            piece = self._tied(piece)
            count = len(self._said)
            self._following = pieces[number].text if has_next else ""
            for part in self._parted(piece, has_next):
                self._take(part)
            if self._said and (self._is_open(piece) or (is_aside and self._waits_for_last())):
                self._doubt_last("")
            is_aside = len(self._said) == count or self._said[-1].is_remark
            if condition and self._said:
                self._doubt_last(piece.separator + condition.text)
                condition = None
        said = without_announcements(with_details_ahead(self._said, self._lookup), self._lookup)
        return one_by_one(without_asides(gathered(said, self._lookup), self._lookup), self._lookup)

    def _is_condition(self, piece: Piece, has_next: bool) -> bool:
        """Whether a piece only says on what another holds: «if …», «once I say so, …», «dry run: …»."""
        if piece.tie == "if":
            return has_next or (bool(self._said) and not acts(piece.text))
        is_open = piece.tie in ("after", "before") and is_up_to_somebody(piece.text)
        if piece.is_heading and not self._lookup.clarity(self._lookup.matches(piece.text)):
            is_open = is_open or read_clause(piece.text).is_turned_round
        return is_open and (has_next or bool(self._said))

    def _corrected(self, pieces: Sequence[Piece]) -> int:
        """Put what pieces say in place of something there; return how many of them do."""
        before = next((one for one in reversed(self._said) if not one.is_remark), None)
        found = self._instead.found(pieces, before) if before else None
        if before and found:
            self._replace(before, found.clause)
        return found.pieces if found else 0

    def _tied(self, piece: Piece) -> Piece:
        """Return a piece tied as the one before it, when both tell what another waits for: «once A is up and B ran»."""
        last = self._said[-1] if self._said else None
        is_next = last is not None and last.tie in ("after", "before") and bool(_AND.fullmatch(piece.separator))
        if not (last and is_next) or piece.tie or piece.is_new_sentence:
            return piece
        clause = read_clause(piece.text)
        acts_first = bool(clause.units and clause.units[0].action)
        if acts_first and is_report(clause):
            return replace(piece, tie=last.tie, text=f"have {piece.text}")
        is_alike = _IS_SO.match(piece.text) or (acts_first and clause.raws[0].endswith("ing"))
        return replace(piece, tie=last.tie) if is_alike else piece

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
        last = self._said[-1]
        self._said[-1] = replace(last, is_remark=last.is_remark and not last.is_kept).doubted(last.text + text)

    def _parted(self, piece: Piece, has_next: bool) -> list[Said]:
        """Return the piece as it is, or as the two that it is without a comma: «after deploying kuma add portals»."""
        is_bound = piece.tie in ("after", "before") and (piece.is_new_sentence or bool(_BEGINS.search(piece.separator)))
        whole = Said(
            piece.text, piece.text, piece.tie, piece.is_new_sentence, piece.separator, self._lookup.matches(piece.text),
            is_heading=piece.is_heading, looks_forward=is_bound and has_next,
        )  # fmt: skip
        verbs = (unit for unit in read_clause(piece.text).units if unit.action or not LIGHT.isdisjoint(unit.raws))
        starts = [unit.start for unit in verbs if unit.start]
        halves = (
            [(piece.text[:start].rstrip(), piece.text[start:]) for start in starts[:MAX_HALVES]] if is_bound else []
        )
        if aside := with_aside(whole, self._lookup):
            return aside
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
        if self._take_kept(one):
            return
        if self._goes_on_keeping(one):
            self._doubt_last("")
            one = one.doubted(one.text)
        wishes = [clause for clause in self._said if not clause.is_remark]
        before = wishes[-1] if wishes else None
        if before and len(wishes) < MANY and not self._lookup.is_clear(one) and takes_back(one.text):
            self._said = [clause if clause.is_remark else clause.doubted(clause.text) for clause in self._said]
            if is_only_taking_back(one.text):
                return
            before = next(clause for clause in reversed(self._said) if not clause.is_remark)
        if before is None:
            self._begin(one)
        elif self._leaves_open(one, before):
            text, about = before.text + one.separator + one.text, before.about + one.separator + one.about
            self._replace(before, replace(before, about=about).doubted(text))
        elif before.is_heading and self._said[-1] is before and self._parts.announces(before, one):
            self._extend(before, one)
        elif len(wishes) >= MANY:
            self._add_or_extend(one, before, self._parts.is_message(one, before))
        elif not (self._take_extent(one, before) or self._take_aside(one, before, wishes)):
            self._take_wish(one, before)

    def _take_kept(self, one: Said) -> bool:
        """Take a piece that can be no task: a remark, what to leave alone, what is done to a thing unknown here."""
        if one.is_remark or self._keeping.is_kept(one):
            self._said.append(replace(self._named(one), is_remark=True, is_kept=not one.is_remark))
            return True
        if self._said and is_about_unknown(one, self._said[-1], self._lookup):
            self._said.append(replace(one, matches=()))
            return True
        is_more = self._goes_on_keeping(one) and lacks_verb(one.text)
        if is_more:
            self._extend(self._said[-1], one)
        return is_more

    def _goes_on_keeping(self, one: Said) -> bool:
        """Whether a piece may go on with what is not to be done: «don't deploy kuma and remove grafana»."""
        return bool(self._said and self._said[-1].is_kept and _AS_MUCH.fullmatch(one.separator))

    def _leaves_open(self, one: Said, before: Said) -> bool:
        """Whether a piece puts the wish before it in question: «or photos», «I still need it», «only on web-2»."""
        if is_choice(one.text) and not self._parts.is_message(one, before):
            return True
        is_narrowed = is_narrowing(one.text) and not self._parts.is_detail(one, before)
        return self._is_felt(before) and (is_needed(one.text) or is_narrowed)

    def _named(self, one: Said) -> Said:
        """Return what is left alone with what «it» is of the target named before it: «I don't need kuma, leave it»."""
        last = self._said[-1].text if self._said and not one.is_new_sentence else ""
        targets_in = self._lookup.matcher.index.targets_in
        name, *others = [*targets_in(last), ""]
        is_pointing = len(others) == 1 and not targets_in(one.text)
        return replace(one, text=PRONOUN.sub(name, one.text, count=1)) if is_pointing else one

    def _begin(self, one: Said) -> None:
        is_aside = self._tells(one)
        if is_aside or not self._parts.is_rest(one):
            found = None if is_aside else self._pointing.resolve(one, self._said)
            self._said.append(found or replace(one, is_remark=is_aside))

    def _take_extent(self, one: Said, before: Said) -> bool:
        """Take a piece that is part of the wish before it, or takes up that wish again; False when it is neither."""
        if is_part_of(one, before, self._lookup) or is_listed(one, before, self._lookup):
            self._replace(before, replace(before, text=before.text + one.separator + one.text))
            return True
        again = laid_again(one, before, self._lookup) or another_value(one, before, self._lookup)
        if again:
            self._said.append(again)
        return again is not None

    def _take_aside(self, one: Said, before: Said, wishes: Sequence[Said]) -> bool:
        """Take a piece that is no wish: a remark, a condition, a detail. False when it is a wish."""
        if self._is_of_remark(one):
            self._said.append(replace(one, is_remark=True))
        elif self._tells(one) and is_limit(one.text) and self._is_felt(before):
            is_met = self._parts.is_met(one, before, self._following)
            limited = before.doubted(before.text + one.separator + one.text)
            self._replace(before, replace(before, is_corrected=True) if is_met else limited)
        elif self._tells(one):
            self._add_or_extend(replace(one, is_remark=True), before, self._parts.is_detail(one, before))
        elif one.tie in ("after", "before") and (earlier := self._pointing.condition(one, wishes)):
            if is_standing(earlier.text):  # «tell me when it is down»
                self._extend(earlier, one)
                self._doubt_last("")
            else:
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

    def _is_of_remark(self, one: Said) -> bool:
        """Whether a piece says when a remark before it holds: «so that we see when sites go down»."""
        is_bound = one.tie in ("after", "before") and not (one.is_new_sentence or one.looks_forward)
        return is_bound and self._said[-1].is_remark and not self._lookup.is_clear(one)

    def _is_felt(self, one: Said) -> bool:
        """Whether what a clause asks for changes something that somebody may not have meant."""
        operation = self._lookup.operation(one)
        return operation is not None and operation.effect != "read_only" and operation.risk != "low"

    def _take_wish(self, one: Said, before: Said) -> None:
        if purposeful := self._parts.with_purpose(one, before):
            self._replace(before, purposeful)
            return
        if one.tie in ("after", "before"):
            one = self._without_state(one)
        if whole := with_shared_end(before, one, self._lookup):
            self._replace(before, whole)
            before = whole
        if pointing := self._pointing.resolve(one, self._said):
            self._add_pointing(pointing)
        elif one.about in self._lookup.answers or (self._lookup.is_clear(one) and _is_whole(one)):
            self._said.append(one)
        elif not self._parts.is_message(one, before) and (more := self._parts.more_of(one, before)):
            if not acts(one.text) and self._is_wished(more):  # «restart both kuma and grafana, kuma first»
                self._said.append(replace(one, is_remark=True))
                return
            if more.text.startswith(before.text) and one.text.endswith("ly"):  # how it is to be done: «but slowly»
                self._replace(before, more)
                return
            if before.tie in ("after", "before") and not one.tie and not one.is_new_sentence:
                more = replace(more, tie=before.tie, looks_forward=before.looks_forward)
            self._said.append(more.doubted(more.text) if self._parts.is_either(one, more) else more)
        else:
            is_part = self._parts.is_message(one, before) or self._parts.joins(one, before)
            is_open = not is_part and self._parts.may_go_on(one, before)
            self._add_or_extend(one.doubted(one.text) if is_open else one, before, is_part)

    def _is_wished(self, more: Said) -> bool:
        """Whether just this was wished for before."""
        wished = [clause.best for clause in self._said if clause.best and not clause.is_remark]
        best = more.best
        return (
            best is not None
            and bool(best.captured)
            and any((w.operation, w.captured) == (best.operation, best.captured) for w in wished)
        )

    def _without_state(self, one: Said) -> Said:
        """Return what another waits for without the words that it is done: «after the backup of photos is done».

        That something is so, which nothing here brings about, is no wish to look at it.
        """
        text = without_state(one.text)
        matches = self._lookup.certain(text) if text != one.text and acts(text) else ()
        if matches:
            return replace(one, text=text, matches=matches)
        return one.doubted(one.text) if tells_state(read_clause(one.text)) else one

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
        more = replace(before, about=about, text=text)
        self._replace(before, more if is_detail else more.again(self._lookup.matches(text)))

    def _replace(self, old: Said, new: Said) -> None:
        self._said = [new if clause is old else clause for clause in self._said]

    def _tells(self, one: Said) -> bool:
        return one.about not in self._lookup.answers and is_remark(one)


def _is_whole(one: Said) -> bool:
    """Whether a clear clause says what is done: by a verb, or because an owner's phrase has just these words."""
    return not lacks_verb(one.text) or (one.best is not None and one.best.score >= 1.0)
