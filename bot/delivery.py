"""Bring one thread up to date: one answer, or one plan's card and log. Called by `threads`, for one thread at a time.

Everything is made at the moment it is sent, from what is stored then. How far a thread is, is stored after each write,
so that the next process goes on from there.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.backlog import Backlog
from bot.chat import Below, Gone, Note, SendRefused, ShownCard
from bot.places import Places
from bot.posts import Posts, rendering
from bot.showings import Showings
from orchestration.canonical import parse
from orchestration.errors import InvariantBroken
from orchestration.ports import Store
from orchestration.records import PLAN_ENDED, Event, Outgoing, Plan, Request, Showing
from orchestration.views import View, Views


@dataclass(frozen=True, slots=True)
class Truth:
    """What is stored, and who looks at it."""

    store: Store
    views: Views
    posts: Posts


class Delivery:
    """Writes to threads. Raises what their platforms raise; then nothing of it counts as shown."""

    def __init__(self, truth: Truth, showings: Showings, places: Places) -> None:
        self._store = truth.store
        self._views = truth.views
        self._posts = truth.posts
        self._showings = showings
        self._places = places

    async def answer(self, thread: Backlog) -> None:
        """Show the oldest answer that waits, unless a later one says the same or there is a plan by now."""
        message = thread.answers[0]
        [request] = await self._store.find(Request, {"id": str(parse(message.payload)["request_id"])})
        later = [one.payload for one in thread.answers if one is not message]
        is_overtaken = request.status == "planned" or message.payload in later
        if not is_overtaken:
            await self._post(thread, self._posts.answer(request), message.id)
        where, became = {"id": message.id, "status": "waiting"}, "withdrawn" if is_overtaken else "delivered"
        await self._store.tx("chat.answered", lambda tx: tx.change(Outgoing, where, {"status": became}))
        thread.answers.popleft()

    async def plan(self, thread: Backlog, plan_id: str, is_urgent: bool) -> Showing | None:
        """Show a plan as it stands; return how it goes on where that is in another thread, the one below its card."""
        # The events first: what comes after them is in the view already or marks the plan as changed once more.
        events = await self._views.events(plan_id, after=thread.showings[plan_id].told)
        last = events[-1].number if events else thread.showings[plan_id].told
        try:
            view = await self._views.view(plan_id)
        except InvariantBroken as broken:
            await self._tell_damaged(thread, plan_id, str(broken))
            return None
        for attempt in view.attempts:
            if attempt.status == "running":
                self._places.steps.attempt(attempt.id, plan_id)
        if moved := await self._card(thread, view, last, is_urgent):
            return moved
        await self._tell(thread, view, events)
        if view.plan.status in PLAN_ENDED and not view.plan.needs_person:
            await self._end(thread, plan_id)
        return None

    async def park(self, thread: Backlog, refused: SendRefused) -> None:
        """Give up on a thread that its platform refuses; its plans go on, and can be shown elsewhere."""
        level = logging.INFO if isinstance(refused, Gone) else logging.WARNING
        logging.getLogger(__name__).log(level, "Nothing more is shown in %s: %s", thread.address, refused)
        for showing in list(thread.showings.values()):
            await self._keep(thread, showing, status="parked", problem=str(refused))
            self._forget(thread, showing.plan_id)
        parked = {"id": tuple(message.id for message in thread.answers), "status": "waiting"}
        if thread.answers:
            await self._store.tx("chat.parked", lambda tx: tx.change(Outgoing, parked, {"status": "withdrawn"}))
        thread.answers.clear()
        thread.changed.clear()

    # ----------------------------------------------------------------------------------------------------- card

    async def _card(self, thread: Backlog, view: View, last: int, is_urgent: bool) -> Showing | None:
        showing = thread.showings[view.plan.id]
        if rendering(await self._shown(view)) == showing.rendering:
            return None
        await thread.take(thread.lanes.edits if showing.message else thread.lanes.posts, is_urgent)
        view = await self._views.view(view.plan.id)  # as it is now that it is this thread's turn
        shown = await self._shown(view)
        message, is_sure = await self._put(thread, showing, shown)
        thread.wrote()
        if not is_sure:
            thread.changed[view.plan.id] = True
        (self._places.held_up.add if shown.card.notice else self._places.held_up.discard)(view.plan.id)
        seen = rendering(shown) if is_sure else ""
        where = _below(thread, message)
        await self._keep(thread, showing, message=message, rendering=seen, shown=last, thread=where)
        return self._moved(thread, view.plan.id)

    async def _shown(self, view: View) -> ShownCard:
        return await self._posts.shown(view, self._places.steps.of(view.plan.id))

    async def _put(self, thread: Backlog, showing: Showing, shown: ShownCard) -> tuple[str, bool]:
        """Write a card; return the name of its message, and whether that is sure to say what the card does now."""
        if showing.message:
            return await thread.platform.edit(thread.address, showing.message, shown), True
        key, is_in_doubt = f"{showing.plan_id}.card.{showing.shown}", thread.is_in_doubt
        return await thread.platform.post(thread.address, shown, key, is_in_doubt), not is_in_doubt

    def _moved(self, thread: Backlog, plan_id: str) -> Showing | None:
        """Let go of a plan whose card stands in no thread, so that it goes on in the one below it."""
        showing = thread.showings[plan_id]
        if showing.thread == thread.address:
            return None
        del thread.showings[plan_id]
        thread.changed.pop(plan_id, None)
        self._places.add(plan_id, showing.thread)
        self._places.leave(plan_id, thread.address)
        return showing

    # ------------------------------------------------------------------------------------------------------ log

    async def _tell(self, thread: Backlog, view: View, events: list[Event]) -> None:
        told = thread.showings[view.plan.id].told
        for event in events:
            if event.name == "task.resolved":
                await self._settle(thread, view, event, told)
                await self._keep(thread, thread.showings[view.plan.id], told=event.number)
            note = self._posts.note(event, view)
            if note is not None and note.kind not in thread.platform.pace.skips:
                key = f"{view.plan.id}.{event.number}"
                message = await self._post(thread, note, key)
                if note.kind == "unknown":
                    thread.questions[key] = message
                await self._keep(thread, thread.showings[view.plan.id], told=event.number)
        if events:
            showing = thread.showings[view.plan.id]
            thread.showings[view.plan.id] = replace(showing, told=events[-1].number)

    async def _settle(self, thread: Backlog, view: View, event: Event, told: int) -> None:
        """Have the question what became of a task say who answered what; nothing is left to press there."""
        asked = await self._posts.asked(event)
        if asked is None or asked.number > told:
            return  # it was answered before it was asked here
        key, note = f"{view.plan.id}.{asked.number}", await self._posts.settled(event, view)
        # What an earlier process has asked is found by its key.
        message = thread.questions.get(key) or await self._post(thread, note, key, is_in_doubt=True)
        await thread.lanes.edits.take(is_urgent=True)
        with suppress(SendRefused):  # a question that somebody has removed asks nothing
            await thread.platform.edit(thread.address, message, note)
        thread.questions.pop(key, None)

    async def _tell_damaged(self, thread: Backlog, plan_id: str, why: str) -> None:
        """Say that a plan cannot be shown any more, and let go of it: what is stored of it proves nothing."""
        [plan] = await self._store.find(Plan, {"id": plan_id})
        await self._post(thread, Note("error", (f"{plan.code}: {why}",)), f"{plan_id}.damaged")
        await self._keep(thread, thread.showings[plan_id], status="parked", problem=why)
        self._forget(thread, plan_id)

    async def _post(self, thread: Backlog, note: Note, key: str, is_in_doubt: bool = False) -> str:
        await thread.lanes.posts.take(is_urgent=True)
        message = await thread.platform.post(thread.address, note, key, thread.is_in_doubt or is_in_doubt)
        thread.wrote()
        return message

    # ------------------------------------------------------------------------------------------------- how far

    async def _keep(self, thread: Backlog, before: Showing, /, **values: str | int) -> None:
        """Store how far a thread is, unless somebody has asked for the card anew meanwhile.

        What went unstored is shown once more, and found there.
        """
        if thread.showings.get(before.plan_id) is not before:
            return
        showing = thread.showings[before.plan_id] = replace(before, **values)  # type: ignore[arg-type]  # its own fields
        kept = before
        try:
            kept = await self._showings.keep(before, showing)
        finally:
            if thread.showings.get(before.plan_id) is showing:
                thread.showings[before.plan_id] = kept

    async def _end(self, thread: Backlog, plan_id: str) -> None:
        """Let go of a plan that has ended and is shown so."""
        if plan_id not in thread.changed:
            await self._keep(thread, thread.showings[plan_id], status="ended")
        if plan_id not in thread.changed:
            self._forget(thread, plan_id)

    def _forget(self, thread: Backlog, plan_id: str) -> None:
        thread.showings.pop(plan_id, None)
        thread.changed.pop(plan_id, None)
        self._places.leave(plan_id, thread.address)


def _below(thread: Backlog, message: str) -> str:
    """Return where everything about a card is told: in its thread, or below it where it stands in none."""
    return thread.platform.below(thread.address, message) if isinstance(thread.platform, Below) else thread.address
