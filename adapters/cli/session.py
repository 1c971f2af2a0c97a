"""What a command opens: settings, the owner's files, the home, and a Sayso on it or only its database to look at."""

import os
import pwd
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adapters import log
from adapters.configuration import Configuration, load_configuration
from adapters.evidence_files import evidence_path
from adapters.home import Home
from adapters.settings import Settings, load_settings
from adapters.storage.migrations.upgrade import schema_version
from adapters.storage.reader import Reader
from adapters.storage.tables import SCHEMA_VERSION
from adapters.wiring import Sayso, open_sayso
from bot.cards import Card, card
from orchestration.approval.decision import Rules, Voice
from orchestration.errors import ConfigurationError, NotFound, Problem
from orchestration.redaction import Redactor
from orchestration.views import View, Views

HOMELAB_PERSON = "ana"
"""Who types in the example when nobody says who they are."""


@dataclass(frozen=True, slots=True)
class Context:
    """Settings, files and home of one command."""

    settings: Settings
    configuration: Configuration
    home: Home

    @property
    def database(self) -> Path:
        """Return the database file."""
        return self.settings.database or self.home.database

    @property
    def rules(self) -> Rules:
        """Return the policy and the people."""
        return Rules(self.configuration.policy, self.configuration.people)

    def voice(self, as_person: str | None) -> Voice:
        """Return who speaks: `--as`, SAYSO_PERSON, the system user's person, or ana in the example."""
        people, user = self.configuration.people, system_user()
        own = people.by_terminal(user)
        fallback = HOMELAB_PERSON if self.settings.uses_shipped_example else None
        person = as_person or self.settings.person or own or fallback
        if person is None:
            message = f"nobody in the people file has «terminal: {user}»; add it there, or say --as PERSON"
            raise ConfigurationError([Problem(str(self.settings.people), None, "people", message)])
        return Voice(person, None if person == own else user)

    def card(self, view: View, viewer: str | None = None) -> Card:
        """Return a plan's card as this terminal shows it."""
        policy, people = self.configuration.policy, self.configuration.people
        return card(view, people, policy.timezone, datetime.now(UTC), viewer)

    def evidence(self, view: View) -> str:
        """Return where the evidence of a plan lies, as short as it can be said from here."""
        path = evidence_path(self.home.artifacts, view.plan.id)
        return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def system_user() -> str:
    """Return the user whose process this is; environment variables can say anything and are not asked."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def load_context() -> Context:
    """Read settings and files; installs the example at the first start without a configuration."""
    settings = load_settings()
    home = Home(settings.home)
    if settings.uses_shipped_example:
        home.prepare()
        home.install_example()
    return Context(settings, load_configuration(settings), home)


@asynccontextmanager
async def running(context: Context) -> AsyncIterator[Sayso]:
    """Own the home and run a Sayso on it."""
    log.configure(context.settings.log_level, Redactor(()))
    with context.home.own(" ".join(["sayso", *sys.argv[1:3]])):
        async with open_sayso(context.settings, context.configuration, context.home) as sayso:
            yield sayso
            await sayso.drain(_to_stderr)


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")


@asynccontextmanager
async def looking(context: Context) -> AsyncIterator[tuple[Views, Reader]]:
    """Only look, beside whatever owns the home."""
    version = schema_version(context.database)
    if version is None:
        raise NotFound("There are no plans here yet. Ask for something: sayso ask show status")
    if version != SCHEMA_VERSION:
        async with running(context):
            pass  # opening it brings the database up to date
    reader = Reader(context.database)
    try:
        yield Views(reader, context.rules), reader
    finally:
        await reader.close()
