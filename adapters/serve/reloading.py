"""The files that a running `sayso serve` goes by, and how it takes them anew."""

import asyncio
from collections.abc import Mapping

from adapters.configuration import Configuration, Source, load_configuration, loaded
from adapters.settings import Settings
from orchestration.approval.decision import Voice
from orchestration.operating import Declarations, Operating
from orchestration.owner_files import KINDS, Difference


class Reloading:
    """Reads the three files as a whole, and has the core go by them."""

    def __init__(self, operating: Operating, settings: Settings, configuration: Configuration) -> None:
        self._operating = operating
        self._settings = settings
        self._sources = configuration.sources
        self._one_at_a_time = asyncio.Lock()

    @property
    def sources(self) -> Mapping[str, Source]:
        """Return the files that count now."""
        return self._sources

    async def reload(self, voice: Voice) -> dict[str, Difference]:
        """Take the files as they are now; return what is new in those that are others than before.

        Raises ConfigurationError with every fault of all of them, or NotAllowed; then nothing has changed.
        """
        async with self._one_at_a_time:
            before = self._sources
            found = await asyncio.to_thread(load_configuration, self._settings)
            changed = [kind for kind in KINDS if found.sources[kind].sha256 != before[kind].sha256]
            files = [loaded(kind, found.sources[kind], before[kind].text) for kind in changed]
            declarations = Declarations(found.catalogue, found.policy, found.people)
            await self._operating.reload(declarations, files, voice)
            self._sources = found.sources
        return {file.kind: file.difference for file in files}
