"""Which operation a clause means: BM25 finds the few that share words with it, and those are compared in full.

A phrase that fits the whole clause is sure. Else a score of 0 to 1 says how much of a phrase is in the clause,
lowered by what the clause says beside it, and lowered again by what turns a wish round («don't», «if», «how do I»).
A word that only one operation knows («kuma») weighs more than one that many know («deploy»). An operation without a
phrase of its own is as near as its description is (`described.py`). Called by `reading.py` and
`planning/correction.py`; one per catalogue, built when it is loaded.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from orchestration.intake.actions import KNOWN, find_actions
from orchestration.intake.catalogue import Catalogue
from orchestration.intake.doubt import is_doubtful, is_report, leaves_out
from orchestration.intake.entries import Entry, Phrase
from orchestration.intake.hearing import Heard
from orchestration.intake.index import Index
from orchestration.intake.laying import ALIKE_SCORE, DOUBT, Match, doubted, lay
from orchestration.intake.parameters import find_typed
from orchestration.intake.phrases import (
    Clause,
    read_clause,
)
from orchestration.intake.words import QUESTIONS, SILENT, slips, stem, words_in
from orchestration.policy import RISKS

RECALL_ALONE = 0.4
"""What a whole phrase scores among words that all mean something else."""
LOOSER = 0.8
"""What is left of a score when a phrase that says more fits as well: «echo slowly …» is not «echo …»."""
OTHER_ACTION = 0.49
"""The most for a clause that names an action which the operation has not: enough to ask."""
OPEN_VERB = 0.7
"""What another word for its action scores for a phrase that is nothing but that and a slot: «erase {volume}»."""
NO_QUESTION = 0.5
"""What a phrase that asks scores in a clause that does not."""
_ADVISING = frozenset(("should", "shall", "would", "can", "could", "must", "do", "if", "i"))
"""Words with which a question asks for advice, and not for how things are."""
TOLD = 0.7
"""What a question scores for what an operation says that it shows."""
MENDED = 0.97
"""What is left when a word had to be spelt right first."""
LEAST_NEAR = 0.05
"""What an operation is near that shares a word at all: it is refused, but named as the nearest."""
LEADING = 0.15
"""How much nearer an operation is that leaves all others behind, of what it shares with a clause."""
GAIN = 0.05
"""How much better a clause must be understood for its words to be taken as misspelt."""


class Matcher:
    """Finds operations of one catalogue by what people say."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.index = Index(catalogue)

    def best(self, clause: str) -> list[Match]:
        """Return what the clause may mean, best first, each operation once."""
        text = clause.strip(" .!?")
        read = read_clause(text)
        found = self._matches(read)
        if found and found[0].literal and found[0].score >= ALIKE_SCORE:
            return found
        if not (mended := self.index.mended(read)):
            return found
        again = self._matches(read_clause(text, mended))
        before = found[0].score if found else 0.0
        if not again or again[0].score < max(before + GAIN, 0.5):
            return found
        return [self._told(match, mended) for match in again]

    def shortlist(self, clause: str, size: int = 8) -> list[str]:
        """Return the operations that a clause may mean, the likeliest first, for somebody else to choose from.

        Also those that `best` gives no score; all of a catalogue that has no more than `size`.
        """
        found = [match.operation for match in self.best(clause)]
        ranked = self.index.ranked(read_clause(clause.strip(" .!?")), size)
        every = self.index.entries if len(self.index.entries) <= size else ()
        return list(dict.fromkeys((*found, *ranked, *every)))[:size]

    def _matches(self, clause: Clause) -> list[Match]:
        said, ranked = Heard(clause), self.index.ranked(clause)
        standings = _standings(ranked, len(self.index.entries) == 1)
        found = [self._match(key, said, standing) for key, standing in standings.items()]
        matches = [match for match in _in_order(found, self.index.entries) if match.score > 0]
        most = max((match.literal for match in matches), default=0)
        weighed = [replace(m, score=m.score * LOOSER) if 0 < m.literal < most else m for m in matches]
        return sorted(weighed, key=lambda match: (-match.score, -ranked[match.operation]))

    def _match(self, key: str, said: Heard, standing: "_Standing") -> Match:
        entry = self.index.entries[key]
        loose = self._loose(key, entry, said) if entry.description is None else self._near(key, entry, said, standing)
        laid = [match for phrase in entry.phrases if said.has(phrase) and (match := lay(phrase, entry, said.clause))]
        if not laid:
            return loose
        best = max(laid, key=lambda match: (bool(match.captured), match.score, match.literal))
        if entry.operation.effect != "read_only" and is_report(said.clause) and not said.is_declared(entry):
            return replace(best, score=doubted(best.score), literal=0)
        return replace(best, score=max(best.score, loose.score))

    def _loose(self, key: str, entry: Entry, said: Heard) -> Match:
        """Return how much of an operation's phrases is said, in whatever order."""
        beside = said.beside(entry.stems | entry.explained, entry.actions)
        if entry.operation.effect == "read_only":
            beside -= {"if", "whether"}
        named, objects = said.named_beside(entry.main_actions)
        shaped = _shaped(entry, said.clause) if objects else set()
        objects -= entry.details
        knows = (named & (entry.stems | entry.explained | shaped)) - entry.details
        rest = sum(self.index.weight(word) for word in beside - shaped if not word.isdigit())
        implied = said.implied if knows and (said.clause.is_question or entry.is_additive) else frozenset()
        meant = said.actions | implied
        score = max((_score(phrase, said, meant, rest) for phrase in entry.phrases), default=0.0)
        if score and is_doubtful(said.clause, entry, self.index, lambda word: said.says(word, entry)):
            score = doubted(score)
        elif score and _names_other_action(said.clause, entry):
            score = min(score, OTHER_ACTION)
        elif score and _is_felt(entry) and leaves_out(said.clause, entry, self.index, shaped):
            score = doubted(score)
        if said.begins_elsewhere and not said.first <= entry.stems:
            score *= DOUBT
        if knows and _asks_what_it_tells(said.clause, entry):
            score = max(score, TOLD)
        is_known = bool(knows) or not objects or any(said.has_all(phrase) for phrase in entry.phrases)
        return Match(key, min(score, 1.0), {}, known=is_known)

    def _near(self, key: str, entry: Entry, said: Heard, standing: "_Standing") -> Match:
        """Return how near an operation is of which only a name and a description are known.

        Above low risk that is enough to ask, and only its name, said like a phrase, is enough to plan.
        """
        near = said.wording.nearness(entry.description) if entry.description else 0.0
        score = min(max(near, LEAST_NEAR) * standing.share + LEADING * standing.lead, 1.0)
        if is_doubtful(said.clause, entry, self.index, lambda word: said.says(word, entry)):
            score = doubted(score)
        elif entry.operation.effect != "read_only" and _names_other_action(said.clause, entry):
            score = min(score, OTHER_ACTION)
        if entry.operation.risk == "low":
            return Match(key, score, {})
        loose, asked = self._loose(key, entry, said), min(score, OTHER_ACTION)
        return loose if loose.score >= asked else Match(key, asked, {})

    def _told(self, match: Match, mended: dict[str, str]) -> Match:
        entry = self.index.entries[match.operation]
        known = entry.stems | entry.explained
        used = tuple((raw, right) for raw, right in mended.items() if stem(right) in known or right in KNOWN)
        is_guess = any(_may_be_opposite(raw, right, entry) for raw, right in used)
        return replace(match, score=match.score * MENDED, mended=used, is_guess=is_guess)


class _Standing(NamedTuple):
    """How an operation stands among those that share something with a clause."""

    share: float
    """What it shares, by what the first one does."""
    lead: float
    """How far it is ahead of the second, if it is the first: 1 when nothing else shares a word."""


def _standings(ranked: Mapping[str, float], is_alone: bool) -> dict[str, _Standing]:
    """Return how each operation stands; where there is but one in all, being ahead tells nothing."""
    first, second, *_ = *ranked.values(), 0.0, 0.0
    lead = 1 - second / first if first and not is_alone else 0.0
    return {
        key: _Standing(shared / first, 0.0 if place else lead) for place, (key, shared) in enumerate(ranked.items())
    }


def _in_order(matches: list[Match], entries: Mapping[str, Entry]) -> list[Match]:
    """Return the matches in their order, no operation that is only described with less than one ranked behind it."""
    least, result = 0.0, []
    for match in reversed(matches):
        if entries[match.operation].description is not None and not match.literal:
            least = max(least, match.score)
            match = replace(match, score=least)
        result.append(match)
    return result[::-1]


def _score(phrase: Phrase, said: Heard, meant: set[str], rest: float) -> float:
    """Return how much of a phrase was said or `meant`, with `rest` the weight of what was said beside."""
    common = 0.0
    for content in phrase.contents:
        common += content.weight * said.share(content.stems, content.action, meant)
    if not common:
        return 0.0
    if phrase.is_open_verb and not any(said.share(content.stems, "", set()) for content in phrase.contents):
        common *= OPEN_VERB
    if phrase.asks and not said.clause.is_question:
        common *= NO_QUESTION
    return common / phrase.total * (RECALL_ALONE + (1 - RECALL_ALONE) * common / (common + rest))


def _asks_what_it_tells(clause: Clause, entry: Entry) -> bool:
    """Whether a clause asks for what an operation that only looks says that it shows: «which port is kuma on»."""
    is_look = (entry.operation.effect, entry.operation.risk) == ("read_only", "low")
    is_asked = clause.raws[:1] in (("which",), ("what",)) or clause.raws[:2] in (("how", "many"), ("how", "often"))
    if not is_look or not is_asked or clause.is_turned_round or not _ADVISING.isdisjoint(clause.raws):
        return False
    told, asked = entry.told - entry.stems, clause.raws[1:] if clause.raws[0] == "how" else clause.raws[1:4]
    return any(stem(raw) in told and raw not in SILENT | QUESTIONS for raw in asked)


def _may_be_opposite(raw: str, right: str, entry: Entry) -> bool:
    """Whether a misspelt action may be its opposite («uninstall») or could do much harm."""
    if not find_actions([stem(right)], [right]):
        return False
    room = slips(raw, right) + 1
    return RISKS.index(entry.operation.risk) > RISKS.index("medium") or any(
        slips(raw, prefix + right) <= room for prefix in ("un", "de", "dis")
    )


def _names_other_action(clause: Clause, entry: Entry) -> bool:
    """Whether a clause speaks of an action that an operation has not, nor names anything by."""
    known = entry.stems | entry.explained
    others = [unit for unit in clause.units if unit.action and unit.action not in entry.actions]
    return any(unit.action != "state" and not known.issuperset(unit.stems) for unit in others)


def _is_felt(entry: Entry) -> bool:
    """Whether an operation changes something that somebody may not have meant."""
    return entry.operation.effect != "read_only" and entry.operation.risk != "low"


def _shaped(entry: Entry, clause: Clause) -> set[str]:
    """Return the words of what can only be a value: «nas.home.arpa» where a host is wanted."""
    parameters = (p for p in entry.operation.parameters.values() if p.format is not None)
    return {stem(word) for p in parameters if (found := find_typed(p, clause.text)) for word in words_in(found[0])}
