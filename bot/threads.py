"""Bring what happened into the chat threads where it was asked for. Woken by each commit, never polling.

A thread has one card for each of its plans, overwritten, and one log, told in order. Both are made from the plan's
chain of events at the moment they are sent: what was overtaken meanwhile is never sent, the last state always is, and
after a restart the numbers stored with each showing say what is still to come. A thread that its platform refuses is
parked alone; a thread that is slow holds back no other.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping

from bot import wording
from bot.backlog import FIRST_WAIT_SECONDS, Backlog
from bot.chat import Gone, Message, Note, Platform, SendLater, SendRefused
from bot.delivery import Delivery, Truth
from bot.pace import Lanes
from bot.places import Places
from bot.showings import Showings
from orchestration.canonical import parse
from orchestration.errors import SaysoError, Unavailable
from orchestration.ports import Committed, Progress
from orchestration.records import Event, Outgoing, Showing

CAN_WAIT = ("task.", "preview.", "vote.")
"""Beginnings of the names of events that are only progress."""
RULES = ("policy.loaded", "people.loaded", "catalogue.loaded")
"""What a card says of risk, and of who has to say yes, may be another after these."""


class Threads:
    """The chat relay. `start` it once the platforms can be written to."""

    def __init__(self, truth: Truth, platforms: Mapping[str, Platform]) -> None:
        self._store = truth.store
        self._showings = Showings(truth.store)
        self._places = Places()
        self._delivery = Delivery(truth, self._showings, self._places)
        self._platforms = platforms
        self._lanes = {name: Lanes(platform.pace) for name, platform in platforms.items()}
        self._threads: dict[str, Backlog] = {}
        self._is_on = False
        self.parked = 0
        """Threads that a platform refused since the start."""

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
            elif message.plan_id in self._places:
                self._places.steps.attempt(message.id, message.plan_id)
        for event in news.events:
            if event.chain in self._places:
                self._touch(event.chain, is_urgent=not event.name.startswith(CAN_WAIT) or _ends_badly(event))
            if event.name == "task.finished":
                self._touch_all(self._places.held_up, is_urgent=False)  # what they wait for may be another by now
            elif event.name.startswith("dispatch."):
                self._touch_all(self._places.plans, is_urgent=True)
            elif event.name in RULES:
                self._touch_all(self._places.plans, is_urgent=False)

    def progressed(self, progress: Progress) -> None:
        """Note how far a tool is; only the newest of it is ever shown."""
        plan_id = self._places.steps.took(progress)
        if plan_id is not None:
            self._touch(plan_id, is_urgent=False)

    async def show(self, plan_id: str, address: str, at: str) -> None:
        """Show a plan in a thread, anew at its end when it was there before; `at` is when that was asked for."""
        self._add(await self._showings.open(plan_id, address, at))

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
        self._places.add(showing.plan_id, showing.thread)
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
        for address in self._places.of(plan_id):
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
                await self._delivery.answer(thread)
            else:
                await self._show_changed(thread)
        except SendRefused as refused:
            self.parked += not isinstance(refused, Gone)
            await self._delivery.park(thread, refused)

    async def _show_changed(self, thread: Backlog) -> None:
        plan_id = max(thread.changed, key=lambda plan_id: thread.changed[plan_id])
        is_urgent = thread.changed.pop(plan_id)
        try:
            moved = await self._delivery.plan(thread, plan_id, is_urgent)
        except BaseException:
            thread.changed[plan_id] = True
            raise
        if moved is not None:
            self._add(moved)


def _ends_badly(event: Event) -> bool:
    return event.name == "task.finished" and parse(event.body).get("status") in ("failed", "unknown")
