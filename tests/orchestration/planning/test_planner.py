"""From what was read to what will run: filled, ordered, and with where every value came from; never guessed."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.workspace import Workspace
from orchestration.approval.decision import Rules
from orchestration.errors import InvalidRequest, NotFound, StaleRevision
from orchestration.intake.catalogue import load_catalogue
from orchestration.intake.decomposition import Choice, Subtask, decompose
from orchestration.intake.matching import Matcher
from orchestration.people import load_people
from orchestration.planning.declared import Declared
from orchestration.planning.plan import PlanContent, Provenance
from orchestration.planning.planner import Planner, Unclear, Wanted
from orchestration.policy import load_policy
from tests.support.world import PEOPLE, POLICY, operation

PORT = {"type": "integer", "minimum": 1024, "maximum": 65535, "default": 3001}
OPERATIONS: dict[str, Any] = {
    "deploy": operation(
        title="Deploy",
        says=["deploy it", "deploy it on {port}"],
        parameters={"port": PORT},
        target="service:x",
        timeout="2m",
        estimate="5s",
        retries=5,
        files=["scripts/*.py"],
        **{"with": {"argv": ["python3", "scripts/deploy.py", "--port={port}", "{workspace}"]}},
    ),
    "add": operation(
        title="Add portals",
        says=["add portals"],
        after=["deploy"],
        parameters={
            "portals": {
                "type": "array",
                "items": {"type": "object", "properties": {"name": {"type": "string"}}},
                "data": {"file": "portals.yml", "key": "all.portals"},
            }
        },
        **{"with": {"argv": ["true"]}},
    ),
    "restart": operation(
        title="Restart",
        says=["restart {service}", "restart"],
        target="service:{service}",
        risk="high",
        effect="at_most_once",
        parameters={
            "service": {"type": "string", "enum": ["kuma", "grafana"], "ask": "Which service?"},
            "times": {"type": "integer", "minimum": 1, "maximum": 3, "default": 1},
        },
        **{"with": {"argv": ["restart", "{service}", "{times}"]}},
    ),
    "echo": operation(
        title="Echo",
        says=["echo {message}"],
        parameters={"message": {"type": "string", "ask": "What?"}},
        **{"with": {"argv": ["echo", "{message}"]}},
    ),
    "plain": operation(title="Plain"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with scripts and a data file."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/deploy.py").write_text("one")
    (tmp_path / "scripts/other.py").write_text("two")
    (tmp_path / "portals.yml").write_text("all: {portals: [{name: Router}, {name: Café}]}\n")
    return tmp_path


def planner(folder: Path, policy: Mapping[str, Any] | None = None) -> Planner:
    """Return a planner over the operations above."""
    people = load_people(PEOPLE)
    rules = Rules(load_policy({**POLICY, **(policy or {})}, people, {*OPERATIONS, "closed"}), people)
    declared = Declared(load_catalogue({"version": 1, "operations": OPERATIONS}))
    return Planner(declared, rules, Workspace(folder), str(folder))


async def plan(folder: Path, text: str, policy: Mapping[str, Any] | None = None) -> PlanContent:
    """Return the plan that a request becomes."""
    catalogue = load_catalogue({"version": 1, "operations": OPERATIONS})
    read = decompose(text, catalogue, Matcher(catalogue))
    assert (read.questions, read.out_of_scope) == ((), ())
    found = planner(folder, policy)
    return await found.plan("p", 1, found.read(read.subtasks))


# ------------------------------------------------------------------------------------------------- values


async def test_a_default_fills_what_nobody_said(folder: Path) -> None:
    """A parameter that was not mentioned gets its default, marked as such."""
    [task] = (await plan(folder, "deploy it")).tasks
    assert task.parameters == {"port": 3001}
    assert task.provenance == {"port": Provenance(source="default")}


@pytest.mark.parametrize(
    ("text", "words"),
    [("deploy it on 3005", "3005"), ("deploy it, port=3005", "port=3005"), ("deploy it with port 3005", "port 3005")],
)
async def test_what_was_said_is_typed_and_quoted(folder: Path, text: str, words: str) -> None:
    """A value from the request has its type, and the words that it was read from beside it."""
    [task] = (await plan(folder, text)).tasks
    assert task.parameters == {"port": 3005}
    assert task.provenance == {"port": Provenance(source="said", text=words)}


async def test_data_is_read_once_and_frozen(folder: Path) -> None:
    """A value from a file is what the file says at planning, with the file's name; a later change is not in it."""
    found = await plan(folder, "add portals")
    (folder / "portals.yml").write_text("all: {portals: []}\n")
    [task] = found.tasks
    assert task.parameters == {"portals": [{"name": "Router"}, {"name": "Café"}]}
    assert task.provenance == {"portals": Provenance(source="data", text="portals.yml")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("all: {}\n", r"portals\.yml has no «all\.portals», which add reads its portals from\."),
        ("all: 5\n", r"portals\.yml has no «all\.portals»"),
        ("all: {portals: yes}\n", r"portals\.yml cannot be used for add: portals must be a list\."),
        ("all: {portals: [{nam: x}]}\n", r"cannot be used for add: portals item 1 has «nam», which is not declared\."),
        ("all: [\n", r"portals\.yml"),
    ],
)
async def test_data_that_does_not_fit_stops_the_plan(folder: Path, text: str, message: str) -> None:
    """A data file that is not what was declared is named, with what is wrong in it."""
    (folder / "portals.yml").write_text(text)
    with pytest.raises(InvalidRequest, match=message):
        await plan(folder, "add portals")


async def test_data_that_is_missing_stops_the_plan(folder: Path) -> None:
    """A data file that is not there is named."""
    (folder / "portals.yml").unlink()
    with pytest.raises(InvalidRequest, match=r"no file «portals\.yml»"):
        await plan(folder, "add portals")


async def test_what_is_missing_is_asked_with_its_choices(folder: Path) -> None:
    """A parameter without a value becomes its owner's question, with the values that it takes."""
    with pytest.raises(Unclear) as unclear:
        await plan(folder, "restart")
    [question] = unclear.value.questions
    assert (question.text, question.about) == ("Which service?", "restart.service")
    assert question.choices == (Choice("kuma", "kuma"), Choice("grafana", "grafana"))


async def test_a_value_out_of_its_bounds_is_asked_again(folder: Path) -> None:
    """A value that is not taken is a question that says why; it is neither cut to fit nor replaced by the default."""
    for text, about, words in (
        ("deploy it on 80", "deploy.port", "port must be between 1024 and 65535, not 80."),
        ("deploy it on many", "deploy.port", "port must be a whole number, not «many»."),
    ):
        with pytest.raises(Unclear) as unclear:
            await plan(folder, text)
        [question] = unclear.value.questions
        assert question.about == about
        assert question.text.startswith(words)


def test_every_unclear_value_is_asked_at_once(folder: Path) -> None:
    """A request with two bad values gets two questions, each with why and what would be taken."""
    wanted = [
        Subtask(1, "restart", 1.0, "restart postgres", {"service": "postgres"}),
        Subtask(2, "deploy", 1.0, "deploy it on 80", {"port": "80"}),
    ]
    with pytest.raises(Unclear) as unclear:
        planner(folder).read(wanted)
    assert [question.about for question in unclear.value.questions] == ["restart.service", "deploy.port"]
    why = "service must be one of kuma, grafana, not «postgres». Which service?"
    assert unclear.value.questions[0].text == why


async def test_a_lone_number_belongs_to_the_only_number_wanted(folder: Path) -> None:
    """A number that nothing introduces is the value of the only whole-number parameter."""
    [task] = (await plan(folder, "deploy it 3005")).tasks
    assert task.parameters == {"port": 3005}


# ---------------------------------------------------------------------------------------- one operation named


async def test_named_parameters_are_typed(folder: Path) -> None:
    """Values given as KEY=VALUE are read by the same rules as those said."""
    found = planner(folder)
    wanted = found.given("restart", {"service": "Kuma", "times": "2"})
    assert wanted.values == {"service": "kuma", "times": 2}
    [task] = (await found.plan("p", 1, [wanted])).tasks
    assert task.instructions == {"argv": ["restart", "kuma", 2]}


def test_unknown_names_get_a_suggestion(folder: Path) -> None:
    """A parameter or operation that does not exist is told with what comes near and what there is."""
    found = planner(folder)
    with pytest.raises(
        InvalidRequest, match=r"restart has no parameter «servic»\. Did you mean «service»\? It takes service, times\."
    ):
        found.given("restart", {"servic": "kuma"})
    with pytest.raises(InvalidRequest, match=r"plain has no parameter «x»\. It takes none\."):
        found.given("plain", {"x": "1"})
    with pytest.raises(NotFound, match=r"no operation «restrt»\. Did you mean «restart»\? There are: deploy, add,"):
        found.given("restrt", {})


def test_a_whole_list_cannot_be_typed(folder: Path) -> None:
    """A list that belongs to a file cannot be replaced by a word."""
    with pytest.raises(Unclear, match="portals cannot be said as text"):
        planner(folder).given("add", {"portals": "all"})


@pytest.mark.parametrize("value", ["-n", "--help", "-"])
async def test_a_value_that_would_be_an_option_is_refused(folder: Path, value: str) -> None:
    """A value that a program would take for an option stops the plan, whether said or named."""
    with pytest.raises(InvalidRequest, match=f"«{value}» begins with a dash, so echo would take it for an option"):
        await plan(folder, f"echo {value}")
    found = planner(folder)
    with pytest.raises(InvalidRequest, match="begins with a dash"):
        await found.plan("p", 1, [found.given("echo", {"message": value})])


async def test_a_value_stays_one_value(folder: Path) -> None:
    """Shell signs, slots and spaces in a value are part of that value and nothing else."""
    message = "$(touch x); {workspace} && rm -rf / | tee {message}"
    [task] = (await plan(folder, f'echo "{message}"')).tasks
    assert task.instructions == {"argv": ["echo", message]}


# ------------------------------------------------------------------------------------------- what will run


async def test_a_task_says_all_that_runs(folder: Path) -> None:
    """Slots are filled, files hashed, bounds applied, and the rest is as declared."""
    [task] = (await plan(folder, "deploy it")).tasks
    assert task.instructions == {"argv": ["python3", "scripts/deploy.py", "--port=3001", str(folder)]}
    assert task.files == {
        f"scripts/{name}.py": hashlib.sha256(text).hexdigest() for name, text in (("deploy", b"one"), ("other", b"two"))
    }
    assert (task.target, task.timeout_seconds, task.estimate_seconds, task.retries) == ("service:x", 120, 5, 3)
    assert (task.name, task.operation, task.agent_type, task.tool, task.on_failure) == (
        "Deploy", "deploy", "infra", "command", "continue",
    )  # fmt: skip


async def test_the_policy_bounds_what_operations_declare(folder: Path) -> None:
    """No task runs longer, or is tried more often, than the policy allows."""
    [task] = (await plan(folder, "deploy it", {"cost_governance": {"timeout_s": 10, "max_retries": 1}})).tasks
    assert (task.timeout_seconds, task.retries) == (10, 1)


async def test_high_risk_stops_on_failure_unless_declared(folder: Path) -> None:
    """What a target slot says is filled, and from high risk up a failure stops the rest."""
    [task] = (await plan(folder, "restart kuma")).tasks
    assert (task.target, task.on_failure) == ("service:kuma", "stop")


async def test_a_changed_file_or_declaration_is_found(folder: Path) -> None:
    """What was planned no longer holds when a file it reads, or its declaration, is another."""
    [task] = (await plan(folder, "deploy it")).tasks
    found = planner(folder)
    assert await found.check_unchanged(task) is None  # type: ignore[func-returns-value]
    with pytest.raises(StaleRevision, match="The declaration of deploy has changed"):
        await found.check_unchanged(task.model_copy(update={"definition": "0" * 64}))
    (folder / "scripts/other.py").write_text("three")
    (folder / "scripts/new.py").write_text("four")
    with pytest.raises(StaleRevision, match=r"scripts/new\.py, scripts/other\.py changed since this was shown"):
        await found.check_unchanged(task)


# ------------------------------------------------------------------------------------------------- order


def order(content: PlanContent) -> list[tuple[int, str, tuple[int, ...]]]:
    """Return position, operation and dependencies of each task."""
    return [(task.position, task.operation, task.depends_on) for task in content.tasks]


@pytest.mark.parametrize(
    "text", ["add portals and deploy it", "deploy it and add portals", "deploy it, then add portals"]
)
async def test_declared_order_counts_whatever_was_said_first(folder: Path, text: str) -> None:
    """What is declared to come after something comes after it when both are wanted."""
    assert order(await plan(folder, text)) == [(1, "deploy", ()), (2, "add", (1,))]


async def test_said_order_counts_where_nothing_is_declared(folder: Path) -> None:
    """«then» makes a task wait for the one before it; without it both may start."""
    assert order(await plan(folder, "plain, then restart kuma")) == [(1, "plain", ()), (2, "restart", (1,))]
    assert order(await plan(folder, "restart kuma and plain")) == [(1, "restart", ()), (2, "plain", ())]


async def test_a_declared_predecessor_is_not_added(folder: Path) -> None:
    """`after` orders what is wanted and wants nothing by itself."""
    assert order(await plan(folder, "add portals")) == [(1, "add", ())]


async def test_every_one_of_several_predecessors_is_waited_for(folder: Path) -> None:
    """An operation said twice is two tasks, and what comes after it waits for both."""
    found = await plan(folder, "add portals, deploy it on 3001, deploy it on 3002")
    assert order(found) == [(1, "deploy", ()), (2, "deploy", ()), (3, "add", (1, 2))]


async def test_a_circle_is_refused(folder: Path) -> None:
    """What was said against the declared order cannot be planned, and the tasks that wait are named."""
    with pytest.raises(InvalidRequest, match=r"wait for each other, so none can start: add, deploy\. Ask for them one"):
        await plan(folder, "add portals, then deploy it")


async def test_dependencies_survive_a_question_elsewhere(folder: Path) -> None:
    """A place in the order is that of what is planned, also when clauses before it are not."""
    found = planner(folder)
    subtasks = [Subtask(3, "plain", 1.0, "plain", {}), Subtask(5, "plain", 1.0, "plain", {}, (3, 4))]
    assert [wanted.depends_on for wanted in found.read(subtasks)] == [(), (1,)]


async def test_a_plan_has_tasks_and_not_too_many(folder: Path) -> None:
    """No task, or more than fifty, is refused with what to do."""
    found = planner(folder)
    with pytest.raises(InvalidRequest, match="needs at least one task"):
        await found.plan("p", 1, [])
    with pytest.raises(InvalidRequest, match=r"51 tasks; a plan has 50 at most\. Ask in parts"):
        await found.plan("p", 1, [Wanted("plain", {}, {})] * 51)


async def test_the_same_request_is_the_same_content(folder: Path) -> None:
    """Planning is a function of the request, the declarations and the files."""
    first, second = [await plan(folder, "deploy it, then add portals") for _ in range(2)]
    assert first.canonical() == second.canonical()
