"""What approved plans teach: only what a person has confirmed, and only where no phrase had made it certain."""

from pathlib import Path
from typing import Any

from adapters.workspace import Workspace
from orchestration.learning.lessons import Approved, Lesson, lessons
from orchestration.planning.declared import Declared
from orchestration.planning.plan import PlannedTask, Provenance
from orchestration.planning.planner import Planner
from orchestration.policy import Rules
from tests.support.world import Owner, operation


def task(key: str, chosen_by: str = "", **said: str) -> PlannedTask:
    """Return a task with values that were said."""
    provenance = {name: Provenance(source="said", text=text) for name, text in said.items()}
    return PlannedTask.model_construct(operation=key, parameters=said, provenance=provenance, chosen_by=chosen_by)


def approved(text: str, *keys: str | PlannedTask, **changes: Any) -> Approved:
    """Return a request of Ana's that a person approved as these operations."""
    tasks = [one if isinstance(one, PlannedTask) else task(one) for one in keys]
    given: dict[str, Any] = {"person": "ana", "answers": {}, "by_person": True, **changes}
    return Approved(text=text, tasks=tasks, **given)


async def learned(folder: Path, *requests: Approved) -> list[Lesson]:
    """Return what these teach in a small world with a kuma and a grafana."""
    owner = Owner()
    named = {"type": "string", "enum": ["kuma", "grafana"]}
    owner.catalogue["operations"] |= {
        "deploy": operation(title="Deploy", says=["deploy monitoring", "deploy uptime monitoring"]),
        "restart": operation(title="Restart", says=["restart {service}"], parameters={"service": named}),
    }
    files = owner.configuration()
    declared, rules = Declared(files.catalogue), Rules(files.policy, files.people)
    return await lessons(requests, declared, Planner(declared, rules, Workspace(folder), str(folder)))


async def test_words_that_were_asked_back_are_learned(tmp_path: Path) -> None:
    """Whoever approved said what they meant; the same words by others count together, whatever their courtesies."""
    found = await learned(
        tmp_path,
        approved("light up the wall screens", "deploy"),
        approved("show me the ropes", "look"),
        approved("Please light up the wall screens", "deploy", person="cem"),
        approved("light up the wall screens", "deploy"),
    )
    assert [(one.operation, one.phrase, dict(one.people)) for one in found] == [
        ("deploy", "light up the wall screens", {"ana": 2, "cem": 1}),
        ("look", "show me the ropes", {"ana": 1}),
    ]
    assert found[0].texts == {"light up the wall screens", "Please light up the wall screens"}


async def test_what_a_phrase_says_already_teaches_nothing(tmp_path: Path) -> None:
    """A declared phrase, another word for its action, a slip of the keyboard: there is nothing to add."""
    said = ("deploy monitoring", "install monitoring", "deploy monitorng", "deploy monitoring once I say so")
    assert await learned(tmp_path, *(approved(text, "deploy") for text in said)) == []


async def test_of_several_clauses_only_what_is_certain_to_belong_together(tmp_path: Path) -> None:
    """One open clause and one task that nothing else explains, or an answer that says which."""
    one = approved("deploy monitoring and light up the wall screens", "deploy", "first")
    assert [(x.operation, x.phrase) for x in await learned(tmp_path, one)] == [("first", "light up the wall screens")]
    two = "light up the wall screens, then feed the office cat"
    assert await learned(tmp_path, approved(two, "deploy", "first")) == []
    answered = approved(two, "deploy", "first", answers={"feed the office cat": "first"})
    assert [(x.operation, x.phrase) for x in await learned(tmp_path, answered)] == [
        ("first", "feed the office cat"),
        ("deploy", "light up the wall screens"),
    ]


async def test_where_nobody_had_to_approve_only_an_answer_teaches(tmp_path: Path) -> None:
    """What a model chose and the policy let through has been confirmed by nobody."""
    by_policy: dict[str, Any] = {"by_person": False}
    by_answer = approved("show me the ropes", "look", **by_policy)
    by_model = approved("show me the ropes", task("look", chosen_by="tiny:1b"), **by_policy)
    assert [one.phrase for one in await learned(tmp_path, by_answer)] == ["show me the ropes"]
    assert await learned(tmp_path, by_model) == []


async def test_values_become_slots(tmp_path: Path) -> None:
    """A service that was said makes room for any service; an operation that is gone teaches nothing."""
    found = await learned(
        tmp_path,
        approved("give the grafana box a nudge", task("restart", service="grafana")),
        approved("nudge the toaster", task("no_more")),
    )
    assert [(one.operation, one.phrase) for one in found] == [("restart", "give the {service} box a nudge")]
