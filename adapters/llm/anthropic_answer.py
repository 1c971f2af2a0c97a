"""Reads the body of a response from Anthropic by its protocol. Called by `anthropic`.

The SDK builds its objects without looking at types and lets a later key hide an earlier one; here a body is taken
only when all that we use of it is as the protocol says. Keys that are new to us are no fault.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from orchestration.errors import ModelTrouble
from orchestration.ports import Completion, Tokens

_WHOLE = "end_turn"
_TROUBLES: dict[str | None, ModelTrouble] = {
    "max_tokens": "cut",
    "model_context_window_exceeded": "cut",
    "refusal": "refused",
}
Count = Annotated[int, Field(ge=0, le=10**9)]
Name = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _Usage(_Strict):
    input_tokens: Count
    output_tokens: Count
    cache_read_input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None


class _Block(_Strict):
    """Text, or something that is not the answer: what the model thought, a tool that it wants."""

    type: str
    text: str = ""


class _Message(_Strict):
    type: Literal["message"]
    role: Literal["assistant"]
    model: Name
    content: list[_Block]
    stop_reason: str | None
    usage: _Usage


class _Support(_Strict):
    supported: bool


class _Capabilities(_Strict):
    structured_outputs: _Support | None = None
    effort: _Support | None = None


class Description(_Strict):
    """What Anthropic says of a model."""

    type: Literal["model"]
    lifecycle: str | None = None
    retires_at: AwareDatetime | None = None
    capabilities: _Capabilities = _Capabilities()

    def supports(self, capability: Literal["structured_outputs", "effort"]) -> bool:
        """Whether it can do this; what is not said counts as yes."""
        support: _Support | None = getattr(self.capabilities, capability)
        return support is None or support.supported


def read_message(kind: str, body: bytes) -> Completion:
    """Return the answer in a body of this content type. Raises ValueError, or RecursionError, when it is none."""
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise ValueError("not JSON")
    message = _Message.model_validate(_data(body))
    text = "".join(block.text for block in message.content if block.type == "text")
    text.encode()  # half of a surrogate pair is JSON, but no text that could be kept
    return Completion(text, message.model, _tokens(message.usage), _trouble(message.stop_reason, text))


def read_description(body: bytes) -> Description:
    """Return what a body says of a model. Raises ValueError when it says nothing by the protocol."""
    return Description.model_validate_json(body)


def _trouble(stop_reason: str | None, text: str) -> ModelTrouble | None:
    if stop_reason == _WHOLE and text.strip():
        return None
    return _TROUBLES.get(stop_reason, "broken")


def _tokens(usage: _Usage) -> Tokens:
    return Tokens(
        input=usage.input_tokens,
        output=usage.output_tokens,
        cache_read=usage.cache_read_input_tokens or 0,
        cache_written=usage.cache_creation_input_tokens or 0,
    )


def _data(body: bytes) -> Any:
    return json.loads(body.decode(), object_pairs_hook=_without_repeats)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found
