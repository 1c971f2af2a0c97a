"""What a command opens: settings, the owner's files, the home, and a desk to work at or the database to look at."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path

from adapters import log
from adapters.cli.attached import attached
from adapters.cli.desk import Desk, OwnDesk
from adapters.configuration import Configuration, configuration_of, load_configuration
from adapters.evidence_files import evidence_path
from adapters.home import Home
from adapters.serve.client import Served, look_for
from adapters.settings import Settings, load_settings
from adapters.storage.migrations.upgrade import schema_version
from adapters.storage.reader import Reader
from adapters.storage.tables import SCHEMA_VERSION
from adapters.voices import system_user, voice_of
from adapters.wiring import Sayso, open_sayso
from bot.cards import Card, Eyes, card
from orchestration.approval.decision import Voice
from orchestration.errors import NotFound
from orchestration.policy import Rules
from orchestration.redaction import Redactor
from orchestration.views import View, Views

SERVE = "sayso serve"
"""How a serve calls itself to whoever wants its home."""
CHANGING_SECONDS = 10.0
"""How long a serve is waited for that has its home and no socket: it begins, or has almost ended."""


@dataclass(frozen=True, slots=True)
class Context:
    """Settings, files and home of one command; where a serve runs, the files as that one took them."""

    settings: Settings
    configuration: Configuration
    home: Home
    served: Served | None = None

    @property
    def database(self) -> Path:
        """Return the database file."""
        return Path(self.served.database) if self.served else self.settings.database or self.home.database

    @property
    def rules(self) -> Rules:
        """Return the policy and the people."""
        return Rules(self.configuration.policy, self.configuration.people)

    def voice(self, as_person: str | None) -> Voice:
        """Return who speaks: `--as`, SAYSO_PERSON, the system user's person, or ana in the example."""
        is_example = self.served.is_example if self.served else self.settings.uses_shipped_example
        return voice_of(system_user(), as_person or self.settings.person, self.configuration.people, is_example)

    def card(self, view: View, viewer: str | None = None) -> Card:
        """Return a plan's card as this terminal shows it."""
        policy, people = self.configuration.policy, self.configuration.people
        return card(view, Eyes(people, policy.timezone, datetime.now(UTC), viewer))

    def evidence(self, view: View) -> str:
        """Return where the evidence of a plan lies, as short as it can be said from here."""
        path = evidence_path(self.home.artifacts, view.plan.id)
        return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def load_context() -> Context:
    """Return what this command goes by: what a running serve took, else the files as they are now."""
    settings = load_settings()
    home = Home(settings.home)
    if served := look_for(home.path):
        return Context(settings, configuration_of(served.files), home, served)
    return own_context(settings)


def rules_of(served: Served) -> Rules:
    """Return the policy and the people that a serve goes by."""
    found = configuration_of(served.files)
    return Rules(found.policy, found.people)


def own_context(settings: Settings) -> Context:
    """Read the files; installs the example at the first start without a configuration."""
    home = Home(settings.home)
    if settings.uses_shipped_example:
        home.prepare()
        home.install_example()
    return Context(settings, load_configuration(settings), home)


@asynccontextmanager
async def running(context: Context) -> AsyncIterator[Desk]:
    """Work at the desk of the serve that owns the home, else own it for the time of a `with`."""
    if served := await find_serve(context.home):
        async with attached(context.home.path, Path(served.database), rules_of(served)) as desk:
            yield desk
        return
    async with owning(own_context(context.settings) if context.served else context) as sayso:
        yield OwnDesk(sayso)
        await sayso.drain(_to_stderr)


async def find_serve(home: Home) -> Served | None:
    """Return what serves a home; a serve that has only begun, or is about to end, is waited for."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + CHANGING_SECONDS
    while (served := look_for(home.path)) is None and home.owner() == SERVE and loop.time() < ends:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    return served


@asynccontextmanager
async def owning(context: Context) -> AsyncIterator[Sayso]:
    """Own the home and run a Sayso on it."""
    log.configure(context.settings.log_level, Redactor(()))
    words = takewhile(lambda word: not word.startswith("-"), sys.argv[1:3])
    with context.home.own(" ".join(["sayso", *words])):
        async with open_sayso(context.settings, context.configuration, context.home) as sayso:
            yield sayso


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")


@asynccontextmanager
async def looking(context: Context) -> AsyncIterator[tuple[Views, Reader]]:
    """Only look, beside whatever owns the home."""
    version = schema_version(context.database)
    if version is None:
        raise NotFound("There are no plans here yet. Ask for something: sayso ask show status")
    if version != SCHEMA_VERSION:
        async with owning(context):
            pass  # opening it brings the database up to date
    reader = Reader(context.database)
    try:
        yield Views(reader, context.rules), reader
    finally:
        await reader.close()
