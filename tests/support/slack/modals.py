"""Views people see: modals with their stacks, Home tabs, and the trigger ids that may open them."""

import secrets
import time
from dataclasses import dataclass, field

from tests.support.slack.block_kit import HOME, MODAL, view_problems, view_too_large, with_ids
from tests.support.slack.refusals import Refused, invalid_arguments
from tests.support.slack.workspace import JSON, Workspace

DEEPEST = 3
"""Views that may lie on one another."""


@dataclass
class Trigger:
    """Leave to open one view for one person, once and soon. `under` is the modal the person acted in."""

    user: str
    at: float
    under: str = ""
    used: bool = False


@dataclass
class Modals:
    """The views of every person. `stacks` holds open modals by person, the topmost last."""

    workspace: Workspace
    trigger_seconds: float = 3.0
    stacks: dict[str, list[JSON]] = field(default_factory=dict)
    homes: dict[str, JSON] = field(default_factory=dict)
    errors: dict[str, dict[str, str]] = field(default_factory=dict)
    """What an answer with `response_action: errors` wrote below the inputs, by view id."""
    shown: list[JSON] = field(default_factory=list)
    """Every view anybody was ever shown."""
    _triggers: dict[str, Trigger] = field(default_factory=dict)

    def trigger(self, user: str, under: str = "") -> str:
        """Return a fresh trigger id for what somebody just did."""
        name = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[name] = Trigger(user, time.monotonic(), under)
        return name

    def open(self, trigger_id: str, view: JSON) -> JSON:
        """Show a new modal."""
        self.check(view)
        user = self._exchange(trigger_id).user
        shown = self._shown(view)
        self.stacks[user] = [shown]
        return shown

    def push(self, trigger_id: str, view: JSON) -> JSON:
        """Lay a modal on the one the person acted in."""
        self.check(view)
        trigger = self._exchange(trigger_id)
        if not any(one["id"] == trigger.under for one in self.stacks.get(trigger.user, [])):
            raise Refused("not_found")
        return self.lay(trigger.user, view)

    def lay(self, user: str, view: JSON) -> JSON:
        """Lay a modal on somebody's topmost one."""
        stack = self.stacks[user]
        if len(stack) >= DEEPEST:
            raise Refused("push_limit_reached")
        shown = self._shown(view)
        shown["root_view_id"], shown["previous_view_id"] = stack[0]["id"], stack[-1]["id"]
        stack.append(shown)
        return shown

    def replace(self, old: JSON, view: JSON) -> JSON:
        """Show something else in an open view."""
        kept = {key: old[key] for key in ("id", "root_view_id", "previous_view_id")}
        shown = {**self._shown(view), **kept}
        old.clear()
        old.update(shown)
        return old

    def publish(self, user: str, view: JSON, known_hash: str) -> JSON:
        """Show somebody a Home tab."""
        self.check(view, HOME)
        old = self.homes.get(user)
        if known_hash and old is not None and old["hash"] != known_hash:
            raise Refused("hash_conflict")
        shown = self._shown(view)
        if old is not None:
            shown["id"] = shown["root_view_id"] = old["id"]
        self.homes[user] = shown
        return shown

    def find(self, view_id: str, external_id: str = "") -> JSON:
        """Return an open view. Raises Refused not_found."""
        every = [*self.homes.values(), *(view for stack in self.stacks.values() for view in stack)]
        for view in every:
            if view["id"] == view_id or (external_id and view["external_id"] == external_id):
                return view
        raise Refused("not_found")

    def top(self, user: str) -> JSON | None:
        """Return the modal somebody sees."""
        stack = self.stacks.get(user)
        return stack[-1] if stack else None

    def drop(self, user: str, view_id: str) -> None:
        """Take one modal away from somebody."""
        self.stacks[user] = [view for view in self.stacks.get(user, []) if view["id"] != view_id]

    def check(self, view: JSON, *allowed: str) -> None:
        """Raise Refused for a view that Slack would not show."""
        if problems := view_problems(view, allowed or (MODAL,)):
            raise invalid_arguments(*problems)
        if view_too_large(view):
            raise Refused("view_too_large")

    def _exchange(self, trigger_id: str) -> Trigger:
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if time.monotonic() - trigger.at > self.trigger_seconds:
            raise Refused("expired_trigger_id")
        trigger.used = True
        return trigger

    def _shown(self, view: JSON) -> JSON:
        blank = {
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "title": None,
            "submit": None,
            "close": None,
        }
        fresh: JSON = {
            "id": f"V{secrets.token_hex(5).upper()}",
            "team_id": self.workspace.team_id,
            "app_id": self.workspace.app_id,
            "app_installed_team_id": self.workspace.team_id,
            "bot_id": self.workspace.bot_id,
            "hash": f"{int(time.time())}.{secrets.token_hex(4)}",
            "state": {"values": {}},
            "previous_view_id": None,
            "clear_on_close": False,
            "notify_on_close": False,
        }
        shown = {**blank, **fresh, **view, "blocks": with_ids(view["blocks"])}
        self.shown.append({**shown, "root_view_id": shown["id"]})
        return dict(self.shown[-1])
