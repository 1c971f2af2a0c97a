"""What things said are tried with, on the owner's files as they are. Called by `sayso test` and `sayso suggest`."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adapters.clock import SystemClock
from adapters.configuration import Configuration
from adapters.home import Home
from adapters.settings import Settings
from adapters.storage.store import open_store
from adapters.tools.secret_source import SecretSource
from adapters.workspace import Workspace
from orchestration.assistance.assistant import Assistant
from orchestration.cases.trial import Trial
from orchestration.intake.catalogue import Catalogue
from orchestration.models.chain import Models
from orchestration.planning.declared import Declared
from orchestration.planning.planner import Planner
from orchestration.policy import Rules
from orchestration.ports import Model
from orchestration.records import Usage
from orchestration.redaction import Redactor

Spent = Callable[[], Awaitable[list[Usage]]]
"""Returns the calls of a model so far."""


class Trials:
    """Plans and trials under the policy and with the people and the workspace of an owner, whatever the catalogue."""

    def __init__(self, settings: Settings, configuration: Configuration) -> None:
        self._rules = Rules(configuration.policy, configuration.people)
        self._files = ReadOnce(Workspace(settings.workspace))
        self._workspace = str(settings.workspace)
        self._secrets = SecretSource(Home(settings.home).secrets, os.environ)

    def planner(self, declared: Declared) -> Planner:
        """Return what reads requests."""
        return Planner(declared, self._rules, self._files, self._workspace)

    def trial(self, catalogue: Catalogue) -> Trial:
        """Return what tries things said."""
        return Trial(self._rules, self.planner(Declared(catalogue)))

    @asynccontextmanager
    async def assisted(self, catalogue: Catalogue, model: Model) -> AsyncIterator[tuple[Trial, Spent]]:
        """Yield what tries things said with a model's help, and what returns its calls so far.

        The calls are counted against the policy's budgets as if nothing had been spent before.
        """
        declared = Declared(catalogue)
        with TemporaryDirectory(prefix="sayso-") as folder:
            async with open_store(Path(folder) / "trial.db") as store:
                models = Models(store, SystemClock(), self._rules, {model.tier: model})
                assistant = Assistant(models, declared, self._rules, lambda: Redactor(self._secrets.all_known()))
                yield Trial(self._rules, self.planner(declared), assistant), lambda: store.find(Usage, {})


class ReadOnce:
    """A workspace whose files are read once, since nothing changes them while cases are tried."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[tuple[str, ...], Any] = {}

    async def fingerprint(self, patterns: Sequence[str]) -> dict[str, str]:
        """Return the SHA-256 of every file that matches, by path."""
        key = ("fingerprint", *patterns)
        if key not in self._known:
            self._known[key] = await self._workspace.fingerprint(patterns)
        return dict(self._known[key])

    async def read_data(self, path: str) -> Any:
        """Return the data in a YAML or JSON file."""
        if ("data", path) not in self._known:
            self._known["data", path] = await self._workspace.read_data(path)
        return self._known["data", path]

    async def entries(self, folder: str) -> list[str]:
        """Return the names of what is in a folder."""
        if ("entries", folder) not in self._known:
            self._known["entries", folder] = await self._workspace.entries(folder)
        return list(self._known["entries", folder])
