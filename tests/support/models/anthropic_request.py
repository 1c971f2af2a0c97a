"""What the Messages API (version 2026-10-21) takes, and what it says to anything else. Used by `anthropic_server`."""

from collections.abc import Iterator, Mapping
from typing import Any

VERSION = "2026-10-21"
_KEYS = {
    "model",
    "max_tokens",
    "messages",
    "system",
    "output_config",
    "thinking",
    "metadata",
    "stream",
    "cache_control",
}
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_KEYWORDS = {
    "$defs", "$ref", "additionalProperties", "allOf", "anyOf", "const", "description", "enum", "format", "items",
    "minItems", "properties", "required", "title", "type",
}  # fmt: skip
_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")


class Wrong(Exception):
    """A request that is answered with an error: status, type and message."""

    def __init__(self, message: str, status: int = 400, kind: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.status, self.kind = status, kind


def check_headers(headers: Mapping[str, str], key: str) -> None:
    """Raise Wrong for a request that is not ours, or not of this version."""
    if headers.get("authorization") != f"Bearer {key}" and headers.get("x-api-key") != key:
        raise Wrong("invalid x-api-key", 401, "authentication_error")
    if headers.get("anthropic-version") != VERSION:
        raise Wrong("anthropic-version: header is required")
    for name in headers:
        if name.startswith("anthropic-beta"):
            raise Wrong(f"{name}: nothing here needs a beta")


def check_body(body: Any, models: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise Wrong for the first thing that the API would not take."""
    if not isinstance(body, dict):
        raise Wrong("body: Input should be a valid dictionary")
    for key in body.keys() - _KEYS:
        raise Wrong(f"{key}: Extra inputs are not permitted")
    for key in ("model", "max_tokens", "messages"):
        if key not in body:
            raise Wrong(f"{key}: Field required")
    if body["model"] not in models:
        raise Wrong(f"model: {body['model']}", 404, "not_found_error")
    model = models[body["model"]]
    _check_parts(body, model)


def _check_parts(body: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    _need(type(body["max_tokens"]) is int and body["max_tokens"] >= 1, "max_tokens: Input should be greater than 0")
    _need(body["max_tokens"] <= model["max_tokens"], f"max_tokens: the maximum is {model['max_tokens']}")
    _need(body.get("stream") in (None, False), "stream: this server does not stream")
    _need(bool(body["messages"]), "messages: at least one message is required")
    for message in body["messages"]:
        _need(message.keys() == {"role", "content"}, "messages: role and content are what a message has")
        _need(message["role"] in ("user", "assistant"), "messages.role: Input should be 'user' or 'assistant'")
        _check_text(message["content"], "messages.content")
    _need(body["messages"][-1]["role"] == "user", "messages: the last message must be the user's")
    _check_text(body.get("system", "x"), "system")
    _check_output(body.get("output_config", {}), model["capabilities"])


def _check_text(content: Any, where: str) -> None:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": content}] if isinstance(content, str) else content
    for block in blocks:
        _need(block.keys() <= {"type", "text", "cache_control"}, f"{where}: Extra inputs are not permitted")
        _need(
            block["type"] == "text" and bool(block["text"].strip()), f"{where}: text content blocks must be non-empty"
        )
        cache: dict[str, Any] = block.get("cache_control", {"type": "ephemeral"})
        _need(cache.keys() <= {"type", "ttl"} and cache["type"] == "ephemeral", f"{where}.cache_control: not known")


def _check_output(output: Mapping[str, Any], capabilities: Mapping[str, Any]) -> None:
    _need(output.keys() <= {"effort", "format"}, "output_config: Extra inputs are not permitted")
    if "effort" in output:
        _need(output["effort"] in _EFFORTS, "output_config.effort: not known")
        _need(capabilities["effort"]["supported"], "This model does not support the effort parameter.")
    if "format" in output:
        form = output["format"]
        _need(form.keys() == {"type", "schema"} and form["type"] == "json_schema", "output_config.format: not known")
        _need(capabilities["structured_outputs"]["supported"], "This model does not support structured outputs.")
        check_schema(form["schema"], "output_config.format.schema")


def check_schema(schema: Any, where: str) -> None:
    """Raise Wrong for a schema that the API would not enforce."""
    _need(isinstance(schema, dict), f"{where}: Input should be an object")
    for keyword in sorted(schema.keys() - _KEYWORDS):
        raise Wrong(f"{where}: property '{keyword}' is not supported")
    named = schema.keys() & {"type", "anyOf", "allOf", "enum", "const", "$ref"}
    _need(bool(named), f"{where}: a type is required")
    _need(str(schema.get("type", "null")) in _TYPES, f"{where}: type is not supported")
    _need(schema.get("minItems", 0) in (0, 1), f"{where}: minItems must be 0 or 1")
    if schema.get("type") == "object":
        _need(schema.get("additionalProperties") is False, f"{where}: additionalProperties must be set to false")
        _need(set(schema.get("required", ())) <= schema.get("properties", {}).keys(), f"{where}: required: no such")
    for name, one in _within(schema):
        check_schema(one, f"{where}.{name}")


def _within(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for keyword in ("properties", "$defs"):
        yield from ((f"{keyword}.{name}", one) for name, one in schema.get(keyword, {}).items())
    for keyword in ("anyOf", "allOf"):
        yield from ((f"{keyword}.{number}", one) for number, one in enumerate(schema.get(keyword, ())))
    if "items" in schema:
        yield "items", schema["items"]


def _need(holds: bool, message: str) -> None:
    if not holds:
        raise Wrong(message)
