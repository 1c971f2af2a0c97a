"""Which tasks of a plan words tell: by their place, by their name, or all of them. Used by `correction.py`."""

from collections.abc import Sequence

from orchestration.intake.catalogue import Catalogue
from orchestration.intake.words import LIGHT, SILENT, stem, words_in
from orchestration.planning.follow_up import CHANGING, ORDINALS, POINTING
from orchestration.planning.plan import PlannedTask


class Telling:
    """The tasks of one plan, as people speak of them."""

    def __init__(self, tasks: Sequence[PlannedTask], count: int, catalogue: Catalogue) -> None:
        self._tasks = tasks
        self._count = count
        self._catalogue = catalogue

    def is_all(self, what: str) -> bool:
        """Whether words mean every task: «both» of two, «all of them»."""
        said = {word for word in words_in(what) if word not in {"of", "them", "it", "the", "tasks", "steps"}}
        return said in ({"all"}, {"everything"}) or (said == {"both"} and self._count == 2)

    def told(self, what: str) -> int:
        """Return the position of the task that words tell: «the second», «task 2», «the portals»; 0 when none."""
        said = [word for word in words_in(what) if word not in SILENT or word in ORDINALS]
        names = [word for word in said if word not in POINTING and (word != "one" or len(said) == 1)]
        if "last" in said and not names:
            return self._count
        if len(names) == 1 and names[0] in ORDINALS:
            return ORDINALS[names[0]] if ORDINALS[names[0]] <= self._count else 0
        fits = [(self.fits(task, what), task.position) for task in self._tasks]
        best = [position for score, position in fits if score and score == max(fits)[0]]
        return best[0] if len(best) == 1 else 0

    def best(self, what: str) -> int:
        """Return how many tasks words tell equally well."""
        best = max((self.fits(task, what) for task in self._tasks), default=0)
        return sum(self.fits(task, what) == best for task in self._tasks) if best else 0

    def fits(self, task: PlannedTask, what: str) -> int:
        """Return how well words tell a task: 2 by its key or its values, 1 by its title or target, 0 not at all."""
        said = {stem(word) for word in words_in(what) if word not in SILENT | POINTING | LIGHT}
        if not said:
            return 0
        key = {stem(word) for word in words_in(task.operation)} | stems_of(*map(str, task.parameters.values()))
        operation = self._catalogue.operation(task.operation)
        every = key | stems_of(task.name, task.target, *operation.says)
        return 2 if said <= key else int(said <= every)

    def those_told(self, text: str, tasks: Sequence[PlannedTask]) -> set[int]:
        """Return the positions of the tasks that a text names, or of all when it names none."""
        names = [word for word in words_in(text) if word not in CHANGING and not word.isdigit()]
        scores = {
            task.position: sum(bool(self.fits(task, name)) + (self.fits(task, name) == 2) for name in names)
            for task in tasks
        }
        best = max(scores.values(), default=0)
        return {position for position, score in scores.items() if score == best}


def stems_of(*texts: str) -> set[str]:
    """Return the words of texts, stemmed."""
    return {stem(word) for text in texts for word in words_in(text)}
