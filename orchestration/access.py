"""Who may do what beside approving, and the record of everybody who was refused."""

from orchestration import events
from orchestration.approval.decision import Voice
from orchestration.approval.risk import assess
from orchestration.errors import NotAllowed, SaysoError
from orchestration.planning.plan import PlanContent
from orchestration.policy import Rules, may
from orchestration.ports import Clock, Store, timestamp
from orchestration.views import View


class Access:
    """Raises NotAllowed, after the refusal is on the record."""

    def __init__(self, store: Store, clock: Clock, rules: Rules, may_assert: bool) -> None:
        self._store = store
        self._clock = clock
        self._rules = rules
        self._may_assert = may_assert

    async def speaks(self, voice: Voice, plan_id: str | None = None) -> None:
        """Let pass who speaks for themselves, and whoever may speak for others here."""
        if voice.asserted_by and not self._may_assert:
            message = (
                f"You are {voice.asserted_by} here, not {voice.person}. Put «terminal: {voice.asserted_by}» under "
                f"{voice.person} in the people file, or set SAYSO_ALLOW_ASSERTED=1. Nothing was changed."
            )
            await self._refuse(plan_id, voice, "speak", message)

    async def known(self, voice: Voice, what: str) -> None:
        """Let pass whoever is in the people file and speaks for themselves."""
        await self.speaks(voice)
        if voice.person not in self._rules.people.people:
            why = "The people file says who may use Sayso here; its owner can add you. Nothing was changed."
            await self._refuse(None, voice, what, f"I don't know {voice.person}. {why}")

    async def may_ask(self, words: str, content: PlanContent, voice: Voice) -> None:
        """Let pass whoever the policy lets ask for every task, in these words."""
        policy, people = self._rules.policy, self._rules.people
        tasks = [assess(task, words, policy) for task in content.tasks]
        forbidden = sorted({task.operation for task in tasks if not may(policy.ask, people, voice.person, task)})
        if forbidden:
            message = f"You may not ask for {', '.join(forbidden)}: no rule under «ask» lets you. Nothing was changed."
            await self._refuse(None, voice, "ask", message)

    async def may_manage(self, view: View, voice: Voice, what: str) -> None:
        """Let pass the requester, and whoever the policy lets manage every task."""
        await self.speaks(voice, view.plan.id)
        policy, people = self._rules.policy, self._rules.people
        manages = all(may(policy.manage, people, voice.person, task) for task in view.risks)
        if voice.person not in people.people or not (voice.person == view.plan.person or manages):
            message = (
                f"You may not {what} {view.plan.code}: you neither asked for it nor manage it. Nothing was changed."
            )
            await self._refuse(view.plan.id, voice, what, message)

    async def may_operate(self, voice: Voice, what: str) -> None:
        """Let pass whoever any rule under «manage» names: they may hold dispatch, let it go on, and reload."""
        await self.known(voice, what)
        policy, people = self._rules.policy, self._rules.people
        managers = people.members(sorted({group for rule in policy.manage for group in rule.from_}))
        if voice.person not in managers:
            who = ", ".join(people.name(person) for person in managers) or "nobody"
            message = f"You may not {what} here. By the policy's «manage» these may: {who}. Nothing was changed."
            await self._refuse(None, voice, what, message)

    async def denied(self, plan_id: str | None, voice: Voice, what: str, why: SaysoError) -> None:
        """Record a refusal that was raised elsewhere."""
        at = timestamp(self._clock.now())
        await self._store.tx(
            "access.denied",
            lambda tx: events.record(
                tx, "access.denied", at, plan_id=plan_id, person=voice.person, asserted_by=voice.asserted_by,
                what=what, why=type(why).__name__,
            ),
        )  # fmt: skip

    async def _refuse(self, plan_id: str | None, voice: Voice, what: str, message: str) -> None:
        refusal = NotAllowed(message)
        await self.denied(plan_id, voice, what, refusal)
        raise refusal
