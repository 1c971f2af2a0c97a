"""What commands ask of a running `sayso serve`, over its socket: the use cases of people, and the news of a plan.

The kernel says who is at the other end; whom they speak for is theirs to say, and on the record as asserted where
that is somebody else. What was begun ends, also when whoever asked has gone.
"""

import asyncio
import json
import os
import uuid
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import asdict
from importlib.metadata import version
from typing import Any, TypeVar

from aiohttp import web
from pydantic import ValidationError

from adapters.serve.bodies import (
    PREFIX,
    AskBody,
    Body,
    EditBody,
    ResolveBody,
    RunBody,
    ShownBody,
    VoteBody,
    answer_data,
    event_data,
    refused,
)
from adapters.serve.feed import Feed
from adapters.serve.problems import as_problems, plain
from adapters.serve.reloading import Reloading
from adapters.serve.socket_file import peer_user
from adapters.settings import Settings
from adapters.voices import user_name, voice_of
from adapters.wiring import Sayso
from orchestration.approval.decision import Shown, Voice
from orchestration.asking import Ask
from orchestration.errors import InvalidRequest, Unavailable
from orchestration.people import People
from orchestration.planning.edit import Edit

MAX_BODY_BYTES = 1024 * 1024
STOPPING = "sayso serve is stopping, and takes nothing new. Nothing was changed; try again when it runs again."
B = TypeVar("B", bound=Body)
Act = Callable[[str, Voice, B], Awaitable[dict[str, Any]]]
"""(the plan or task of the path, who speaks, the body) to what is answered."""


class Api:
    """One for each running `sayso serve`."""

    def __init__(self, sayso: Sayso, settings: Settings, reloading: Reloading, database: str) -> None:
        self._sayso = sayso
        self._is_example = settings.uses_shipped_example
        self._reloading = reloading
        self._database = database
        self._doing: set[asyncio.Future[web.StreamResponse]] = set()
        self._feeds: set[Feed] = set()
        self.is_stopping = False

    def app(self) -> web.Application:
        """Return the routes."""
        app = web.Application(middlewares=[as_problems, self._from_the_owner], client_max_size=MAX_BODY_BYTES)
        app.router.add_get(f"{PREFIX}/serving", self._serving)
        app.router.add_get(f"{PREFIX}/plan/{{id}}/follow", self._follow)
        post = self.post
        for path, route in (
            ("request", post(AskBody, self._ask)),
            ("run", post(RunBody, self._run)),
            ("plan/{id}/approve", post(VoteBody, self._vote)),
            ("plan/{id}/edit", post(EditBody, self._edit)),
            ("plan/{id}/preview", post(Body, self._preview)),
            ("cancel/{id}", post(Body, self._cancel)),
            ("resolve/{id}", post(ResolveBody, self._resolve)),
            ("pause", post(Body, self._pause)),
            ("resume", post(Body, self._resume)),
            ("reload", post(Body, self._reload)),
        ):
            app.router.add_post(f"{PREFIX}/{path}", route)
        return app

    async def finish(self) -> None:
        """Take nothing new, and wait for what was begun."""
        self.is_stopping = True
        while self._doing:
            await asyncio.wait(self._doing)

    def let_go(self) -> None:
        """End every stream of news, after what there is by now."""
        for feed in self._feeds:
            feed.end()

    # ------------------------------------------------------------------------------------------------- looking

    async def _serving(self, _request: web.Request) -> web.Response:
        """Answer what a command has to know to attach: what this serve goes by."""
        files = {kind: source.text for kind, source in self._reloading.sources.items()}
        found = {"version": version("sayso"), "pid": os.getpid(), "database": self._database}
        return web.json_response({**found, "is_example": self._is_example, "files": files})

    async def _follow(self, request: web.Request) -> web.StreamResponse:
        """Stream the news of a plan after event number `after`, one JSON object a line, until the reader has gone."""
        after = request.query.get("after", "0")
        if not after.isdecimal():
            raise InvalidRequest("after: must be the number of an event.")
        plan = await self._sayso.orchestrator.views.find_plan(request.match_info["id"])
        stream = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await stream.prepare(request)
        feed = Feed(self._sayso, plan.id, int(after))
        self._feeds.add(feed)
        try:
            async with aclosing(feed.news()) as news:
                async for each in news:
                    events, progress = map(event_data, each.events), map(asdict, each.progress)
                    await stream.write(json.dumps({"events": [*events], "progress": [*progress]}).encode() + b"\n")
        finally:
            self._feeds.discard(feed)
        return stream

    # ------------------------------------------------------------------------------------------------ changing

    async def _ask(self, _id: str, voice: Voice, body: AskBody) -> dict[str, Any]:
        return answer_data(await self._sayso.orchestrator.asking.submit(_message(body, voice)))

    async def _run(self, _id: str, voice: Voice, body: RunBody) -> dict[str, Any]:
        asking = self._sayso.orchestrator.asking
        return answer_data(await asking.run(_message(body, voice), body.operation, body.parameters))

    async def _vote(self, plan_id: str, voice: Voice, body: VoteBody) -> dict[str, Any]:
        shown = _shown(plan_id, body)
        outcome = await self._sayso.orchestrator.vote(shown, voice, body.approved, body.notes)
        return {"plan_id": plan_id, "status": outcome.state}

    async def _edit(self, plan_id: str, voice: Voice, body: EditBody) -> dict[str, Any]:
        edit = Edit(frozenset(body.drop), body.parameters)
        plan = await self._sayso.orchestrator.asking.edit(_shown(plan_id, body), voice, edit)
        return {"plan_id": plan.id, "revision": plan.revision}

    async def _preview(self, plan_id: str, voice: Voice, _body: Body) -> dict[str, Any]:
        await self._sayso.previews.run_all(plan_id, voice)
        return {"plan_id": plan_id}

    async def _cancel(self, plan_id: str, voice: Voice, _body: Body) -> dict[str, Any]:
        await self._sayso.orchestrator.cancel(plan_id, voice)
        return {"plan_id": plan_id}

    async def _resolve(self, task_id: str, voice: Voice, body: ResolveBody) -> dict[str, Any]:
        await self._sayso.orchestrator.resolve(task_id, body.outcome, voice)
        return {"task_id": task_id}

    async def _pause(self, _id: str, voice: Voice, _body: Body) -> dict[str, Any]:
        return {"changed": await self._sayso.operating.hold(voice)}

    async def _resume(self, _id: str, voice: Voice, _body: Body) -> dict[str, Any]:
        return {"changed": await self._sayso.operating.release(voice)}

    async def _reload(self, _id: str, voice: Voice, _body: Body) -> dict[str, Any]:
        found = await self._reloading.reload(voice)
        return {"files": {kind: asdict(difference) for kind, difference in found.items()}}

    # -------------------------------------------------------------------------------------------------- around

    @property
    def people(self) -> People:
        """Return the people as they are now."""
        return self._sayso.setting.rules.people

    def post(self, model: type[B], act: Act[B]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return the handler of a route that changes something."""

        async def answer(request: web.Request) -> web.StreamResponse:
            body = await _read(request, model)
            voice = voice_of(user_name(_peer(request)), body.as_, self.people, self._is_example)
            return web.json_response(await act(request.match_info.get("id", ""), voice, body))

        async def to_its_end(request: web.Request) -> web.StreamResponse:
            if self.is_stopping:
                raise Unavailable(STOPPING)
            doing = asyncio.ensure_future(answer(request))
            self._doing.add(doing)
            doing.add_done_callback(self._done)
            return await asyncio.shield(doing)

        return to_its_end

    def _done(self, doing: asyncio.Future[web.StreamResponse]) -> None:
        self._doing.discard(doing)
        if not doing.cancelled():
            doing.exception()  # whoever asked may have gone; then nobody else looks at it

    @web.middleware
    async def _from_the_owner(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Serve whoever owns this home, and root; the rights of the socket say the same."""
        if _peer(request) not in (os.geteuid(), 0):
            return plain(403, "Forbidden", "This home is somebody else's.")
        found: web.StreamResponse = await handler(request)
        return found


def _peer(request: web.Request) -> int:
    assert request.transport is not None
    return peer_user(request.transport.get_extra_info("socket"))


async def _read(request: web.Request, model: type[B]) -> B:
    try:
        return model.model_validate_json(await request.read() or b"{}")
    except ValidationError as error:
        raise refused(error) from None


def _message(body: AskBody, voice: Voice) -> Ask:
    return Ask(body.request, voice, body.key or f"terminal:{uuid.uuid4()}", {"platform": "terminal"})


def _shown(plan_id: str, body: ShownBody) -> Shown:
    return Shown(plan_id, body.revision, body.digest, "terminal")
