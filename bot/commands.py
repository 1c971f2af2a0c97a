"""What can be said to the bot about itself and its plans: help, plans, show, status, cancel, agents."""

import re
from dataclasses import dataclass

from bot import wording
from bot.chat import Note
from bot.posts import Posts
from bot.threads import Threads
from orchestration.approval.decision import Voice
from orchestration.execution import Setting
from orchestration.ids import read_code
from orchestration.ports import timestamp
from orchestration.records import PLAN_ENDED, AgentRecord, Plan
from orchestration.service import Orchestrator
from orchestration.views import Here

LISTED = 10
_PLAN = r"(?:\s+(?:plan\s+)?(?P<plan>[0-9A-Za-z]{6}|[0-9a-f-]{36}))?"
_COMMANDS = {
    "help": re.compile(r"help|\?|what can you do|commands", re.IGNORECASE),
    "plans": re.compile(r"(?:list\s+)?(?:my\s+|the\s+)?plans", re.IGNORECASE),
    "show": re.compile(rf"show{_PLAN}", re.IGNORECASE),
    "status": re.compile(rf"status{_PLAN}", re.IGNORECASE),
    "cancel": re.compile(rf"(?:cancel|stop|abort)(?:\s+(?:it|this|that))?{_PLAN}", re.IGNORECASE),
    "agents": re.compile(r"(?:list\s+)?(?:the\s+)?agents", re.IGNORECASE),
    "decide": re.compile(rf"(?:approve|reject|yes|no)(?:\s+it)?{_PLAN}", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Command:
    """One of ours, and the plan that it names."""

    name: str
    plan: str | None = None


def read_command(text: str) -> Command | None:
    """Return the command that a message may be; None when it is none of ours."""
    words = _words(text)
    for name, pattern in _COMMANDS.items():
        if found := pattern.fullmatch(words):
            return Command(name, found.groupdict().get("plan"))
    return None


def _words(text: str) -> str:
    return " ".join(text.strip().strip("/.!?").split()) or text.strip()


class Commands:
    """Answers commands; each answer is for whoever asked."""

    def __init__(self, orchestrator: Orchestrator, threads: Threads, posts: Posts, setting: Setting) -> None:
        self._orchestrator = orchestrator
        self._views = orchestrator.views
        self._threads = threads
        self._posts = posts
        self._store = setting.store
        self._declared = setting.declared
        self._rules = setting.rules
        self._clock = setting.clock

    async def read(self, text: str, here: Here) -> Command | None:
        """Return the command that a message is in a thread; None when it is a request, or answers a question.

        What the owner's operations are called for by («status») is a request, but where a plan runs it is about that.
        """
        command = read_command(text)
        if command is None or (command.name == "decide" and here.asked and not command.plan):
            return None
        if command.plan:
            return command if await self._is_plan(command.plan) else None
        is_steered = here.plan is not None and here.plan.status not in PLAN_ENDED
        phrases = (phrase.lower() for one in self._declared.catalogue.operations.values() for phrase in one.says)
        return command if is_steered or _words(text).lower() not in phrases else None

    async def _is_plan(self, word: str) -> bool:
        """Whether a word names a plan; one with a digit in it is meant to, and six letters may be any word."""
        if any(character.isdigit() for character in word):
            return True
        return read_code(word) is not None and bool(await self._store.find(Plan, {"code": read_code(word)}, limit=1))

    async def answer(self, command: Command, thread: str, here: Plan | None, voice: Voice) -> Note | None:
        """Return what a command says; None when the thread shows it."""
        match command.name:
            case "help":
                titles = [one.title for one in self._declared.catalogue.operations.values()]
                return Note("answer", tuple(wording.help_lines(titles)))
            case "plans":
                return await self._plans()
            case "agents":
                return await self._agents()
            case "decide":
                return Note("answer", (wording.DECIDE_BY_BUTTON,))
        plan = await self._views.find_plan(command.plan) if command.plan else here
        if plan is None:
            return await self._plans() if command.name == "status" else Note("answer", (wording.WHICH_PLAN,))
        match command.name:
            case "show":
                await self._threads.show(plan.id, thread, timestamp(self._clock.now()))
            case "cancel":
                await self._orchestrator.cancel(plan.id, voice)
                return None if await self._stands(plan, thread, here) else await self._status(plan)
            case _:
                return await self._status(plan)
        return None

    async def _stands(self, plan: Plan, thread: str, here: Plan | None) -> bool:
        """Whether a thread shows what becomes of a plan."""
        is_about_it = here is not None and here.id == plan.id
        return is_about_it or bool(await self._threads.rendering(plan.id, thread))

    async def _plans(self) -> Note:
        found = await self._views.plans(LISTED)
        lines = [self._line(plan) for plan in found] or [wording.NO_PLANS]
        return Note("answer", tuple(lines))

    def _line(self, plan: Plan) -> str:
        zone, now = self._rules.policy.timezone, self._clock.now()
        status = "needs a person" if plan.needs_person else plan.verdict or plan.status.replace("_", " ")
        return wording.plan_line(plan.code, status, self._rules.people.name(plan.person), plan.created_at, zone, now)

    async def _status(self, plan: Plan) -> Note:
        view = await self._views.view(plan.id)
        card = await self._posts.card(view, {})
        tasks = [wording.task_line(task.position, task.name, task.status, task.problem) for task in card.tasks]
        standing = [*card.votes, wording.needed(card.needs, card.until)] if card.is_open else []
        return Note("answer", (self._line(view.plan), *standing, *card.notice, *tasks))

    async def _agents(self) -> Note:
        found = await self._store.find(AgentRecord, {}, order_by="id")
        lines = [wording.agent_line(agent.id, agent.type, agent.status) for agent in found]
        return Note("answer", tuple(lines or [wording.NO_AGENTS]))
