"""What an approval is bound to: every field of every task, to the byte."""

from typing import Any

import pytest

from orchestration.canonical import parse
from orchestration.errors import InvariantBroken
from orchestration.intake.catalogue import Operation
from orchestration.planning.plan import (
    Definitions,
    PlanContent,
    PlannedTask,
    Provenance,
    definition_hash,
    open_content,
    parameters_in_full,
    plan_digest,
    short,
)
from tests.support.homelab import catalogue
from tests.support.world import operation

TASK = PlannedTask(
    position=1,
    name="Deploy Uptime Kuma",
    operation="deploy_kuma",
    definition="a" * 64,
    work_type="deploy_service",
    agent_type="infra",
    effect="idempotent",
    risk="medium",
    target="service:kuma",
    parameters={"port": 3001, "portals": [{"name": "Ä", "url": "https://a"}], "on": True},
    provenance={
        "port": Provenance(source="said", text="port 3001"),
        "portals": Provenance(source="data", text="p.yml"),
    },
    depends_on=(),
    tool="ansible_playbook",
    instructions={"playbook": "a.yml", "extra_vars": {"port": 3001}},
    preview=True,
    preview_instructions=None,
    files={"a.yml": "b" * 64},
    secrets={"KUMA_ADMIN": "kuma_admin"},
    timeout_seconds=120,
    estimate_seconds=5,
    retries=2,
    cpu_cores=1,
    gpu_vram_mb=0,
    on_failure="continue",
    undo="remove_kuma",
)
OTHER: dict[str, Any] = {
    "position": 2,
    "name": "Deploy Uptime Kuma ",
    "operation": "deploy_grafana",
    "definition": "c" * 64,
    "work_type": "run_playbook",
    "agent_type": "code",
    "effect": "at_most_once",
    "risk": "high",
    "target": "service:grafana",
    "parameters": {**TASK.parameters, "port": 3002},
    "provenance": {**TASK.provenance, "port": Provenance(source="default")},
    "depends_on": (1,),
    "tool": "command",
    "instructions": {"playbook": "a.yml", "extra_vars": {"port": "3001"}},
    "preview": False,
    "preview_instructions": {"argv": ["true"]},
    "files": {"a.yml": "d" * 64},
    "secrets": {"KUMA_ADMIN": "other"},
    "timeout_seconds": 121,
    "estimate_seconds": 6,
    "retries": 1,
    "cpu_cores": 2,
    "gpu_vram_mb": 1,
    "on_failure": "stop",
    "undo": None,
    "chosen_by": "a-model",
}
CONTENT = PlanContent(plan_id="p", revision=1, tasks=(TASK,))


def digest_of(content: PlanContent) -> str:
    """Return the digest of a content as it is stored."""
    return plan_digest(content.canonical())


def test_every_field_has_another_value_to_try() -> None:
    """A field that is added to a task is added to this test too."""
    assert set(OTHER) == set(PlannedTask.model_fields)


@pytest.mark.parametrize("field", PlannedTask.model_fields)
def test_the_digest_covers_every_field_of_a_task(field: str) -> None:
    """Whatever of a task is another, the plan is another."""
    changed = TASK.model_copy(update={field: OTHER[field]})
    assert digest_of(PlanContent(plan_id="p", revision=1, tasks=(changed,))) != digest_of(CONTENT)


def test_the_digest_covers_plan_revision_and_order() -> None:
    """The same tasks in another plan, revision, number or order are not what was approved."""
    second = TASK.model_copy(update={"position": 2})
    others = [
        PlanContent(plan_id="q", revision=1, tasks=(TASK,)),
        PlanContent(plan_id="p", revision=2, tasks=(TASK,)),
        PlanContent(plan_id="p", revision=1, tasks=(TASK, second)),
        PlanContent(plan_id="p", revision=1, tasks=(second, TASK)),
    ]
    assert len({digest_of(content) for content in [CONTENT, *others]}) == 5


def test_what_was_stored_is_what_is_opened() -> None:
    """A content that is as it was shown opens to the same tasks."""
    stored = CONTENT.canonical()
    opened = open_content(stored, plan_digest(stored))
    assert opened == CONTENT
    assert opened.canonical() == stored
    assert opened.task(1) == TASK


def test_no_byte_can_be_flipped() -> None:
    """A stored content of which one bit is another never opens, wherever the bit is."""
    stored, expected = CONTENT.canonical(), digest_of(CONTENT)
    for place, character in enumerate(stored):
        flipped = stored[:place] + chr(ord(character) ^ 1) + stored[place + 1 :]
        with pytest.raises(InvariantBroken, match=r"digest differs\. Nothing was run"):
            open_content(flipped, expected)


def test_no_digest_opens_what_it_was_not_taken_of() -> None:
    """A digest of which one digit is another, part of one, or none at all opens nothing."""
    stored, expected = CONTENT.canonical(), digest_of(CONTENT)
    others = [
        expected[:place] + ("0" if digit != "0" else "1") + expected[place + 1 :]
        for place, digit in enumerate(expected)
    ]
    for digest in [*others, expected[:12], "", expected.upper()]:
        with pytest.raises(InvariantBroken):
            open_content(stored, digest)


def test_a_content_has_tasks_and_not_too_many() -> None:
    """A plan of nothing, or of more than can be looked at, cannot be written."""
    for tasks in ((), (TASK,) * 51):
        with pytest.raises(ValueError, match="tasks"):
            PlanContent(plan_id="p", revision=1, tasks=tasks)


def test_a_content_cannot_be_changed() -> None:
    """A revision is immutable."""
    with pytest.raises(ValueError, match="frozen"):
        CONTENT.revision = 2  # type: ignore[misc]


DECLARED = operation(
    parameters={"name": {"type": "string"}}, target="service:{name}", **{"with": {"argv": ["true", "{name}"]}}
)


def test_a_definition_is_its_meaning() -> None:
    """The order of keys, and saying a default, leave the hash of a declaration as it is."""
    plain = definition_hash(Operation.model_validate(DECLARED))
    assert definition_hash(Operation.model_validate(dict(reversed(DECLARED.items())))) == plain
    assert definition_hash(Operation.model_validate({**DECLARED, "retries": 0, "timeout": "300s"})) == plain


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "Other"}, {"says": ["other"]}, {"effect": "read_only"}, {"risk": "low"}, {"target": ""},
        {"with": {"argv": ["true", "--", "{name}"]}}, {"parameters": {"name": {"type": "string", "maxLength": 5}}},
        {"timeout": "1s"}, {"files": ["a"]}, {"secrets": {"A": "a"}}, {"retries": 1}, {"undo": "other"},
        {"on_failure": "stop"}, {"needs": {"cpu_cores": 2}}, {"preview": True}, {"work_type": "other"},
        {"agent": "code"}, {"after": ["x"]},
    ],
    ids=str,
)  # fmt: skip
def test_a_definition_covers_what_is_declared(changed: dict[str, Any]) -> None:
    """Another declaration has another hash."""
    plain = definition_hash(Operation.model_validate(DECLARED))
    assert definition_hash(Operation.model_validate({**DECLARED, **changed})) != plain


def test_definitions_are_known_by_name() -> None:
    """Each operation of a catalogue has its hash, and what is no operation has none."""
    shipped = catalogue()
    definitions = Definitions(shipped)
    hashes = {key: definitions.hash(key) for key in shipped.operations}
    assert len(set(hashes.values())) == len(hashes)
    assert hashes["echo"] == definition_hash(shipped.operation("echo"))
    assert definitions.hash("nothing") is None


def test_people_compare_twelve_digits() -> None:
    """The short form of a digest is its first twelve digits in groups of four."""
    assert short("3fa9c2d107be" + "0" * 52) == "3fa9 c2d1 07be"


def test_parameters_are_given_in_full() -> None:
    """A text stands as it is, anything else as its canonical form, and nothing is shortened."""
    long = TASK.model_copy(update={"parameters": {**TASK.parameters, "text": "x" * 5000}})
    found = parameters_in_full(long)
    assert found["text"] == "x" * 5000
    assert (found["port"], found["on"], parse(found["portals"])) == ("3001", "true", TASK.parameters["portals"])
