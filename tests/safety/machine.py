"""Random courses of plans through the whole core, and an oracle of its own that watches what is started.

`test_any_course.py` runs it. The machine asks, votes, cancels, lets tools end in every way, loses agents, fills the
disk, delivers late and twice, and kills the process; after each step the rows, the memory beside them and what tools
were told to do are held against the promises of the product.
"""

import shutil
from contextlib import suppress
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from orchestration.approval.decision import Shown, Voice
from orchestration.asking import Ask
from orchestration.errors import SaysoError
from orchestration.operating import Declarations
from orchestration.owner_files import Difference, Loaded
from orchestration.planning.edit import Edit
from orchestration.ports import timestamp
from orchestration.records import PLAN_ENDED, Attempt, Plan, Task
from tests.safety import promises
from tests.safety.oracle import ENDS, OPERATIONS, REMAINS, Run, files
from tests.safety.promises import Rows
from tests.safety.running_home import Home

SOME = st.integers(0, 30)
"""Which one: counted round among those that there are."""
SAID = st.lists(st.sampled_from(OPERATIONS), min_size=1, max_size=4, unique=True)
ALL_AGENTS = 3


class AnyCourse(Home):
    """One home, from its first plan to the end of its last."""

    @initialize(wishes=st.lists(SAID, min_size=2, max_size=4))
    def begin(self, wishes: list[list[str]]) -> None:
        """Start for the first time, with some work to do."""
        self.go(self.open())
        self.ask_and_approve(wishes)

    # ------------------------------------------------------------------------------------------------- people

    @rule(said=SAID, then=st.booleans())
    def ask(self, said: list[str], then: bool) -> None:
        """Ask for something."""
        text = (", then " if then else ", ").join(said)
        self.attempted(lambda: self.world.ask(text))

    @rule(wishes=st.lists(SAID, min_size=1, max_size=3))
    def ask_and_approve(self, wishes: list[list[str]]) -> None:
        """Ask for some plans, and get the votes that they need."""
        for said in wishes:
            self.attempted(lambda: self.ask_and_vote(", ".join(said)))  # noqa: B023 (done at once)

    async def ask_and_vote(self, text: str) -> None:
        """Ask, and have two people say yes."""
        answer = await self.world.ask(text)
        for person in ("ben", "cem"):
            if answer.plan:
                await self.world.vote(answer.plan, person)

    @rule(some=SOME, person=st.sampled_from(["ana", "ben", "cem"]), yes=st.integers(0, 5))
    def vote(self, some: int, person: str, yes: int) -> None:
        """Say yes, or sometimes no."""
        if plan := self.plan(some, "pending_approval", "approved", "expired"):
            self.attempted(lambda: self.world.vote(plan, person, bool(yes), "" if yes else "not now"))

    @rule(some=SOME)
    def cancel(self, some: int) -> None:
        """Cancel."""
        if plan := self.plan(some, "pending_approval", "approved", "executing", "paused", "completed"):
            self.attempted(lambda: self.cancel_one(plan))

    async def cancel_one(self, plan: Plan) -> None:
        """Cancel; nothing of it may start once that is told."""
        await self.world.sayso.orchestrator.cancel(plan.id, Voice("ana"))
        self.tool.cancelled.add(plan.id)

    @rule(some=SOME, word=st.sampled_from(["done", "retry", "abort"]))
    def resolve(self, some: int, word: str) -> None:
        """Say what became of an unknown task."""
        unknown = [task for task in self.go(self.rows()).tasks if task.status == "unknown"]
        if unknown:
            self.attempted(lambda: self.resolve_one(unknown[some % len(unknown)], word))

    async def resolve_one(self, task: Task, word: str) -> None:
        """Take a person's word; a retry allows one more start."""
        if word == "retry":
            self.tool.allowed[task.id] = self.tool.allowed.get(task.id, 1) + 1
        await self.world.sayso.orchestrator.resolve(task.id, word, Voice("ben"))  # type: ignore[arg-type]

    @rule(some=SOME, what=st.sampled_from(["retry", "undo"]))
    def again(self, some: int, what: str) -> None:
        """Ask for what failed once more, or for what was done to be undone."""
        if plan := self.plan(some, *PLAN_ENDED):
            ask = Ask(what, Voice("ana"), "", {"platform": "test"})
            self.attempted(lambda: self.world.sayso.orchestrator.asking.again(plan.id, what, ask))  # type: ignore[arg-type]

    @rule(some=SOME, drop=st.integers(1, 4), person=st.sampled_from(["ana", "ben"]))
    def edit(self, some: int, drop: int, person: str) -> None:
        """Leave a task out of a pending plan."""
        if plan := self.plan(some, "pending_approval", "approved"):
            shown, without = Shown(plan.id, plan.revision, plan.digest), Edit(frozenset([drop]), {})
            self.attempted(lambda: self.world.sayso.orchestrator.asking.edit(shown, Voice(person), without))

    @rule(is_strict=st.booleans())
    def reload(self, is_strict: bool) -> None:
        """Go by a stricter policy, or by a laxer one, from now on."""
        new = files(is_strict).configuration()
        self.is_strict = is_strict
        declared = Declarations(new.catalogue, new.policy, new.people)
        loaded = [Loaded("policy", str(is_strict), "{}", Difference())]
        self.attempted(lambda: self.world.sayso.operating.reload(declared, loaded, Voice("ben")))

    @rule(go_on=st.integers(0, 3))
    def hold(self, go_on: int) -> None:
        """Keep everything new from starting, or let it go on."""
        self.attempted(lambda: self.world.sayso.execution.hold(Voice("ben"), not go_on))

    # -------------------------------------------------------------------------------------------------- tools

    @rule(some=SOME, hows=st.lists(st.sampled_from([*ENDS, "success", "failed", "breaks"]), min_size=1, max_size=3))
    def end(self, some: int, hows: list[str]) -> None:
        """Let some tools end."""
        for how in hows:
            if runs := list(self.tool.runs.values()):
                self.attempted(lambda: self.end_one(runs[some % len(runs)], how))  # noqa: B023 (done at once)

    async def end_one(self, run: Run, how: str) -> None:
        """End as said."""
        if how == "breaks":
            run.end.set_exception(RuntimeError("a bug in the tool"))
        else:
            run.end.set_result(ENDS[how])

    @rule()
    def all_end_well(self) -> None:
        """Let everything that runs succeed."""
        for run in list(self.tool.runs.values()):
            self.attempted(lambda: self.end_one(run, "success"))  # noqa: B023 (done at once)

    @rule(some=SOME)
    def is_delivered(self, some: int) -> None:
        """Bring one of the assignments that are late."""
        if self.post.waiting:
            late = self.post.waiting.pop(some % len(self.post.waiting))
            self.attempted(lambda: self.post.real.send(late))

    @rule(some=SOME)
    def is_delivered_again(self, some: int) -> None:
        """Bring an assignment that was brought before."""
        sent = [one for one in self.post.sent if one not in self.post.waiting]
        if self.is_going and sent:
            self.attempted(lambda: self.post.real.send(sent[some % len(sent)]))

    @rule(some=SOME, how=st.sampled_from(["success", "failed"]))
    def reports_late(self, some: int, how: str) -> None:
        """Hand in a result that is nobody's any more; no attempt is changed by it."""
        stale = [one for one in self.post.sent if one.attempt_id not in self.tool.runs]
        if stale:
            before = self.go(self.rows())
            one = stale[some % len(stale)]
            self.attempted(lambda: self.world.sayso.execution.report(one, ENDS[how]))
            after = self.go(self.rows())
            # It may wake the timer of another task, which then gets an attempt of its own.
            assert set(before.attempts) <= set(after.attempts), one

    @rule(fast=st.integers(0, 1))
    def post_becomes(self, fast: int) -> None:
        """Deliver slowly, or at once again."""
        self.post.is_slow = not fast
        if fast:
            waiting, self.post.waiting = self.post.waiting, []

            async def all_of_them() -> None:
                for one in waiting:
                    await self.post.real.send(one)

            self.attempted(all_of_them)

    # ------------------------------------------------------------------------------------------------- trouble

    @rule(seconds=st.sampled_from([1, 3, 60, 3_600, 100_000]))
    def time_passes(self, seconds: int) -> None:
        """Let time pass, with every agent that is there heard of."""
        self.clock.moved += timedelta(seconds=seconds)
        self.attempted(self.look_after_everything)

    @precondition(lambda self: self.is_going)
    @rule(silent=st.integers(0, 8))
    def agents_come_and_go(self, silent: int) -> None:
        """Hear of every agent, or nothing of one for a hundred seconds."""

        async def attend() -> None:
            sayso = self.world.sayso
            for _ in range(4):
                self.clock.moved += timedelta(seconds=25)
                for number, one in enumerate(self.agents):
                    if number != silent:
                        await sayso.presence.beat(one.id)
                with suppress(SaysoError):
                    await sayso.presence.sweep()

        self.attempted(attend)
        self.attempted(lambda: self.world.sayso.presence.sweep())

    @rule(after=st.integers(0, 6), times=st.integers(1, 3))
    def disk_is_full(self, after: int, times: int) -> None:
        """Let some commits fail, from a moment on."""
        self.good_commits, self.failing_commits = after, times

    @rule(fates=st.lists(st.sampled_from(sorted(REMAINS)), min_size=1, max_size=4), goes=st.integers(0, 5),
          is_strict=st.booleans(), without=st.integers(0, 6))  # fmt: skip
    def is_killed(self, fates: list[str], goes: int, is_strict: bool, without: int) -> None:
        """End the process and start another one, which finds what it finds."""

        async def restart() -> None:
            running = (await self.rows()).runs("running")
            for number, attempt in enumerate(running):
                self.meet(attempt, fates[number % len(fates)])
            self.failing_commits = 0
            await self.close()
            self.is_going, self.is_strict = bool(goes), is_strict
            await self.open(without)

        self.go(restart())

    def meet(self, attempt: Attempt, fate: str) -> None:
        """Decide what is left of an attempt whose process dies."""
        self.tool.fates[attempt.id] = REMAINS[fate]
        if fate == "never_started":
            self.tool.starts = [job for job in self.tool.starts if job.attempt_id != attempt.id]

    @precondition(lambda self: not self.is_going)
    @rule()
    def goes(self) -> None:
        """Begin to dispatch, in a process that only took votes so far."""
        self.is_going = True
        self.failing_commits = 0
        self.attempted(self.world.sayso.go)

    # ---------------------------------------------------------------------------------------------- promises

    @invariant()
    def keeps_its_promises(self) -> None:
        """Hold rows, memory and starts against each other."""
        try:
            self.hold_to_them(self.go(self.rows()))
        except AssertionError:
            self.is_broken = True
            raise

    def hold_to_them(self, rows: Rows) -> None:
        """Raise AssertionError when something is not as it should be."""
        assert not self.tool.faults, self.tool.faults
        promises.rows_agree(rows)
        promises.memory_is_as_the_rows(rows, self.agents)
        promises.nothing_ended_moves(self.ended, rows.ended())
        self.ended = rows.ended()
        if self.is_going and not self.failing_commits:
            promises.everything_goes_on(rows, self.world.sayso.setting.dispatcher, timestamp(self.clock.now()))

    # -------------------------------------------------------------------------------------------------- the end

    def teardown(self) -> None:
        """Let everything come to an end; then nothing that was approved may be left."""
        try:
            if not self.is_broken:
                self.go(self.to_the_end())
        finally:
            with suppress(Exception):
                self.go(self.close())
            self.loop.close()
            shutil.rmtree(self.folder)

    async def to_the_end(self) -> None:
        """Take every trouble away, and wait."""
        self.failing_commits = 0
        if len(self.agents) < ALL_AGENTS:
            await self.close()
            await self.open()
        sayso = self.world.sayso
        if not self.is_going:
            self.is_going = True
            await sayso.go()
        await sayso.execution.hold(Voice("ben"), False)
        self.post.is_slow = False
        for late in self.post.waiting:
            await self.post.real.send(late)
        self.post.waiting = []
        for _ in range(200):
            for one in self.agents:
                await sayso.presence.beat(one.id)
            self.clock.moved += timedelta(seconds=30)
            await self.look_after_everything()
            rows = await self.quiet()
            for task in rows.tasks:
                if task.status == "unknown":
                    await self.resolve_one(task, "done")
            for run in list(self.tool.runs.values()):
                await self.end_one(run, "success")
            rows = await self.quiet()
            left = [plan for plan in rows.plans.values() if plan.status not in (*PLAN_ENDED, "pending_approval")]
            if not left:
                break
        assert not left, [(plan, rows.of(plan)) for plan in left]
        assert not self.tool.faults, self.tool.faults
        await promises.record_is_whole(self.world, rows)
