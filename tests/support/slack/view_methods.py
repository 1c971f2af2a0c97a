"""views.*: modals and the Home tab."""

from tests.support.slack.arguments import Arguments
from tests.support.slack.block_kit import MODAL
from tests.support.slack.methods import State, method
from tests.support.slack.refusals import Refused, invalid_arguments
from tests.support.slack.workspace import JSON


def given_view(arguments: Arguments) -> JSON:
    """Return the view of a call."""
    view = arguments.structure("view", "invalid_arguments")
    if not isinstance(view, dict):
        raise invalid_arguments("must provide an object [json-pointer:/view]")
    return view


@method("views.open", 4, "", "view trigger_id")
def open_view(state: State, arguments: Arguments) -> JSON:
    """Show a modal."""
    view = state.modals.open(arguments.text("trigger_id"), given_view(arguments))
    state.ledger.touch()
    return {"view": view}


@method("views.push", 4, "", "view trigger_id")
def push_view(state: State, arguments: Arguments) -> JSON:
    """Lay a modal on another."""
    view = state.modals.push(arguments.text("trigger_id"), given_view(arguments))
    state.ledger.touch()
    return {"view": view}


@method("views.update", 4, "", "view")
def update_view(state: State, arguments: Arguments) -> JSON:
    """Change a view that is open."""
    view_id, external_id = arguments.text("view_id"), arguments.text("external_id")
    if bool(view_id) == bool(external_id):
        raise invalid_arguments("must provide either `view_id` or `external_id`")
    old = state.modals.find(view_id, external_id)
    view = given_view(arguments)
    state.modals.check(view, str(old["type"]))
    if arguments.text("hash") not in ("", old["hash"]):
        raise Refused("hash_conflict")
    shown = state.modals.replace(old, view)
    state.ledger.touch()
    return {"view": shown}


@method("views.publish", 4, "", "user_id view")
def publish_view(state: State, arguments: Arguments) -> JSON:
    """Show somebody their Home tab."""
    view = given_view(arguments)
    if view.get("type") == MODAL:
        raise invalid_arguments("must be a home view [json-pointer:/view/type]")
    if arguments.text("user_id") not in state.workspace.people:
        raise invalid_arguments("user_not_found [json-pointer:/user_id]")
    shown = state.modals.publish(arguments.text("user_id"), view, arguments.text("hash"))
    state.ledger.touch()
    return {"view": shown}
