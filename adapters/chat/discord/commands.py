"""The slash commands and the entry in a message's menu. Discord is told of them only when they have changed."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice, CommandTree, describe

from adapters import log
from adapters.chat.discord.markup import cut
from adapters.chat.discord.receiving import ACKNOWLEDGE_SECONDS, Receiving
from bot import wording
from bot.buttons import Action
from orchestration.errors import StaleRevision
from orchestration.planning.plan import SHORT_DIGEST
from orchestration.records import PLAN_ENDED, Plan
from orchestration.service import Orchestrator

SYNCED = "discord-commands.json"
OFFERED, LOOKED_AT = 25, 100
LEAST_DIGITS = 8
PLAN, REQUEST = "Its code, such as 7K2MQ4", "What you want done, in your words"
Interaction = discord.Interaction[Any]
Completion = Callable[[Interaction, str], Awaitable[list[Choice[str]]]]


def add_commands(tree: CommandTree[Any], receiving: Receiving, orchestrator: Orchestrator) -> None:
    """Add all commands to a tree."""
    plans = Plans(receiving, orchestrator)
    _add_asking(tree, receiving)
    _add_looking(tree, receiving, plans)
    _add_deciding(tree, receiving, plans)


class Plans:
    """Finds plans for those who type commands."""

    def __init__(self, receiving: Receiving, orchestrator: Orchestrator) -> None:
        self._receiving = receiving
        self._views = orchestrator.views

    async def any(self, interaction: Interaction, current: str) -> list[Choice[str]]:
        """Return plans whose code begins so, newest first."""
        return await self._offered(interaction, current, lambda _plan: True)

    async def open(self, interaction: Interaction, current: str) -> list[Choice[str]]:
        """Return those that wait for votes."""
        return await self._offered(interaction, current, lambda plan: plan.status == "pending_approval")

    async def unfinished(self, interaction: Interaction, current: str) -> list[Choice[str]]:
        """Return those that can be cancelled."""
        return await self._offered(interaction, current, lambda plan: plan.status not in PLAN_ENDED)

    async def value(self, verb: str, code: str, digest: str | None) -> str:
        """Return a button's value for a plan as it is now; raises NotFound, or StaleRevision for another digest."""
        plan = await self._views.find_plan(code.strip())
        digits = "".join((digest or plan.digest).split()).lower()
        if len(digits) < LEAST_DIGITS or not plan.digest.startswith(digits):
            raise StaleRevision(wording.outdated(plan.code, plan.revision))
        chosen: Any = verb
        return Action(chosen, plan.code, plan.revision, digits[:SHORT_DIGEST]).value()

    async def _offered(self, interaction: Interaction, current: str, fits: Callable[[Plan], bool]) -> list[Choice[str]]:
        if not self._receiving.door.knows(interaction):
            return []
        begin = current.strip().upper()
        found = [plan for plan in await self._newest() if fits(plan) and plan.code.startswith(begin)]
        return [Choice(name=_line(plan), value=plan.code) for plan in found[:OFFERED]]

    async def _newest(self) -> list[Plan]:
        """Return the newest plans; none where they cannot be looked up in time, since a code can be typed all the same.

        Discord takes no excuse for an answer like this one.
        """
        async with self._receiving.door.taking(), asyncio.timeout(ACKNOWLEDGE_SECONDS):
            return await self._views.plans(LOOKED_AT)
        return []


def _line(plan: Plan) -> str:
    return cut(f"{plan.code} · {plan.verdict or plan.status.replace('_', ' ')}", 100)


def _add_asking(tree: CommandTree[Any], receiving: Receiving) -> None:
    @tree.command(name="ask", description="Ask for something: you get a plan, and nothing runs before it is approved")
    @describe(request=REQUEST)
    @app_commands.guild_only()
    async def ask(interaction: Interaction, request: app_commands.Range[str, 1, 6000]) -> None:
        await receiving.asked(interaction, request)

    @tree.context_menu(name="Plan this")
    @app_commands.guild_only()
    async def plan_this(interaction: Interaction, message: discord.Message) -> None:
        await receiving.asked(interaction, message.content, message)


def _add_looking(tree: CommandTree[Any], receiving: Receiving, plans: Plans) -> None:
    for name, description in (
        ("plans", "The newest plans"),
        ("agents", "The agents, and how they are"),
        ("help", "What can be asked for, and how"),
    ):
        tree.add_command(_plain(name, description, receiving))

    @tree.command(name="plan", description="Show a plan here, with its buttons")
    @describe(plan=PLAN)
    @app_commands.autocomplete(plan=plans.any)
    @app_commands.guild_only()
    async def show(interaction: Interaction, plan: str) -> None:
        await receiving.commanded(interaction, f"show {plan}")

    @tree.command(name="status", description="How far a plan is; without one, the plan of this thread")
    @describe(plan=PLAN)
    @app_commands.autocomplete(plan=plans.any)
    @app_commands.guild_only()
    async def status(interaction: Interaction, plan: str = "") -> None:
        await receiving.commanded(interaction, f"status {plan}")


def _plain(name: str, description: str, receiving: Receiving) -> app_commands.Command[Any, ..., None]:
    async def command(interaction: Interaction) -> None:
        await receiving.commanded(interaction, name)

    return app_commands.guild_only()(app_commands.Command(name=name, description=description, callback=command))


def _add_deciding(tree: CommandTree[Any], receiving: Receiving, plans: Plans) -> None:
    @tree.command(name="approve", description="Show a plan with its buttons; with its digest, approve exactly that")
    @describe(plan=PLAN, digest="The digest on the card, where you have read all of it elsewhere")
    @app_commands.autocomplete(plan=plans.open)
    @app_commands.guild_only()
    async def approve(interaction: Interaction, plan: str, digest: str = "") -> None:
        if digest.strip():
            await receiving.decided(interaction, lambda: plans.value("approve", plan, digest))
        else:
            await receiving.commanded(interaction, f"show {plan}")

    @tree.command(name="reject", description="Say no to a plan")
    @describe(plan=PLAN, reason="Why; whoever asked sees it")
    @app_commands.autocomplete(plan=plans.open)
    @app_commands.guild_only()
    async def reject(interaction: Interaction, plan: str, reason: str = "") -> None:
        await receiving.decided(interaction, lambda: plans.value("reject", plan, None), reason)

    @tree.command(name="cancel", description="Stop a plan: what runs is stopped, what has not started does not start")
    @describe(plan=PLAN)
    @app_commands.autocomplete(plan=plans.unfinished)
    @app_commands.guild_only()
    async def cancel(interaction: Interaction, plan: str) -> None:
        await receiving.commanded(interaction, f"cancel {plan}")


async def sync(tree: CommandTree[Any], application: int | None, home: Path) -> None:
    """Tell Discord of the commands, unless it was told the very same before."""
    payload = [command.to_dict(tree) for command in tree.get_commands()]
    state = {"application": application, "sha256": hashlib.sha256(json.dumps(payload).encode()).hexdigest()}
    file, now = home / SYNCED, json.dumps(state) + "\n"
    if await asyncio.to_thread(_read, file) == now:
        return
    await tree.sync()
    await asyncio.to_thread(file.write_text, now)
    log.Log().info("discord.commands_synced", commands=len(payload))


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""
