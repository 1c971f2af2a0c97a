"""The model on the owner's own machines: asks Ollama through its official client. Made by the wiring when it is named.

The client is imported with the first question, on a thread of its own. By itself it would wait for ever, follow
redirects and a proxy to other machines, and collect bodies of any length; none of that is wanted. Answers are
streamed, so that Ollama stops writing as soon as nobody waits for the rest.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeVar, cast

from adapters.llm.ollama_request import PromptTooLong, encodable, parameters
from adapters.llm.ollama_troubles import sentence, trouble_of
from orchestration.errors import ModelFailed, ModelTrouble
from orchestration.ports import Completion, Prompt, Tier, Tokens

if TYPE_CHECKING:
    from ollama import AsyncClient, ChatResponse

T = TypeVar("T")
_HOST = "http://127.0.0.1:11434"
_SENDABLE = re.compile(r"[\x21-\x7e]*")
_CONNECT_SECONDS = 5.0
_LOOK_SECONDS = 10.0
_MOST_TOKENS = 10**9
_MOST_TOLD = 10


class OllamaModel:
    """A model that Ollama runs. To be used in one event loop, and closed there."""

    def __init__(self, name: str, host: str | None = None, api_key: str | None = None) -> None:
        self._name, self._host, self._api_key = name, host or _HOST, api_key or ""
        self._client: AsyncClient | None = None
        self._opening = asyncio.Lock()
        self._can_be_told_to_think = True

    @property
    def name(self) -> str:
        """Return the name by which Ollama knows it."""
        return self._name

    @property
    def tier(self) -> Tier:
        """Return `local`."""
        return "local"

    @property
    def thinking_tokens(self) -> int:
        """Return 0: it is asked not to think."""
        return 0

    def remaining(self) -> float | None:
        """Return None: Ollama tells of no limits."""
        return None

    async def complete(self, prompt: Prompt, seconds: float) -> Completion:
        """Ask once. Raises ModelFailed, and nothing else, within about `seconds`."""
        return await self._within(seconds, self._complete(prompt))

    async def missing(self) -> str | None:
        """Return why it cannot be used, as a sentence with what to do; None when it can. Loads no model."""
        try:
            return await self._within(_LOOK_SECONDS, self._lacking())
        except ModelFailed as failure:
            return str(failure)

    async def close(self) -> None:
        """Give up its connections; another question opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()  # type: ignore[no-untyped-call]

    async def _within(self, seconds: float, call: Coroutine[Any, Any, T]) -> T:
        """Return what a call gives. Its error is raised apart from the client's, which holds what was sent."""
        try:
            async with asyncio.timeout(seconds):
                return await call
        except Exception as error:  # noqa: BLE001 - the port promises ModelFailed and nothing else
            failure = self._failed(self._trouble(error))
        raise failure

    async def _complete(self, prompt: Prompt) -> Completion:
        client, asked = await self._opened(), parameters(self._name, prompt)
        if self._can_be_told_to_think:
            from ollama import ResponseError

            try:
                return await self._chat(client, {**asked, "think": False})
            except ResponseError as error:
                if error.status_code != 400 or "does not support thinking" not in str(error.error):
                    raise
            self._can_be_told_to_think = False  # Ollama says so at once, at no cost
        return await self._chat(client, asked)

    async def _chat(self, client: "AsyncClient", asked: dict[str, Any]) -> Completion:
        text = []
        parts = cast("AsyncGenerator[ChatResponse, None]", await client.chat(**asked, stream=True))
        async with aclosing(parts):
            async for part in parts:
                text.append(part.message.content or "")
                if part.done:
                    return self._completion("".join(text), part)
        raise self._failed("broken")

    def _completion(self, text: str, last: "ChatResponse") -> Completion:
        tokens = Tokens(input=_count(last.prompt_eval_count), output=_count(last.eval_count))
        trouble: ModelTrouble | None = None if text.strip() else "broken"
        return Completion(encodable(text), self._name, tokens, "cut" if last.done_reason == "length" else trouble)

    async def _lacking(self) -> str | None:
        from ollama import ResponseError

        client = await self._opened()
        try:
            abilities = (await client.show(self._name)).capabilities
        except ResponseError as error:
            if error.status_code != 404:
                raise
            return _not_pulled(self._name, [model.model or "" for model in (await client.list()).models])
        return None if abilities is None or "completion" in abilities else sentence("no_model", self._name)

    async def _opened(self) -> "AsyncClient":
        if not _SENDABLE.fullmatch(self._api_key):
            raise self._failed("unauthorised")
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._open)
            return self._client

    def _open(self) -> "AsyncClient":
        from ollama import AsyncClient

        from adapters.llm.bounded_stream import bound

        headers = {"Accept-Encoding": "identity"}
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        return AsyncClient(
            host=self._host,
            headers=headers,
            timeout=(_CONNECT_SECONDS, None, None, None),
            follow_redirects=False,
            trust_env=False,
            event_hooks={"response": [bound]},
        )

    def _trouble(self, error: Exception) -> ModelTrouble:
        if isinstance(error, ModelFailed):
            return error.trouble
        if isinstance(error, PromptTooLong):
            return "rejected"
        if isinstance(error, TimeoutError):
            return "timeout"
        if self._client is None:
            return "unreachable"  # an address that no client takes
        return _trouble_of_call(error)

    def _failed(self, trouble: ModelTrouble) -> ModelFailed:
        return ModelFailed(trouble, sentence(trouble, self._name))


def _trouble_of_call(error: Exception) -> ModelTrouble:
    import httpx
    from ollama import ResponseError

    if isinstance(error, ResponseError):
        return trouble_of(error.status_code, str(error.error))
    return "unreachable" if isinstance(error, ConnectionError | httpx.TransportError) else "broken"


def _count(tokens: object) -> int:
    """Return a number of tokens; 0 for what is none."""
    return tokens if isinstance(tokens, int) and 0 <= tokens <= _MOST_TOKENS else 0


def _not_pulled(name: str, there: list[str]) -> str:
    has = f"it has {', '.join(sorted(there)[:_MOST_TOLD])}" if there else "it has none yet"
    return f"Ollama has no model {name}; {has}. Run `ollama pull {name}`, or check SAYSO_LOCAL_MODEL."
