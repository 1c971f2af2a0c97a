"""What can be made of an ended plan: its failures once more, its successes undone."""

from dataclasses import replace

from orchestration.intake.catalogue import Catalogue, load_catalogue
from orchestration.planning.again import to_retry, to_undo
from orchestration.planning.plan import PlanContent, PlannedTask, Provenance
from orchestration.records import Task
from tests.support.world import operation

PORT = {"port": {"type": "integer", "default": 1}, "fast": {"type": "boolean", "default": True}}


def catalogue() -> Catalogue:
    """Return operations of which `lay` is undone by `lift`, which takes one of its two parameters."""
    argv = {"with": {"argv": ["true", "--", "{port}"]}}
    return load_catalogue({
        "version": 1,
        "operations": {
            "lay": operation(title="Lay", says=["lay it"], parameters=PORT, undo="lift", **argv),
            "lift": operation(title="Lift", says=["lift it"], parameters={"port": PORT["port"]}, **argv),
            "tell": operation(title="Tell", says=["tell it"]),
        },
    })  # fmt: skip


def planned(position: int, depends_on: tuple[int, ...] = (), operation: str = "lay") -> PlannedTask:
    """Return a task of a plan."""
    is_lay = operation == "lay"
    return PlannedTask(
        position=position, name=f"Task {position}", operation=operation, definition="a" * 64, work_type="echo",
        agent_type="infra", effect="idempotent", risk="medium", target="",
        parameters={"port": position, "fast": False} if is_lay else {},
        provenance={"port": Provenance(source="said", text=f"port {position}")} if is_lay else {},
        depends_on=depends_on, tool="command", instructions={"argv": ["true"]}, preview=False,
        preview_instructions=None, files={}, secrets={}, timeout_seconds=60, estimate_seconds=1, retries=0,
        cpu_cores=1, gpu_vram_mb=0, on_failure="continue", undo="lift" if is_lay else None,
    )  # fmt: skip


def ended(content: PlanContent, *statuses: str) -> list[Task]:
    """Return the tasks of a plan with how each ended."""
    row = Task("", "p", 1, 0, "", "lay", "echo", "infra", "idempotent", "medium", "", "[]", "")
    return [
        replace(row, id=f"t{task.position}", position=task.position, operation=task.operation, status=status)
        for task, status in zip(content.tasks, statuses, strict=True)
    ]


def plan(*tasks: PlannedTask) -> PlanContent:
    """Return a plan's content."""
    return PlanContent(plan_id="p", revision=1, tasks=tasks)


def test_what_did_not_complete_is_wanted_again_as_it_was() -> None:
    """Failed, skipped and cancelled tasks keep parameters, provenance and what they wait for among each other."""
    content = plan(planned(1), planned(2), planned(3, (1, 2)), planned(4, (3,)))
    wanted = to_retry(content, ended(content, "completed", "failed", "skipped", "cancelled"))
    assert [(item.operation, item.values["port"], item.depends_on) for item in wanted] == [
        ("lay", 2, ()), ("lay", 3, (1,)), ("lay", 4, (2,))
    ]  # fmt: skip
    assert wanted[0].values == {"port": 2, "fast": False}
    assert wanted[0].provenance == {"port": Provenance(source="said", text="port 2")}


def test_a_plan_that_completed_has_nothing_to_retry() -> None:
    """And one that failed throughout nothing to undo."""
    content = plan(planned(1))
    assert to_retry(content, ended(content, "completed")) == []
    assert to_undo(content, ended(content, "failed"), catalogue()) == []


def test_what_completed_is_undone_last_first() -> None:
    """Each undo waits for the undo of what was built on it, also where a task between has none."""
    content = plan(planned(1), planned(2, (1,), "tell"), planned(3, (2,)), planned(4))
    tasks = ended(content, "completed", "completed", "completed", "completed")
    wanted = to_undo(content, tasks, catalogue())
    assert [(item.operation, item.values["port"], item.depends_on) for item in wanted] == [
        ("lift", 4, ()), ("lift", 3, ()), ("lift", 1, (2,))
    ]  # fmt: skip


def test_only_parameters_that_the_undo_declares_go_over() -> None:
    """With their provenance; what it does not know is left out."""
    content = plan(planned(1))
    wanted = to_undo(content, ended(content, "completed"), catalogue())[0]
    assert (wanted.values, wanted.provenance) == ({"port": 1}, {"port": Provenance(source="said", text="port 1")})


def test_what_did_not_complete_is_not_undone() -> None:
    """Nor what an operation undid that the catalogue has no more."""
    content = plan(planned(1), planned(2))
    tasks = ended(content, "completed", "failed")
    assert [item.values["port"] for item in to_undo(content, tasks, catalogue())] == [1]
    less = catalogue().model_copy(update={"operations": {"tell": catalogue().operation("tell")}})
    assert to_undo(content, tasks, less) == []
