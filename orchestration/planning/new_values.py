"""Which values a follow-up says for the parameters of a planned task. Used by `correction.py`."""

import re
from collections.abc import Iterator, Mapping

from orchestration.intake.catalogue import Catalogue
from orchestration.intake.matching import Matcher
from orchestration.intake.parameters import find_enum, find_number, find_said, find_typed
from orchestration.intake.phrases import read_clause
from orchestration.intake.said import reads
from orchestration.intake.words import stem, words_in
from orchestration.planning.follow_up import CHANGING
from orchestration.planning.plan import PlannedTask
from orchestration.planning.telling import stems_of

_DEFAULT = re.compile(r"\b(?:default|standard|usual|normal)\b", re.IGNORECASE)


class NewValues:
    """Reads values for tasks of one catalogue."""

    def __init__(self, catalogue: Catalogue, matcher: Matcher) -> None:
        self._catalogue = catalogue
        self._matcher = matcher

    def values_in(self, task: PlannedTask, text: str, is_marked: bool) -> Iterator[tuple[str, str]]:
        """Yield (parameter, value as written) for each new value that a text says for a task.

        `is_marked` tells whether it is said to be a correction; then a bare name is one too.
        """
        operation = self._catalogue.operation(task.operation)
        if not self.is_about(task, text):
            return
        for name, parameter in operation.parameters.items():
            integers = [p for p in operation.parameters.values() if p.type == "integer"]
            ways = [find_said(name, parameter, text), find_enum(parameter, text), find_typed(parameter, text)]
            ways += [find_number(parameter, text)] if len(integers) == 1 else []
            found = next((way[0] for way in ways if way and reads(operation, name, way[0])), "")
            if not found and ways[0] and re.fullmatch(r"[-+]?\d[\d.,]*", ways[0][0]):
                found = ways[0][0]  # a number out of its bounds is asked back with them
            if not found and parameter.default is not None and _DEFAULT.search(text):
                found = str(parameter.default)
            if not found and parameter.one_of and is_marked and len(bare := self._bare(text, task)) == 1:
                found = bare[0]
            if found and str(task.parameters.get(name)) != found:
                yield name, found

    def is_about(self, task: PlannedTask, text: str) -> bool:
        """Whether every word is of the task, of its parameters, a value, or only says that something changes."""
        operation = self._catalogue.operation(task.operation)
        entry = self._matcher.index.entries[task.operation]
        known = entry.stems | entry.explained | stems_of(task.name)
        open_names = any(parameter.one_of for parameter in operation.parameters.values())
        left = [
            w for w in words_in(text) if w not in CHANGING and stem(w) not in known and not any(c.isdigit() for c in w)
        ]
        has_own_action = any(
            u.action and u.action not in entry.actions and not known & set(u.stems) for u in read_clause(text).units
        )
        return not left or (
            len(left) == 1 and not has_own_action and (open_names or self._said_value(operation.parameters, text))
        )

    @staticmethod
    def _said_value(parameters: Mapping[str, object], text: str) -> bool:
        return any(re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE) for name in parameters)

    def _bare(self, text: str, task: PlannedTask) -> list[str]:
        """Return the words that only name something."""
        entry = self._matcher.index.entries[task.operation]
        known = entry.stems | entry.explained
        chunks = [(chunk.strip(".,!?"), set(words_in(chunk))) for chunk in text.split()]
        return [name for name, said in chunks if not said <= CHANGING and not {stem(word) for word in said} <= known]
