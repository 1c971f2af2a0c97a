"""The door of the Web API: token, scope, rate limit, faults, arguments; then the method itself."""

import time
from dataclasses import dataclass, field

from aiohttp import web

from tests.support.slack import chat_methods, file_methods, view_methods, workspace_methods
from tests.support.slack.arguments import Arguments, read_arguments
from tests.support.slack.faults import Fault, Faults
from tests.support.slack.ledger import Call
from tests.support.slack.limits import Limits
from tests.support.slack.methods import BOT_SCOPES, METHODS, Method, State
from tests.support.slack.refusals import Refused
from tests.support.slack.workspace import JSON
from tests.support.slack.workspace_methods import HISTORY, READ

GROUPS = (chat_methods, file_methods, view_methods, workspace_methods)
"""The modules whose methods are offered; importing them enters the methods."""


@dataclass(frozen=True)
class Outcome:
    """What came of a call."""

    arguments: Arguments = field(default_factory=Arguments)
    answer: JSON = field(default_factory=dict)
    error: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class WebApi:
    """Answers calls. `tokens` maps a token to its scopes; `revoked` tokens were good once."""

    state: State
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    tokens: dict[str, frozenset[str]] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.tokens |= {"xoxb-local": BOT_SCOPES, "xapp-local": frozenset({"connections:write"})}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        name, at = request.match_info["method"], time.monotonic()
        fault = self.faults.take(name)
        outcome = await self._outcome(request, name) if fault.applied else Outcome()
        await fault.delay()
        if fault.word:
            self._note(Call(name, outcome.arguments, at, fault.word, fault.status))
            return _struck(request, fault)
        if not fault.applied:
            outcome = await self._outcome(request, name)
        self._note(Call(name, outcome.arguments, at, outcome.error, outcome.status))
        answer = {"ok": not outcome.error, **outcome.answer}
        headers = {**outcome.headers, "X-OAuth-Scopes": ",".join(sorted(self._scopes_of(request)))}
        return web.json_response(answer, status=outcome.status, headers=headers)

    def _scopes_of(self, request: web.Request) -> frozenset[str]:
        return self.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "), frozenset())

    async def _outcome(self, request: web.Request, name: str) -> Outcome:
        arguments = Arguments()
        try:
            known = METHODS.get(name)
            if known is None:
                raise Refused("unknown_method", req_method=name)
            arguments = await read_arguments(request, known.json)
            return Outcome(arguments, self._run(request, known, arguments))
        except Refused as refused:
            answer = {"error": refused.code, **refused.details}
            return Outcome(arguments, answer, refused.code, refused.status, refused.headers)

    def _run(self, request: web.Request, known: Method, arguments: Arguments) -> JSON:
        scopes = self._authenticate(request, known, arguments)
        self.limits.admit(known.name, known.tier, arguments.text("channel"))
        arguments.require(known.needs)
        needed = self._scope(known, arguments)
        if needed and needed not in scopes:
            raise Refused("missing_scope", needed=needed, provided=",".join(sorted(scopes)))
        return known.run(self.state, arguments)

    def _authenticate(self, request: web.Request, known: Method, arguments: Arguments) -> frozenset[str]:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        token = token if kind == "Bearer" else str(arguments.pop("token", ""))
        if not known.token:
            return frozenset()
        if not token:
            raise Refused("not_authed")
        if token in self.revoked:
            raise Refused("token_revoked")
        if token not in self.tokens:
            raise Refused("invalid_auth")
        if not token.startswith(known.token):
            raise Refused("not_allowed_token_type")
        return self.tokens[token]

    def _scope(self, known: Method, arguments: Arguments) -> str:
        if not known.scope.startswith("*"):
            return known.scope
        channel = self.state.workspace.channels.get(arguments.text("channel"))
        table = READ if known.scope == "*:read" else HISTORY
        return table[channel.kind if channel is not None else "public"]

    def _note(self, call: Call) -> None:
        self.state.ledger.log.append(call)
        self.state.ledger.touch()


def _struck(request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.cut and request.transport is not None:
        request.transport.abort()
    if fault.status:
        return web.Response(status=fault.status, text="an error of the local Slack, on demand")
    return web.json_response({"ok": False, "error": fault.error})
