"""The desk of the `sayso serve` that owns the home: changes go through its socket, looks to the database itself."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.serve.bodies import answer_of, event_of
from adapters.serve.client import Client
from adapters.serve.feed import News
from adapters.storage.migrations.upgrade import schema_version
from adapters.storage.reader import Reader
from adapters.storage.tables import SCHEMA_VERSION
from orchestration.approval.decision import Shown, State, Voice
from orchestration.asking import Answer, Ask
from orchestration.errors import Unavailable
from orchestration.execution import Resolution
from orchestration.intake.request import clean_text
from orchestration.owner_files import Difference
from orchestration.planning.edit import Edit
from orchestration.policy import Rules
from orchestration.ports import Progress
from orchestration.views import Views


class AttachedDesk:
    """Another process's Sayso. It tells by itself whose process this is; who speaks is only named."""

    is_served = True

    def __init__(self, client: Client, views: Views) -> None:
        self._client = client
        self.views = views

    async def submit(self, ask: Ask) -> Answer:
        """Take a request in words."""
        # What cannot be sent as text is refused here, in the words that the core has for it.
        body = {"request": clean_text(ask.text), "key": ask.dedupe_key}
        return await self._answer("request", body, ask.voice)

    async def run(self, ask: Ask, operation: str, parameters: Mapping[str, str]) -> Answer:
        """Take a request for one named operation."""
        body = {"request": clean_text(ask.text), "key": ask.dedupe_key}
        return await self._answer("run", {**body, "operation": operation, "parameters": parameters}, ask.voice)

    async def vote(self, shown: Shown, voice: Voice, yes: bool, reason: str) -> State:
        """Say yes or no."""
        body = {**_shown(shown), "approved": yes, "notes": reason}
        state: State = (await self._post(f"plan/{shown.plan_id}/approve", voice, body))["status"]
        return state

    async def edit(self, shown: Shown, voice: Voice, edit: Edit) -> None:
        """Replace a pending plan."""
        body = {**_shown(shown), "drop": sorted(edit.drop), "parameters": edit.parameters}
        await self._post(f"plan/{shown.plan_id}/edit", voice, body)

    async def cancel(self, plan_id: str, voice: Voice) -> None:
        """Stop a plan."""
        await self._post(f"cancel/{plan_id}", voice)

    async def resolve(self, task_id: str, outcome: Resolution, voice: Voice) -> None:
        """Say what became of a task."""
        await self._post(f"resolve/{task_id}", voice, {"outcome": outcome})

    async def preview(self, plan_id: str, voice: Voice) -> None:
        """Try without effect what can be tried of a plan."""
        await self._post(f"plan/{plan_id}/preview", voice)

    async def hold(self, voice: Voice) -> bool:
        """Keep every new task from starting."""
        return bool((await self._post("pause", voice))["changed"])

    async def release(self, voice: Voice) -> bool:
        """Let tasks start again."""
        return bool((await self._post("resume", voice))["changed"])

    async def reload(self, voice: Voice) -> dict[str, Difference]:
        """Have the files taken anew; return what is new in those that are others than before."""
        found = (await self._post("reload", voice))["files"]
        return {kind: Difference(**{name: tuple(those) for name, those in one.items()}) for kind, one in found.items()}

    async def go(self) -> None:
        """It goes all the time."""

    async def news(self, plan_id: str, after: int) -> AsyncGenerator[News, None]:
        """Yield what is new of a plan; raises Unavailable when the serve ends."""
        async with aclosing(self._client.lines(f"plan/{plan_id}/follow?after={after}")) as lines:
            async for line in lines:
                events, progress = map(event_of, line["events"]), (Progress(**each) for each in line["progress"])
                yield News(tuple(events), tuple(progress))

    async def _answer(self, path: str, body: Mapping[str, Any], voice: Voice) -> Answer:
        found = await self._post(path, voice, body)
        return answer_of(found, await self.views.find_plan(found["plan_id"]) if found["plan_id"] else None)

    async def _post(self, path: str, voice: Voice, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return await self._client.post(path, {"as": voice.person, **(body or {})})


@asynccontextmanager
async def attached(home: Path, database: Path, rules: Rules) -> AsyncIterator[AttachedDesk]:
    """Open the desk of the serve of this home; raises Unavailable where that serve is of another version."""
    if schema_version(database) != SCHEMA_VERSION:
        raise Unavailable("The «sayso serve» here is of another version. Stop it, and start it anew. Nothing was done.")
    reader = Reader(database)
    try:
        yield AttachedDesk(Client(home), Views(reader, rules))
    finally:
        await reader.close()


def _shown(shown: Shown) -> dict[str, Any]:
    return {"revision": shown.revision, "digest": shown.digest}
