"""Where a journey is played: people who talk in threads and look at them, on any platform.

A journey speaks through `Stage` alone, so that one definition holds for every platform. What differs between them
(who is who, how a button is pressed, what a message looks like) is the stage's own affair.
"""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from adapters.chat.hub import Chats, open_chats
from adapters.chat.platforms import Connection
from adapters.home import Home
from bot.chat import Button, Platform
from orchestration.ports import Model, Tier
from orchestration.records import Plan
from tests.support.homelab import SHIPPED, read
from tests.support.world import EffectTool, Owner, TestClock, World, open_world, operation

MAIN = "main"
"""The thread where a journey happens unless it says otherwise."""
SECONDS = 60.0
"""How long anything may take to show; two runs of Ansible on a busy machine take most of it."""
PEOPLE = {
    "version": 1,
    "people": {
        "ana": {"name": "Ana", "slack": "T1/U7", "discord": "400", "groups": ["everyone"]},
        "ben": {"name": "Ben", "slack": "T1/U8", "discord": "401", "groups": ["everyone", "operators"]},
        "cem": {"name": "Cem", "slack": "T1/U9", "discord": "402", "groups": ["everyone", "operators"]},
        "dia": {"name": "Dia", "slack": "T1/U10", "discord": "403", "groups": ["everyone"]},
    },
}


@dataclass(frozen=True, slots=True)
class Aim:
    """A button as it stood there, to be pressed later."""

    button: Button
    message: str


class Stage(Protocol):
    """One platform with a Sayso behind it."""

    @property
    def world(self) -> World:
        """Return the Sayso that runs now; another one after a restart."""

    async def say(self, person: str, text: str, thread: str = MAIN) -> None:
        """Let somebody say something, and return when it has had its effect."""

    async def reply(self, person: str, text: str, thread: str = MAIN) -> None:
        """Let somebody answer or correct what stands in a thread; return when that had its effect."""

    async def press(self, person: str, label: str, thread: str = MAIN, **fields: str) -> None:
        """Let somebody press the newest button of that label, `fields` filled in; return when that had its effect."""

    async def aim(self, label: str, thread: str = MAIN) -> Aim:
        """Return the newest button of that label once it is there."""

    async def hit(self, person: str, aim: Aim, thread: str = MAIN) -> None:
        """Let somebody press a button as it stood there some time ago."""

    async def sees(self, *texts: str, thread: str = MAIN) -> None:
        """Return once all of these stand in a thread; raises AssertionError when they do not come."""

    async def told(self, person: str, *texts: str) -> None:
        """Return once one person, and nobody else, was told all of these."""

    def read(self, thread: str = MAIN) -> str:
        """Return all that stands in a thread."""

    async def restart(self) -> None:
        """End Sayso and start it anew on the same home; the platform stays."""


class Theatre(Stage, Protocol):
    """A stage that is set up before a journey and taken down after it."""

    async def open(self) -> None:
        """Start Sayso with the platform."""

    async def close(self) -> None:
        """End both."""


# --------------------------------------------------------------------------------------- what a stage stands on


@dataclass
class House:
    """A home that Sayso is started on again and again."""

    folder: Path
    owner: Owner
    is_real: bool = False
    """Whether operations are carried out by the product's own tools."""
    clock: TestClock = field(default_factory=TestClock)
    models: Mapping[Tier, Model] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tool = EffectTool(self.folder / "effects.log")

    @property
    def artifacts(self) -> Path:
        """Return the folder of what tools leave behind."""
        return Home(self.folder / "home").artifacts

    async def open(
        self, platforms: Mapping[str, Platform], connections: Mapping[str, Connection] | None = None
    ) -> "Running":
        """Start Sayso with these platforms, and with those that have to be connected to."""
        connected = connections or {}
        async with AsyncExitStack() as stack:
            opened = open_world(
                self.folder,
                self.owner,
                tool=self.tool,
                clock=self.clock,
                go=False,
                real=self.is_real,
                models=self.models,
            )
            world = await stack.enter_async_context(opened)
            for connection in connected.values():
                await stack.enter_async_context(connection.signed_in())
            shown_on = {**platforms, **{name: connection.platform for name, connection in connected.items()}}
            chats = await stack.enter_async_context(open_chats(world.sayso, shown_on))
            for connection in connected.values():
                await stack.enter_async_context(connection.receiving(chats, world.sayso, world.home.path))
            await world.sayso.go()
            return Running(world, chats, stack.pop_all())


@dataclass
class Running:
    """Sayso between two restarts."""

    world: World
    chats: Chats
    _stack: AsyncExitStack

    async def close(self) -> None:
        """End it."""
        await self._stack.aclose()


def small_owner() -> Owner:
    """Return an owner of a few things that the journeys are about; the tool behind them is one in this process."""
    files = Owner(people=PEOPLE)
    port = {"type": "integer", "minimum": 1024, "maximum": 65535, "default": 3001, "says": ["port", "on port"]}
    volume = {"type": "string", "enum": ["photos", "music"], "ask": "Which volume should be backed up?"}
    files.catalogue["operations"] = {
        "deploy_kuma": operation(
            title="Deploy Uptime Kuma", says=["deploy kuma", "deploy uptime kuma", "deploy kuma on port {port}"],
            target="service:kuma", parameters={"port": port}, undo="remove_kuma",
            **{"with": {"argv": ["true", "--", "{port}"]}},
        ),
        "deploy_grafana": operation(
            title="Deploy Grafana", says=["deploy grafana", "deploy grafana dashboards"], target="service:grafana",
        ),
        "remove_kuma": operation(title="Remove Uptime Kuma", says=["remove kuma"], target="service:kuma"),
        "restart_kuma": operation(title="Restart Kuma", says=["restart kuma", "bounce kuma"], after=["deploy_kuma"]),
        "back_up": operation(
            title="Back up a volume", says=["back up {volume}", "back up the {volume} volume"], effect="at_most_once",
            target="volume:{volume}", parameters={"volume": volume},
            **{"with": {"argv": ["true", "--", "{volume}"]}},
        ),
        "wipe": operation(title="Wipe the disk", says=["wipe the disk"], risk="critical"),
        "show_status": operation(
            title="Show the status", says=["show status", "status"], effect="read_only", risk="low"
        ),
    }  # fmt: skip
    return files


def homelab_owner(folder: Path) -> Owner:
    """Return the shipped example, its workspace copied into a folder."""
    shutil.copytree(SHIPPED / "workspace", folder / "workspace")
    return Owner(read("catalogue.yml"), read("policy.yml"), PEOPLE)


async def newest(stage: Stage) -> Plan:
    """Return the plan that was made last."""
    return (await stage.world.sayso.orchestrator.views.plans(1))[0]


async def until(is_so: Callable[[], bool], say: Callable[[], str], seconds: float = SECONDS) -> None:
    """Return once something is so; raises AssertionError with what there is instead."""
    try:
        async with asyncio.timeout(seconds):
            while not is_so():  # noqa: ASYNC110 (whatever a test may wait for)
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(say()) from None
