"""Read a request: which things are wanted, in which order, or what has to be asked back. Rules decide.

Called by the planner with a clean text. `clauses.py` takes it apart, `reading.py` finds what each clause means in the
light of the others, `order.py` what waits for what. What a model made of an open clause (`suggestion.py`) counts only
where the rules are not sure, and then as far as the owner lets it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from orchestration.intake.catalogue import Catalogue
from orchestration.intake.clauses import pieces_of
from orchestration.intake.laying import Match
from orchestration.intake.matching import Matcher
from orchestration.intake.order import add, dependencies
from orchestration.intake.phrases import read_clause
from orchestration.intake.questions import MAX_CHOICES, Choice, Question, choices_of, question_about, read_choice
from orchestration.intake.reading import Reader
from orchestration.intake.remarks import is_vague, only_points
from orchestration.intake.said import Lookup, Said, related, rivals_among
from orchestration.intake.suggestion import NOTHING, Suggested, Suggestion, with_first
from orchestration.intake.talk import begins_to_tell
from orchestration.intake.words import COURTESIES, stem, words_in
from orchestration.policy import RISKS

__all__ = ["Choice", "Decomposition", "Question", "Subtask", "decompose", "read_choice"]

MAX_SUBTASKS = 10
MAX_PIECES = 100
"""Beyond this nobody means each comma; they are not even looked at."""
LONGEST_COURTESY = 5
"""Words of «thank you so very much»."""
_NEW = frozenset(("new", "another", "called", "named"))
_VERSIONS = frozenset(("version", "versions", "release", "latest", "newest"))
_RIGHTS = re.compile(
    r"\b(?:passwords?|passphrase|credentials?|(?:admin|root|user|access|login|write|read)\s+(?:rights?|access|accounts?|permissions?)|"
    r"(?:api|ssh|access|private)\s+(?:keys?|tokens?)|secrets?)\b",
    re.IGNORECASE,
)
"""Secrets and rights: where no operation speaks of them, none can give them."""
EXAMPLES = 4
"""Operations that are named when nothing comes near."""


@dataclass(frozen=True, slots=True)
class Subtask:
    """One thing wanted, as it was read."""

    order: int
    """1, 2, 3 … as said."""
    intent: str
    """The key of the operation."""
    confidence: float
    text: str
    parameters: dict[str, str]
    """What slots of a phrase captured, not yet typed."""
    depends_on: tuple[int, ...] = ()
    suggested: Mapping[str, str] = field(default_factory=dict)
    """The words in which a model found values of parameters."""
    model: str = ""
    """Whose suggestion this is; empty when the rules alone read it."""
    is_chosen_by_model: bool = False
    """Whether that model chose the operation, and not only words for its values."""


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A request as it was read. With questions or out-of-scope clauses there is no plan."""

    subtasks: tuple[Subtask, ...] = ()
    questions: tuple[Question, ...] = ()
    out_of_scope: tuple[str, ...] = ()
    """Clauses that nothing in the catalogue can do."""
    nearest: tuple[Choice, ...] = field(default=())
    """What comes closest to them; a few examples when nothing does."""
    passed_over: tuple[str, ...] = ()
    """Clauses that were taken for remarks, courtesies left out."""


def decompose(
    text: str,
    catalogue: Catalogue,
    matcher: Matcher,
    answers: Mapping[str, str] = MappingProxyType({}),
    names: Mapping[str, str] = MappingProxyType({}),
    suggestion: Suggestion = NOTHING,
) -> Decomposition:
    """Read a clean text against a catalogue.

    `answers` are keys of operations by the clause that a question was about; the same text with the same answers and
    the same suggestion is always read the same. `names` are those that only the workspace knows, folded, with what
    they are.
    """
    pieces = pieces_of(text, matcher.index.whole)
    if len(pieces) > MAX_PIECES:
        return Decomposition(questions=(_too_many(len(pieces), text),))
    chosen = {clause: key for clause, key in answers.items() if key in catalogue.operations}
    lookup = Lookup(catalogue, matcher, chosen, names)
    said = Reader(lookup).read(pieces)
    if len(said) == 1 and not said[0].is_corrected:
        # Then all of the text is about it, also what was no part of its wish: «…, 3 and 4».
        said = [replace(said[0], text=text)]
    wishes = [part for clause in said if not clause.is_remark for part in _parted(clause, suggestion, lookup)]
    known = {clause.about for clause in wishes}
    wishes = [clause if clause.same_as in known else replace(clause, same_as="") for clause in wishes]
    found = _Decomposer(lookup, suggestion).result(text, wishes)
    told = [one.about for one in said if (one.is_remark and _says(one)) or one.about in found.passed_over]
    return replace(found, passed_over=tuple(told))


def _says(remark: Said) -> bool:
    """Whether a remark says more than a courtesy does: «thank you very much» says nothing that could be missed."""
    raws = read_clause(remark.about).raws
    is_courtesy = raws[:1] and raws[0] in COURTESIES and len(raws) <= LONGEST_COURTESY
    return len(raws) > 1 and not is_courtesy


def _parted(clause: Said, suggestion: Suggestion, lookup: Lookup) -> list[Said]:
    """Return the clause, or its parts where it is not clear and a model read more than one wish in it."""
    tasks = suggestion.of(clause.about)
    if len(tasks) < 2 or clause.same_as or lookup.is_clear(clause):
        return [clause]
    whole = replace(clause, is_cut_out=True)
    parts = [replace(whole, about=one.words, text=one.words, matches=lookup.matches(one.words)) for one in tasks]
    others = zip(parts[1:], tasks[1:], strict=True)
    return [
        parts[0],
        *(replace(part, tie="then" if one.waits else "", is_new_sentence=False) for part, one in others),
    ]


class _Decomposer:
    def __init__(self, lookup: Lookup, suggestion: Suggestion) -> None:
        self._lookup = lookup
        self._catalogue = lookup.catalogue
        self._answers = lookup.answers
        self._suggestion = suggestion
        self._questions: list[Question] = []
        self._out_of_scope: list[str] = []
        self._nearest: list[Match] = []
        self._is_model_trusted = True
        """Not beside what it is not trusted with: «what happens when I delete it» is no wish for the second half."""

    def result(self, text: str, wishes: Sequence[Said]) -> Decomposition:
        sure = [match.operation for clause in wishes if (match := self._sure(clause))]
        self._is_model_trusted = all(self._suggestion.is_trusted(key, self._catalogue) for key in sure)
        found = [self._meant(clause) for clause in wishes]
        if len([clause for clause in wishes if not clause.same_as]) > MAX_SUBTASKS:
            self._questions.append(_too_many(len(wishes), text))
        if not wishes:
            self._out_of_scope.append(text)
        left = self._left_over(wishes, sure)
        self._out_of_scope = [about for about in self._out_of_scope if about not in left]
        if self._out_of_scope and not any(clause.matches for clause in wishes) and only_points(text):
            self._out_of_scope = []
            self._questions = [question_about(text, _examples(self._catalogue), self._catalogue)]
        subtasks = self._subtasks(wishes, found)
        nearest = self._near() if self._out_of_scope else ()
        return Decomposition(subtasks, tuple(self._questions), tuple(self._out_of_scope), nearest, left)

    def _left_over(self, wishes: Sequence[Said], sure: Sequence[str]) -> tuple[str, ...]:
        """Return what means nothing here and, by how it begins, is no order; only beside what does little harm."""
        risks = [RISKS.index(self._catalogue.operation(key).risk) for key in sure]
        if not risks or self._questions or max(risks) > RISKS.index("medium"):
            return ()
        return tuple(
            one.about
            for one in wishes
            if one.about in self._out_of_scope and one.tie in ("", "before") and begins_to_tell(one.text, one.separator)
        )

    def _meant(self, clause: Said) -> Match | None:
        """Return the operation that a clause means; None, and a question or a refusal noted, when it is not clear."""
        if clause.same_as:
            return None
        if key := self._answers.get(clause.about):
            return Match(key, 1.0, _captured(clause, key))
        if match := self._sure(clause):
            return match
        matches = related(clause.matches)
        rivals = rivals_among(matches, self._catalogue) or matches if matches else []
        if suggested := self._suggested(clause):
            if self._is_model_trusted and self._suggestion.is_trusted(suggested.operation, self._catalogue):
                return Match(suggested.operation, 0.0, _captured(clause, suggested.operation))
            rivals = with_first(suggested.operation, rivals)
        elif not matches and clause.matches and is_vague(clause.about):
            rivals = list(clause.matches)
        elif self._is_done_nowhere(clause):
            rivals = []
        if rivals:
            self._ask(clause, rivals)
        else:
            self._out_of_scope.append(clause.about)
            self._nearest += clause.matches
        return None

    def _sure(self, clause: Said) -> Match | None:
        """Return the operation that the rules alone are sure of."""
        matches = related(clause.matches)
        if not matches or clause.is_cut_out or clause.same_as or rivals_among(matches, self._catalogue):
            return None
        return matches[0]

    def _is_done_nowhere(self, clause: Said) -> bool:
        """Whether a clause begins with a verb of which no operation knows anything: «restore …», «upgrade …»."""
        said = [unit for unit in read_clause(clause.about).units if unit.stems and (unit.action or not unit.is_silent)]
        entries = self._lookup.matcher.index.entries
        if rights := _RIGHTS.search(clause.about):
            last = stem(words_in(rights[0])[-1])
            return not any(last in entry.stems | entry.told | entry.explained for entry in entries.values())
        if not said or not said[0].action:
            return False
        near = [entries[match.operation] for match in clause.matches]
        if any(entry.description is not None for entry in near):
            return False
        if said[0].action == "create" and not _NEW.isdisjoint(read_clause(clause.about).raws):
            return not any("create" in entry.actions for entry in near)  # «create a volume called music»
        if said[0].action == "update" and not _VERSIONS.isdisjoint(read_clause(clause.about).raws):
            return True
        if any(entries[match.operation].is_additive for match in related(clause.matches)):
            return False  # «bring kuma back» may mean to lay it down anew
        return said[0].action not in self._lookup.matcher.index.actions

    def _ask(self, clause: Said, rivals: Sequence[Match]) -> None:
        question = question_about(clause.about, self._likely(clause, rivals), self._catalogue)
        phrased = self._suggestion.asks.get(clause.about)
        if phrased and len(rivals) > 1:  # whose words these are must be seen, since nobody has checked them
            question = replace(question, text=f"{self._suggestion.model} asks: {phrased}")
        self._questions.append(question)

    def _likely(self, clause: Said, rivals: Sequence[Match]) -> list[Match]:
        """Return the rivals, none that could do much harm where a clause speaks of doing something else."""
        said = [unit for unit in read_clause(clause.about).units if unit.stems and not unit.is_silent]
        suggested = self._suggested(clause)

        def may_be_meant(match: Match) -> bool:
            operation = self._catalogue.operation(match.operation)
            if match.literal or RISKS.index(operation.risk) <= RISKS.index("medium"):
                return True
            named = [unit for text in (operation.title, *operation.says) for unit in read_clause(text).units]
            known, actions = {word for unit in named for word in unit.stems}, {unit.action for unit in named} - {""}
            is_bare = all(known.issuperset(unit.stems) for unit in said)
            # A verb of the owner's own («paint») is no action that everybody knows: it stands first.
            is_its_verb = bool(said) and not said[0].action and known.issuperset(said[0].stems)
            return is_bare or is_its_verb or any(unit.action in actions for unit in said)

        by_model = suggested.operation if suggested else ""
        return [match for match in rivals if match.operation == by_model or may_be_meant(match)] or list(rivals)

    def _suggested(self, clause: Said) -> Suggested | None:
        """Return what a model read in a clause, as far as there still is such an operation."""
        found = self._suggestion.named(clause.about) or self._suggestion.named(clause.text)
        return found if found and found.operation in self._catalogue.operations else None

    def _subtasks(self, wishes: Sequence[Said], found: Sequence[Match | None]) -> tuple[Subtask, ...]:
        places = {clause.about: place for place, clause in enumerate(wishes) if not clause.same_as}
        stands_for = [places.get(clause.same_as, place) for place, clause in enumerate(wishes)]
        numbers = {p: n for n, p in enumerate((p for p in range(len(wishes)) if stands_for[p] == p), start=1)}
        needs: list[set[int]] = [set() for _ in wishes]
        for place, before in enumerate(dependencies(wishes)):
            for earlier in sorted(before):
                add(needs, stands_for[place], stands_for[earlier])
        return tuple(
            self._subtask(
                Subtask(
                    numbers[place],
                    match.operation,
                    match.score,
                    wishes[place].text,
                    match.captured,
                    tuple(sorted(numbers[b] for b in needs[place] if found[b])),
                ),
                wishes[place],
            )
            for place, match in enumerate(found)
            if match
        )

    def _subtask(self, subtask: Subtask, clause: Said) -> Subtask:
        """Add to a subtask what a model read in its clause, if it read the same operation."""
        suggested = self._suggested(clause)
        if suggested is None or suggested.operation != subtask.intent:
            return subtask
        is_chosen = not subtask.confidence and clause.about not in self._answers
        values, model = suggested.values, self._suggestion.model
        return replace(subtask, suggested=values, model=model, is_chosen_by_model=is_chosen)

    def _near(self) -> tuple[Choice, ...]:
        best: dict[str, Match] = {}
        for match in sorted(self._nearest, key=lambda match: match.score):
            best[match.operation] = match
        near = sorted(best.values(), key=lambda match: -match.score)[:MAX_CHOICES]
        return choices_of(near or _examples(self._catalogue), self._catalogue)


def _captured(clause: Said, operation: str) -> dict[str, str]:
    """Return what the slots of an operation's phrase hold in a clause."""
    return next((match.captured for match in clause.matches if match.operation == operation), {})


def _examples(catalogue: Catalogue) -> list[Match]:
    """Return a few operations that show what can be done: of different kinds, the harmless first."""
    kinds: dict[str, str] = {}
    for key, operation in catalogue.operations.items():
        kinds.setdefault(operation.work_type, key)
    calm = sorted(kinds.values(), key=lambda key: RISKS.index(catalogue.operation(key).risk))
    return [Match(key, 0.0, {}) for key in calm[:EXAMPLES]]


def _too_many(count: int, text: str) -> Question:
    return Question(f"That is {count} things at once; the limit is {MAX_SUBTASKS}. Which come first?", text)
