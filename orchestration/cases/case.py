"""An owner's cases: what somebody says, and what should come of it. The file that `sayso test` tries.

Only what a case names is compared, so that one may say as little as the operation, or as much as who approves.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from orchestration.intake.catalogue import Catalogue
from orchestration.people import People
from orchestration.policy import Risk
from orchestration.validation import Fault, Path, Strict, Strings, entries, suggestion, validated

Kind = Literal["plan", "question", "refusal"]


class Approvers(Strict):
    """What one rule of the policy demands."""

    need: int | None = Field(ge=0, default=None)
    """How many people have to say yes; 0 when nobody has to."""
    from_: Strings | None = Field(alias="from", default=None)
    """Their groups."""
    people: Strings | None = None
    """Everybody whose yes would count, by key of the people file."""


def _as_rules(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


class Case(Strict):
    """One thing said, and what should come of it."""

    text: str = Field(min_length=1)
    """What is said."""
    as_: str = Field(alias="as", default="")
    """Who says it, by key of the people file; whoever the file names when empty."""
    answers: dict[str, str] = {}
    """What was answered to questions of Sayso's, by what they were about: `operation.parameter`."""
    expect: Kind | None = None
    """A plan, a question, or a refusal: nothing can do that, or this person may not."""
    operations: Strings | None = None
    """The operations of the plan, in the order of its tasks."""
    parameters: dict[str, dict[str, Any]] = {}
    """By operation, values by name; `operation#2` is the second task of that operation."""
    order: dict[str, Strings] = {}
    """By operation, the operations that it waits for."""
    question: str | None = None
    """What is asked: `operation.parameter`, or the words that are not clear."""
    choices: Strings | None = None
    """The values that the question offers, in any order."""
    risk: Risk | None = None
    """The highest risk of the plan's tasks, words that raise it included."""
    approvers: (
        Annotated[list[Approvers], BeforeValidator(_as_rules, json_schema_input_type=Approvers | list[Approvers])]
        | None
    ) = None
    """What must be approved by whom; a list when several rules of the policy apply."""

    @property
    def kind(self) -> Kind | None:
        """What should come of it, where the case says so or what it names has no other meaning."""
        if self.expect is not None:
            return self.expect
        of_plan = (self.operations, self.parameters or None, self.order or None, self.risk, self.approvers)
        if any(named is not None for named in of_plan):
            return "plan"
        return "question" if (self.question, self.choices) != (None, None) else None


class Cases(Strict):
    """The file of cases."""

    version: Literal[1]
    as_: str = Field(alias="as", default="")
    """Who speaks where a case names nobody, by key of the people file."""
    cases: list[Case] = Field(min_length=1)

    def speaker(self, case: Case) -> str:
        """Return who says a case."""
        return case.as_ or self.as_


def load_cases(data: object, catalogue: Catalogue, people: People) -> Cases:
    """Validate a file of cases against what it speaks of; raises InvalidData with every fault."""
    default = data.get("as") if isinstance(data, dict) else None
    found = list(_person_faults(("as",), default, people)) if isinstance(default, str) else []
    said: set[tuple[str, str]] = set()
    for index, case in entries(Case, data, "cases"):
        speaker = case.as_ or default or ""
        faults = [*_speaker_faults(case, default, people), *_case_faults(case, catalogue, people)]
        if (case.text, str(speaker)) in said:
            faults.append(Fault(("text",), "is there already, said by the same person: put both cases into one"))
        said.add((case.text, str(speaker)))
        found += [Fault(("cases", index, *fault.path), fault.message) for fault in faults]
    return validated(Cases, data, found)


def _speaker_faults(case: Case, default: object, people: People) -> Iterator[Fault]:
    if case.as_:
        yield from _person_faults(("as",), case.as_, people)
    elif not default:
        yield Fault((), "says nobody: add «as:» with a key of the people file, here or above all cases")


def _person_faults(at: Path, person: str, people: People) -> Iterator[Fault]:
    if person not in people.people:
        yield Fault(at, f"unknown person «{person}».{suggestion(person, people.people)}")


def _case_faults(case: Case, catalogue: Catalogue, people: People) -> Iterator[Fault]:
    for index, key in enumerate(case.operations or []):
        yield from _operation_faults(("operations", index), key, catalogue)
    for key, values in case.parameters.items():
        yield from _operation_faults(("parameters", key), _plain(key), catalogue)
        yield from _name_faults(("parameters", key), _plain(key), list(values), catalogue)
    for key, before in case.order.items():
        for operation in (key, *before):
            yield from _operation_faults(("order", key), _plain(operation), catalogue)
    for index, rule in enumerate(case.approvers or []):
        for person in rule.people or []:
            yield from _person_faults(("approvers", index, "people"), person, people)
        for group in rule.from_ or []:
            if group not in people.known_groups():
                advice = suggestion(group, people.known_groups())
                yield Fault(("approvers", index, "from"), f"unknown group «{group}».{advice}")


def _operation_faults(at: Path, key: str, catalogue: Catalogue) -> Iterator[Fault]:
    if key not in catalogue.operations:
        yield Fault(at, f"unknown operation «{key}».{suggestion(key, catalogue.operations)}")


def _name_faults(at: Path, operation: str, names: list[str], catalogue: Catalogue) -> Iterator[Fault]:
    if operation in catalogue.operations:
        declared = catalogue.operation(operation).parameters
        for name in names:
            if name not in declared:
                yield Fault((*at, name), f"{operation} has no parameter «{name}».{suggestion(name, declared)}")


def _plain(key: str) -> str:
    """Return the operation of `operation#2`."""
    return key.partition("#")[0]
