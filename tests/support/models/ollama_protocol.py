"""What the local Ollama takes: the fields of a question and their types. The real one passes over what it does not
know; this one does not, for what is passed over is a mistake of ours."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_NUM_CTX = 4096
_CHARACTERS_A_TOKEN = 4


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class _Message(_Strict):
    role: Literal["system", "user", "assistant", "tool"]
    content: str


class _Options(_Strict):
    temperature: float = Field(default=0.8, ge=0)
    seed: int = 0
    num_ctx: int = Field(default=_NUM_CTX, gt=0)
    num_predict: int = Field(default=-1, ge=-2)
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repeat_penalty: float | None = None
    stop: list[str] | None = None


class ChatRequest(_Strict):
    """The body of a request to `/api/chat`."""

    model: str = Field(min_length=1)
    messages: list[_Message] = Field(min_length=1)
    format: Literal["json"] | dict[str, Any] | None = None
    options: _Options = _Options()
    stream: bool = True
    think: bool | Literal["low", "medium", "high"] | None = None
    keep_alive: str | int | None = None
    tools: list[dict[str, Any]] | None = None

    @property
    def schema_asked_for(self) -> Mapping[str, Any] | None:
        """Return the JSON Schema that the answer is held to."""
        return self.format if isinstance(self.format, dict) else None

    @property
    def instructions(self) -> str:
        """Return what the messages of the system say."""
        return "\n\n".join(one.content for one in self.messages if one.role == "system")

    @property
    def data(self) -> str:
        """Return what the model sees of the rest: where the context is too small the beginning is gone, unsaid."""
        said = "\n\n".join(one.content for one in self.messages if one.role != "system")
        room = self.options.num_ctx * _CHARACTERS_A_TOKEN - len(self.instructions)
        return said[-max(room, 1) :]

    @property
    def prompt_tokens(self) -> int:
        """Return how many tokens the model reads."""
        return (len(self.instructions) + len(self.data)) // _CHARACTERS_A_TOKEN
