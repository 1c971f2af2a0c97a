"""What Ollama is asked. Called by `ollama`.

It cuts a prompt that is longer than `num_ctx` without a word, and its usual one is small, so that each request names
one that is large enough. A schema goes in twice: Ollama holds the model to it, and the model knows it beforehand.
"""

import json
from typing import Any

from orchestration.ports import Prompt

_LEAST_CONTEXT = 4096
_MOST_CONTEXT = 32768
"""Tokens. Memory grows with them, and Ollama loads a model anew when they change: hence powers of two."""
_BYTES_A_TOKEN = 3
"""Of UTF-8; most text has more of them, so that this counts rather too many tokens."""
_TEMPLATE_TOKENS = 256
"""What the model's own template puts around the messages."""


class PromptTooLong(Exception):
    """No context that we ask for holds this prompt and its answer."""


def parameters(model: str, prompt: Prompt) -> dict[str, Any]:
    """Return what `chat` is called with. Raises PromptTooLong."""
    system, user = encodable(_instructions(prompt)), encodable(prompt.data)
    return {
        "model": model,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
        "format": None if prompt.schema is None else dict(prompt.schema),
        "options": {
            "temperature": 0,
            "seed": 1,
            "num_ctx": _context(len(system.encode()) + len(user.encode()), prompt.max_tokens),
            "num_predict": prompt.max_tokens,
        },
        "keep_alive": "10m",
    }


def encodable(text: str) -> str:
    """Return the text without halves of surrogate pairs, which JSON can hold and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def _instructions(prompt: Prompt) -> str:
    if prompt.schema is None:
        return prompt.instructions
    schema = json.dumps(prompt.schema, ensure_ascii=False)
    return f"{prompt.instructions}\n\nAnswer with JSON alone, by this JSON Schema:\n{schema}"


def _context(size: int, answer_tokens: int) -> int:
    """Return the `num_ctx` for a prompt of so many bytes."""
    needed = size // _BYTES_A_TOKEN + 1 + _TEMPLATE_TOKENS + answer_tokens
    if needed > _MOST_CONTEXT:
        raise PromptTooLong
    return max(_LEAST_CONTEXT, 1 << (needed - 1).bit_length())
