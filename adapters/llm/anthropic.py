"""Claude: asks Anthropic's Messages API through its SDK. Made by the wiring when a key and a model's name are set.

The SDK takes more than a second and 19 MB to import, so it is imported with the first question, on a thread of its
own. It would try again by itself, obey a `retry-after` of weeks, follow redirects, read bodies of any length and log
whole requests; none of that is wanted, since the chain above has one deadline and its own order of providers.
"""

import asyncio
import logging
import re
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from adapters.llm.anthropic_answer import Description, read_description, read_message
from adapters.llm.anthropic_limits import Limits, retry_after
from adapters.llm.anthropic_schema import enforceable
from adapters.llm.anthropic_troubles import sentence, trouble_of
from orchestration.errors import ModelFailed, ModelTrouble
from orchestration.ports import Completion, Prompt, Tier

if TYPE_CHECKING:
    import httpx2
    from anthropic import AsyncAnthropic

T = TypeVar("T")
_THINKING_TOKENS = 4000
"""Room beside the answer: newer models think by default, some cannot be kept from it, and it counts as output."""
_SENDABLE = re.compile(r"[\x21-\x7e]+")
_CONNECT_SECONDS = 5.0
_LOOK_SECONDS = 10.0
_NOTICE = timedelta(days=14)


class AnthropicModel:
    """One of Anthropic's models. To be used in one event loop, and closed there."""

    def __init__(self, name: str, api_key: str, base_url: str | None = None) -> None:
        self._name, self._api_key, self._base_url = name, api_key, base_url
        self._client: AsyncAnthropic | None = None
        self._opening = asyncio.Lock()
        self._limits = Limits()
        self._takes_effort = True

    @property
    def name(self) -> str:
        """Return the name by which Anthropic knows it."""
        return self._name

    @property
    def tier(self) -> Tier:
        """Return `external`."""
        return "external"

    @property
    def thinking_tokens(self) -> int:
        """Return the room beside the answer."""
        return _THINKING_TOKENS

    def remaining(self) -> float | None:
        """Return the least share, 0 to 1, that the headers of the last response leave of a limit; None for unknown."""
        return self._limits.remaining()

    async def complete(self, prompt: Prompt, seconds: float) -> Completion:
        """Ask once. Raises ModelFailed, and nothing else, within about `seconds`."""
        return await self._within(seconds, self._complete(prompt, seconds))

    async def missing(self) -> str | None:
        """Return why it cannot be used, or will soon not be, as a sentence with what to do. Costs nothing."""
        try:
            return self._lacking(await self._within(_LOOK_SECONDS, self._describe()))
        except ModelFailed as failure:
            return str(failure)

    async def close(self) -> None:
        """Give up its connections; another question opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _within(self, seconds: float, call: Coroutine[Any, Any, T]) -> T:
        """Return what a call gives. Its error is raised apart from the SDK's, which holds the request and the key."""
        try:
            async with asyncio.timeout(seconds):
                return await call
        except Exception as error:  # noqa: BLE001 - the port promises ModelFailed and nothing else
            failure = self._failure(error)
        raise failure

    async def _complete(self, prompt: Prompt, seconds: float) -> Completion:
        client = await self._opened()
        response = await self._create(client, prompt, seconds)
        return read_message(response.headers.get("content-type", ""), response.content)

    async def _create(self, client: "AsyncAnthropic", prompt: Prompt, seconds: float) -> "httpx2.Response":
        import anthropic

        low_effort = self._takes_effort
        try:
            return await self._send(client, prompt, seconds, low_effort)
        except anthropic.BadRequestError as error:
            if not low_effort or "effort" not in str(error.api_message):
                raise
        self._takes_effort = False  # an older model, which says so with a 400 that costs nothing
        return await self._send(client, prompt, seconds, low_effort=False)

    async def _send(
        self, client: "AsyncAnthropic", prompt: Prompt, seconds: float, low_effort: bool
    ) -> "httpx2.Response":
        import httpx2

        raw = await client.messages.with_raw_response.create(
            **_parameters(self._name, prompt, low_effort),
            timeout=httpx2.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)),
        )
        response: httpx2.Response = raw.http_response
        return response

    async def _describe(self) -> Description:
        client = await self._opened()
        raw = await client.models.with_raw_response.retrieve(self._name, timeout=_LOOK_SECONDS)
        return read_description(raw.http_response.content)

    def _lacking(self, known: Description) -> str | None:
        self._takes_effort = known.supports("effort")
        if known.lifecycle == "retired":
            return f"Anthropic has retired {self._name}. Set SAYSO_EXTERNAL_MODEL to a newer model."
        if not known.supports("structured_outputs"):
            return f"{self._name} cannot answer in a given form. Set SAYSO_EXTERNAL_MODEL to a newer model."
        if known.retires_at and known.retires_at < datetime.now(UTC) + _NOTICE:
            day = known.retires_at.date().isoformat()
            return f"Anthropic retires {self._name} on {day}. Set SAYSO_EXTERNAL_MODEL to a newer model before then."
        return None

    async def _opened(self) -> "AsyncAnthropic":
        if not _SENDABLE.fullmatch(self._api_key):
            raise self._failed("unauthorised")
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._open)
            return self._client

    def _open(self) -> "AsyncAnthropic":
        import anthropic

        from adapters.llm.bounded_body import bound

        for library in ("anthropic", "httpx2", "httpcore2"):
            logging.getLogger(library).setLevel(logging.WARNING)  # below that it logs what people asked
        http = anthropic.DefaultAsyncHttpxClient(
            follow_redirects=False, event_hooks={"response": [self._note_limits, bound]}
        )
        return anthropic.AsyncAnthropic(
            api_key=self._api_key,
            base_url=self._base_url,
            max_retries=0,
            open_telemetry=False,
            default_headers={"Accept-Encoding": "identity"},
            http_client=http,
        )

    async def _note_limits(self, response: "httpx2.Response") -> None:
        if response.request.method == "POST":
            self._limits.note(response.headers)

    def _failure(self, error: Exception) -> ModelFailed:
        if isinstance(error, ModelFailed):
            return error
        if isinstance(error, TimeoutError):
            return self._failed("timeout")
        if self._client is None:
            return self._failed("unreachable")  # an address, a proxy or certificates that no client takes
        return self._failed_call(error)

    def _failed_call(self, error: Exception) -> ModelFailed:
        import anthropic
        import httpx2

        if isinstance(error, anthropic.APIStatusError):
            trouble = trouble_of(error.status_code, error.error_code)
            return self._failed(trouble, retry_after(error.response.headers))
        if not isinstance(error, anthropic.APIConnectionError):
            return self._failed("broken")
        if isinstance(error.__cause__, httpx2.TimeoutException):
            return self._failed("unreachable" if isinstance(error.__cause__, httpx2.ConnectTimeout) else "timeout")
        is_lost = isinstance(error.__cause__, httpx2.ReadError | httpx2.RemoteProtocolError)
        is_unreachable = isinstance(error.__cause__, httpx2.TransportError)
        return self._failed("unreachable" if is_unreachable else "broken", may_cost=is_lost)

    def _failed(
        self, trouble: ModelTrouble, retry_after_seconds: float | None = None, may_cost: bool = False
    ) -> ModelFailed:
        return ModelFailed(trouble, sentence(trouble, self._name), retry_after_seconds, may_cost)


def _parameters(model: str, prompt: Prompt, low_effort: bool) -> dict[str, Any]:
    """Return what is sent: first what is the same for every request, and marked to be kept, then the data."""
    output: dict[str, Any] = {"effort": "low"} if low_effort else {}
    if prompt.schema is not None:
        output["format"] = {"type": "json_schema", "schema": enforceable(prompt.schema)}
    kept = {"type": "text", "text": prompt.instructions, "cache_control": {"type": "ephemeral"}}
    parameters = {
        "model": model,
        "max_tokens": prompt.max_tokens + _THINKING_TOKENS,
        "system": [kept],
        "messages": [{"role": "user", "content": prompt.data}],
    }
    return parameters | ({"output_config": output} if output else {})
