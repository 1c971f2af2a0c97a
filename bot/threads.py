"""Bring what happened into the chat threads where it was asked for. Woken by each commit, never polling.

A thread has one card for each of its plans, overwritten, and one log, told in order. Both are made from the plan's
chain of events at the moment they are sent: what was overtaken meanwhile is never sent, the last state always is, and
after a restart the numbers stored with each showing say what is still to come. A thread that its platform refuses is
parked alone; a thread that is slow holds back no other.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot import wording
from bot.backlog import Backlog
from bot.chat import Message, Note, Platform, SendLater, SendRefused, ShownCard
from bot.pace import Turns
from bot.posts import Posts, rendering
from orchestration.canonical import parse
from orchestration.errors import InvariantBroken, SaysoError, Unavailable
from orchestration.ports import Committed, Progress, Store, Transaction
from orchestration.records import PLAN_ENDED, Event, Outgoing, Plan, Request, Showing
from orchestration.views import View, Views

CAN_WAIT = ("task.", "preview.", "vote.")
"""Beginnings of the names of events that are only progress."""
RULES = ("policy.loaded", "people.loaded", "catalogue.loaded")
"""What a card says of risk, and of who has to say yes, may be another after these."""
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0
STORED = ("status", "message", "rendering", "shown", "told", "problem")


class Threads:
    """The chat relay. `start` it once the platforms can be written to."""

    def __init__(self, store: Store, views: Views, posts: Posts, platforms: Mapping[str, Platform]) -> None:
        self._store = store
        self._views = views
        self._posts = posts
        self._platforms = platforms
        self._turns = {name: Turns(platform.pace) for name, platform in platforms.items()}
        self._threads: dict[str, Backlog] = {}
        self._of_plan: dict[str, set[str]] = {}
        """Addresses by plan."""
        self._attempts: dict[str, str] = {}
        """Plans by attempt, for progress."""
        self._progress: dict[str, dict[str, Progress]] = {}
        """By plan, by attempt."""
        self._held_up: set[str] = set()
        """Plans whose card says what they wait for."""
        self._is_on = False

    async def start(self) -> None:
        """Listen from now on, and show what an earlier process left unshown."""
        self._is_on = True
        stop = self._store.watch(self.committed)
        self._unwatch = stop
        for showing in await self._store.find(Showing, {"status": "open"}):
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
                self._attempts[message.id] = message.plan_id
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
        plan_id = self._attempts.get(progress.attempt_id)
        if plan_id is not None:
            self._progress.setdefault(plan_id, {})[progress.attempt_id] = progress
            self._touch(plan_id, is_urgent=False)

    async def show(self, plan_id: str, address: str) -> None:
        """Show a plan in a thread, anew at its end when it was there before."""
        where = {"plan_id": plan_id, "thread": address}

        def use_case(tx: Transaction) -> Showing:
            if not tx.insert(Showing(plan_id, address, "open")):
                tx.change(Showing, where, {"status": "open", "message": "", "rendering": ""})
            return tx.find(Showing, where)[0]

        self._add(await self._store.tx("chat.show", use_case))

    async def begin(self, message: Message, name: str) -> str:
        """Begin a thread for what somebody said outside of any, with their words; return its address."""
        platform = message.thread.partition(":")[0]
        note = Note("asked", (wording.asked(name, message.text),))
        is_in_doubt = message.is_taken_up
        while True:
            await self._turns[platform].take(is_urgent=True)
            try:
                return await self._platforms[platform].post(message.thread, note, message.id, is_in_doubt)
            except SendLater as later:
                is_in_doubt |= later.is_in_doubt
                await asyncio.sleep(max(FIRST_WAIT_SECONDS, later.seconds))
            except SendRefused as refused:
                raise Unavailable(wording.cannot_write(str(refused))) from None

    async def has(self, address: str) -> bool:
        """Whether anything was ever asked or shown in a thread."""
        asked = await self._store.find(Request, {"thread": address}, limit=1)
        return bool(asked or await self._store.find(Showing, {"thread": address}, limit=1))

    async def rendering(self, plan_id: str, address: str, message: str = "") -> str:
        """Return the hash of what a thread shows of a plan, in this message if one is named; empty when nothing."""
        found = await self._store.find(Showing, {"plan_id": plan_id})
        shown = [showing for showing in found if showing.thread == address or (message and showing.message == message)]
        return shown[0].rendering if shown else ""

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
                if thread.turn is not None:
                    thread.turns.hurry(thread.turn)
            self._go(thread)

    def _thread(self, address: str) -> Backlog | None:
        """Return a thread; None when its platform does not run here now."""
        name = address.partition(":")[0]
        if name not in self._platforms:
            return None
        if address not in self._threads:
            self._threads[address] = Backlog(address, self._platforms[name], self._turns[name])
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
                    thread.turns.rest(later.seconds)
                await self._wait(thread, later.seconds)
            except SaysoError:
                thread.is_in_doubt = True
                await self._wait(thread, 0.0)
            except Exception:
                logging.getLogger(__name__).exception("Something could not be shown in %s.", thread.address)
                thread.is_in_doubt = True
                await self._wait(thread, 0.0)
        if not thread.showings:
            self._threads.pop(thread.address, None)

    async def _step(self, thread: Backlog) -> None:
        """Show one answer, or bring one plan up to date; what cannot wait goes first."""
        await self._until_due(thread)
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

    async def _until_due(self, thread: Backlog) -> None:
        """Wait until this thread may be written to again, unless something comes that cannot wait."""
        due = thread.wrote_at + thread.platform.pace.thread_seconds
        while not thread.cannot_wait and (left := due - _now()) > 0:
            thread.urgent.clear()
            try:
                await asyncio.wait_for(thread.urgent.wait(), left)
            except TimeoutError:
                return

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
        running = (attempt.id for attempt in view.attempts if attempt.status == "running")
        self._attempts.update(dict.fromkeys(running, plan_id))
        await self._show_card(thread, view, last, is_urgent)
        await self._tell(thread, view, events)
        if view.plan.status in PLAN_ENDED:
            await self._end(thread, plan_id)

    async def _show_card(self, thread: Backlog, view: View, last: int, is_urgent: bool) -> None:
        showing = thread.showings[view.plan.id]
        progress = self._progress.get(view.plan.id, {})
        if rendering(await self._posts.shown(view, progress)) == showing.rendering:
            return
        thread.turn = thread.turns.ask(is_urgent)
        await thread.turn
        view = await self._views.view(view.plan.id)  # as it is now that it is this thread's turn
        shown = await self._posts.shown(view, self._progress.get(view.plan.id, {}))
        message, is_sure = await self._put(thread, showing, shown)
        thread.wrote_at = _now()
        if not is_sure:
            thread.changed[view.plan.id] = True
        (self._held_up.add if shown.card.notice else self._held_up.discard)(view.plan.id)
        seen = rendering(shown) if is_sure else ""
        await self._keep(thread, showing, message=message, rendering=seen, shown=last)

    async def _put(self, thread: Backlog, showing: Showing, shown: ShownCard) -> tuple[str, bool]:
        """Write a card; return the name of its message, and whether that is sure to say what the card does now."""
        if showing.message:
            return await thread.platform.edit(thread.address, showing.message, shown), True
        key, is_in_doubt = f"{showing.plan_id}.card.{showing.shown}", thread.is_in_doubt
        return await thread.platform.post(thread.address, shown, key, is_in_doubt), not is_in_doubt

    async def _tell(self, thread: Backlog, view: View, events: list[Event]) -> None:
        for event in events:
            note = self._posts.note(event, view)
            if note is not None and note.kind not in thread.platform.pace.skips:
                await self._post(thread, note, f"{view.plan.id}.{event.number}")
                await self._keep(thread, thread.showings[view.plan.id], told=event.number)
        if events:
            showing = thread.showings[view.plan.id]
            thread.showings[view.plan.id] = replace(showing, told=events[-1].number)

    async def _tell_damaged(self, thread: Backlog, plan_id: str, why: str) -> None:
        """Say that a plan cannot be shown any more, and let go of it: what is stored of it proves nothing."""
        [plan] = await self._store.find(Plan, {"id": plan_id})
        await self._post(thread, Note("error", (f"{plan.code}: {why}",)), f"{plan_id}.damaged")
        await self._keep(thread, thread.showings[plan_id], status="parked", problem=why)
        self._forget(thread, plan_id)

    async def _post(self, thread: Backlog, note: Note, key: str) -> None:
        await thread.turns.take(is_urgent=True)
        await thread.platform.post(thread.address, note, key, thread.is_in_doubt)
        thread.wrote_at = _now()

    async def _keep(self, thread: Backlog, before: Showing, **values: str | int) -> None:
        """Store how far a thread is, unless somebody has asked for the card anew meanwhile.

        What went unstored is shown once more, and found there.
        """
        if thread.showings.get(before.plan_id) is not before:
            return
        showing = thread.showings[before.plan_id] = replace(before, **values)  # type: ignore[arg-type]  # its own fields
        where = {"plan_id": before.plan_id, "thread": before.thread, "message": before.message}
        stored = {name: getattr(showing, name) for name in STORED}
        try:
            await self._store.tx("chat.shown", lambda tx: tx.change(Showing, where, stored))
        except SaysoError:
            if thread.showings.get(before.plan_id) is showing:
                thread.showings[before.plan_id] = before
            raise

    async def _end(self, thread: Backlog, plan_id: str) -> None:
        """Let go of a plan that has ended and is shown so."""
        if plan_id not in thread.changed:
            await self._keep(thread, thread.showings[plan_id], status="ended")
        if plan_id not in thread.changed:
            self._forget(thread, plan_id)

    async def _park(self, thread: Backlog, problem: str) -> None:
        """Give up on a thread that its platform refuses; its plans go on, and can be shown elsewhere."""
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
            self._progress.pop(plan_id, None)
            for attempt in [attempt for attempt, plan in self._attempts.items() if plan == plan_id]:
                del self._attempts[attempt]

    async def _wait(self, thread: Backlog, least: float) -> None:
        thread.failures += 1
        backoff = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (thread.failures - 1))
        await asyncio.sleep(max(least, backoff))


def _ends_badly(event: Event) -> bool:
    return event.name == "task.finished" and parse(event.body).get("status") in ("failed", "unknown")


def _now() -> float:
    return asyncio.get_running_loop().time()
