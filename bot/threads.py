"""Bring what happened into the chat threads where it was asked for. Woken by each commit, never polling.

A thread has one card for each of its plans, overwritten, and one log, told in order. Both are made from the plan's
chain of events at the moment they are sent: what was overtaken meanwhile is never sent, the last state always is, and
after a restart the numbers stored with each showing say what is still to come. A thread that its platform refuses is
parked alone; a thread that is slow holds back no other.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from bot import wording
from bot.backlog import FIRST_WAIT_SECONDS, Backlog
from bot.chat import Below, Message, Note, Platform, SendLater, SendRefused, ShownCard
from bot.pace import Lanes
from bot.posts import Posts, rendering
from bot.showings import Showings
from bot.steps import Steps
from orchestration.canonical import parse
from orchestration.errors import InvariantBroken, SaysoError, Unavailable
from orchestration.ports import Committed, Progress, Store
from orchestration.records import PLAN_ENDED, Event, Outgoing, Plan, Request, Showing
from orchestration.views import View, Views

CAN_WAIT = ("task.", "preview.", "vote.")
"""Beginnings of the names of events that are only progress."""
RULES = ("policy.loaded", "people.loaded", "catalogue.loaded")
"""What a card says of risk, and of who has to say yes, may be another after these."""


class Threads:
    """The chat relay. `start` it once the platforms can be written to."""

    def __init__(self, store: Store, views: Views, posts: Posts, platforms: Mapping[str, Platform]) -> None:
        self._store = store
        self._showings = Showings(store)
        self._views = views
        self._posts = posts
        self._platforms = platforms
        self._lanes = {name: Lanes(platform.pace) for name, platform in platforms.items()}
        self._threads: dict[str, Backlog] = {}
        self._of_plan: dict[str, set[str]] = {}
        """Addresses by plan."""
        self._steps = Steps()
        self._held_up: set[str] = set()
        """Plans whose card says what they wait for."""
        self._is_on = False
        self.parked = 0
        """Threads that were given up since the start."""

    async def start(self) -> None:
        """Listen from now on, and show what an earlier process left unshown."""
        self._is_on = True
        stop = self._store.watch(self.committed)
        self._unwatch = stop
        for showing in await self._showings.opened():
            self._add(showing, is_in_doubt=True)
        for waiting in await self._store.find(Outgoing, {"lane": "chat", "status": "waiting"}, order_by="id"):
            self._answer(waiting, is_in_doubt=True)

    async def close(self, seconds: float = 0.0) -> None:
        """Show what can be shown within so many seconds, and end; the rest is shown at the next start."""
        if (working := self._working()) and seconds:
            await asyncio.wait(working, timeout=seconds)
        self._is_on = False
        self._unwatch()
        for task in (working := self._working()):
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)

    def _working(self) -> "list[asyncio.Task[None]]":
        return [thread.work for thread in self._threads.values() if thread.work]

    @property
    def waiting(self) -> int:
        """Return how many threads have something left to show."""
        return sum(thread.has_work or thread.is_at_work for thread in self._threads.values())

    def committed(self, news: Committed) -> None:
        """Note what a commit changed of what is shown."""
        for showing in news.showings:
            self._add(showing)
        for message in news.outgoing:
            if message.lane == "chat":
                self._answer(message)
            elif message.plan_id in self._of_plan:
                self._steps.attempt(message.id, message.plan_id)
        for event in news.events:
            if event.chain in self._of_plan:
                self._touch(event.chain, is_urgent=not event.name.startswith(CAN_WAIT) or _ends_badly(event))
            if event.name == "task.finished":
                self._touch_all(self._held_up, is_urgent=False)  # what they wait for may be another by now
            elif event.name.startswith("dispatch."):
                self._touch_all(self._of_plan, is_urgent=True)
            elif event.name in RULES:
                self._touch_all(self._of_plan, is_urgent=False)

    def progressed(self, progress: Progress) -> None:
        """Note how far a tool is; only the newest of it is ever shown."""
        plan_id = self._steps.took(progress)
        if plan_id is not None:
            self._touch(plan_id, is_urgent=False)

    async def show(self, plan_id: str, address: str) -> None:
        """Show a plan in a thread, anew at its end when it was there before."""
        self._add(await self._showings.open(plan_id, address))

    async def begin(self, message: Message, name: str) -> str:
        """Begin a thread for what somebody said outside of any, with their words; return its address."""
        platform = message.thread.partition(":")[0]
        note = Note("asked", (wording.asked(name, message.text),))
        is_in_doubt = message.is_taken_up
        while True:
            await self._lanes[platform].posts.take(is_urgent=True)
            try:
                return await self._platforms[platform].post(message.thread, note, message.id, is_in_doubt)
            except SendLater as later:
                is_in_doubt |= later.is_in_doubt
                await asyncio.sleep(max(FIRST_WAIT_SECONDS, later.seconds))
            except SendRefused as refused:
                raise Unavailable(wording.cannot_write(str(refused))) from None

    async def has(self, address: str) -> bool:
        """Whether anything was ever asked or shown in a thread."""
        return await self._showings.has(address)

    async def rendering(self, plan_id: str, address: str, message: str = "") -> str:
        """Return the hash of what a thread shows of a plan, in this message if one is named; empty when nothing."""
        return await self._showings.rendering(plan_id, address, message)

    # ----------------------------------------------------------------------------------------------- what to do

    def _add(self, showing: Showing, is_in_doubt: bool = False) -> None:
        thread = self._thread(showing.thread)
        if thread is None:
            return
        if thread.showings.get(showing.plan_id) != showing:  # told of by its commit and by whoever asked for it
            thread.showings[showing.plan_id] = showing
        thread.is_in_doubt |= is_in_doubt
        self._of_plan.setdefault(showing.plan_id, set()).add(showing.thread)
        self._touch(showing.plan_id, is_urgent=True)

    def _answer(self, message: Outgoing, is_in_doubt: bool = False) -> None:
        thread = self._thread(str(parse(message.payload)["thread"]))
        if thread is not None:
            thread.answers.append(message)
            thread.is_in_doubt |= is_in_doubt
            thread.urgent.set()
            self._go(thread)

    def _touch_all(self, plans: Iterable[str], is_urgent: bool) -> None:
        for plan_id in plans:
            self._touch(plan_id, is_urgent)

    def _touch(self, plan_id: str, is_urgent: bool) -> None:
        for address in self._of_plan.get(plan_id, ()):
            thread = self._threads[address]
            thread.changed[plan_id] = thread.changed.get(plan_id, False) or is_urgent
            if is_urgent:
                thread.urgent.set()
                thread.hurry()
            self._go(thread)

    def _thread(self, address: str) -> Backlog | None:
        """Return a thread; None when its platform does not run here now."""
        name = address.partition(":")[0]
        if name not in self._platforms:
            return None
        if address not in self._threads:
            self._threads[address] = Backlog(address, self._platforms[name], self._lanes[name])
        return self._threads[address]

    def _go(self, thread: Backlog) -> None:
        if self._is_on and not thread.is_at_work:
            thread.work = asyncio.create_task(self._work(thread))

    # ------------------------------------------------------------------------------------------------- doing it

    async def _work(self, thread: Backlog) -> None:
        while thread.has_work:
            try:
                await self._step(thread)
                thread.failures, thread.is_in_doubt = 0, thread.is_in_doubt and thread.has_work
            except SendLater as later:
                thread.is_in_doubt |= later.is_in_doubt
                if later.is_general:
                    thread.lanes.rest(later.seconds)
                await thread.back_off(later.seconds)
            except SaysoError:
                thread.is_in_doubt = True
                await thread.back_off()
            except Exception:
                logging.getLogger(__name__).exception("Something could not be shown in %s.", thread.address)
                thread.is_in_doubt = True
                await thread.back_off()
        if not thread.showings:
            self._threads.pop(thread.address, None)

    async def _step(self, thread: Backlog) -> None:
        """Show one answer, or bring one plan up to date; what cannot wait goes first."""
        await thread.until_due()
        try:
            if thread.answers:
                await self._show_answer(thread, thread.answers[0])
                thread.answers.popleft()
            else:
                await self._show_changed(thread)
        except SendRefused as refused:
            await self._park(thread, str(refused))

    async def _show_changed(self, thread: Backlog) -> None:
        plan_id = max(thread.changed, key=lambda plan_id: thread.changed[plan_id])
        is_urgent = thread.changed.pop(plan_id)
        try:
            await self._show_plan(thread, plan_id, is_urgent)
        except BaseException:
            thread.changed[plan_id] = True
            raise

    async def _show_answer(self, thread: Backlog, message: Outgoing) -> None:
        [request] = await self._store.find(Request, {"id": str(parse(message.payload)["request_id"])})
        later = [one.payload for one in thread.answers if one is not message]
        is_overtaken = request.status == "planned" or message.payload in later
        if not is_overtaken:
            await self._post(thread, self._posts.answer(request), message.id)
        where, became = {"id": message.id, "status": "waiting"}, "withdrawn" if is_overtaken else "delivered"
        await self._store.tx("chat.answered", lambda tx: tx.change(Outgoing, where, {"status": became}))

    async def _show_plan(self, thread: Backlog, plan_id: str, is_urgent: bool) -> None:
        # The events first: what comes after them is in the view already or marks the plan as changed once more.
        events = await self._views.events(plan_id, after=thread.showings[plan_id].told)
        last = events[-1].number if events else thread.showings[plan_id].told
        try:
            view = await self._views.view(plan_id)
        except InvariantBroken as broken:
            await self._tell_damaged(thread, plan_id, str(broken))
            return
        for attempt in view.attempts:
            if attempt.status == "running":
                self._steps.attempt(attempt.id, plan_id)
        await self._show_card(thread, view, last, is_urgent)
        if plan_id not in thread.showings:
            return  # it goes on in the thread below its card
        await self._tell(thread, view, events)
        if view.plan.status in PLAN_ENDED and not view.plan.needs_person:
            await self._end(thread, plan_id)

    async def _show_card(self, thread: Backlog, view: View, last: int, is_urgent: bool) -> None:
        showing = thread.showings[view.plan.id]
        if rendering(await self._posts.shown(view, self._steps.of(view.plan.id))) == showing.rendering:
            return
        await thread.take(thread.lanes.edits if showing.message else thread.lanes.posts, is_urgent)
        view = await self._views.view(view.plan.id)  # as it is now that it is this thread's turn
        shown = await self._posts.shown(view, self._steps.of(view.plan.id))
        message, is_sure = await self._put(thread, showing, shown)
        thread.wrote()
        if not is_sure:
            thread.changed[view.plan.id] = True
        (self._held_up.add if shown.card.notice else self._held_up.discard)(view.plan.id)
        seen = rendering(shown) if is_sure else ""
        where = _below(thread, message)
        await self._keep(thread, showing, message=message, rendering=seen, shown=last, thread=where)
        self._move(thread, view.plan.id)

    def _move(self, thread: Backlog, plan_id: str) -> None:
        """Go on with a plan in the thread below its card, where its card stands in none."""
        showing = thread.showings[plan_id]
        if showing.thread != thread.address:
            self._of_plan[plan_id].discard(thread.address)
            del thread.showings[plan_id]
            thread.changed.pop(plan_id, None)
            self._add(showing)

    async def _put(self, thread: Backlog, showing: Showing, shown: ShownCard) -> tuple[str, bool]:
        """Write a card; return the name of its message, and whether that is sure to say what the card does now."""
        if showing.message:
            return await thread.platform.edit(thread.address, showing.message, shown), True
        key, is_in_doubt = f"{showing.plan_id}.card.{showing.shown}", thread.is_in_doubt
        return await thread.platform.post(thread.address, shown, key, is_in_doubt), not is_in_doubt

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

    async def _park(self, thread: Backlog, problem: str) -> None:
        """Give up on a thread that its platform refuses; its plans go on, and can be shown elsewhere."""
        self.parked += 1
        logging.getLogger(__name__).warning("Nothing more is shown in %s: %s", thread.address, problem)
        for showing in list(thread.showings.values()):
            await self._keep(thread, showing, status="parked", problem=problem)
            self._forget(thread, showing.plan_id)
        parked = {"id": tuple(message.id for message in thread.answers), "status": "waiting"}
        if thread.answers:
            await self._store.tx("chat.parked", lambda tx: tx.change(Outgoing, parked, {"status": "withdrawn"}))
        thread.answers.clear()
        thread.changed.clear()

    def _forget(self, thread: Backlog, plan_id: str) -> None:
        thread.showings.pop(plan_id, None)
        thread.changed.pop(plan_id, None)
        addresses = self._of_plan.get(plan_id, set())
        addresses.discard(thread.address)
        if not addresses:
            self._of_plan.pop(plan_id, None)
            self._held_up.discard(plan_id)
            self._steps.forget(plan_id)


def _below(thread: Backlog, message: str) -> str:
    """Return where everything about a card is told: in its thread, or below it where it stands in none."""
    return thread.platform.below(thread.address, message) if isinstance(thread.platform, Below) else thread.address


def _ends_badly(event: Event) -> bool:
    return event.name == "task.finished" and parse(event.body).get("status") in ("failed", "unknown")
