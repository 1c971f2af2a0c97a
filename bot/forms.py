"""What opens behind a button before it counts: a reason for a rejection, the values of an edit, one more question."""

from collections.abc import Mapping

from bot import wording
from bot.buttons import Action
from bot.chat import Field, Form
from bot.escaping import one_line
from orchestration.errors import InvalidRequest
from orchestration.planning.edit import Edit
from orchestration.planning.plan import PlannedTask
from orchestration.views import View


def form(action: Action, view: View) -> Form:
    """Return the form of a button; raises InvalidRequest when nothing opens behind it."""
    if action.verb == "cancel":
        return Form(f"Cancel {view.plan.code}", "Cancel", action.value(), (), wording.confirm_cancel(view.plan.code))
    if view.plan.status != "pending_approval":
        raise InvalidRequest(wording.no_longer_open(view.plan.code))
    if action.verb == "approve":
        question = wording.confirm_approval(view.plan.code, len(view.tasks))
        return Form(f"Approve {view.plan.code}", "Approve", action.value(), (), question)
    if action.verb == "reject":
        reason = Field("reason", "Why? Whoever asked sees it.", "lines", hint="optional")
        return Form(f"Reject {view.plan.code}", "Reject", action.value(), (reason,))
    if action.verb == "edit":
        fields = tuple(field for task in view.content.tasks for field in _fields(task, len(view.content.tasks)))
        return Form(f"Edit {view.plan.code}", "Propose anew", action.value(), fields)
    raise InvalidRequest("Nothing opens behind this button.")


def read_edit(view: View, fields: Mapping[str, str]) -> Edit:
    """Return what a filled-in form changes; raises InvalidRequest when that is nothing."""
    before = {field.name: field for task in view.content.tasks for field in _fields(task, len(view.content.tasks))}
    if foreign := sorted(set(fields) - set(before)):
        raise InvalidRequest(wording.not_editable(foreign))
    drop: set[int] = set()
    parameters: dict[int, dict[str, str]] = {}
    for name, field in before.items():
        position, _, parameter = name.partition(".")
        value = fields.get(name, field.value)
        if field.kind == "check":
            drop |= {int(position)} if value == "no" else set()
        elif value != field.value:
            parameters.setdefault(int(position), {})[parameter] = value
    kept = {position: values for position, values in parameters.items() if position not in drop}
    if not drop and not kept:
        raise InvalidRequest("Nothing was changed: every value is as it was.")
    return Edit(frozenset(drop), kept)


def _fields(task: PlannedTask, tasks: int) -> list[Field]:
    """Return what can be changed of a task; what a file says is changed in the file."""
    keep = Field(f"{task.position}.", one_line(f"{task.position} {task.name}"), "check", "yes")
    said = [
        Field(f"{task.position}.{name}", f"{task.position} {name}", "text", _as_typed(value))
        for name, value in task.parameters.items()
        if not isinstance(value, list | dict)
    ]
    return [keep, *said] if tasks > 1 else said


def _as_typed(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
