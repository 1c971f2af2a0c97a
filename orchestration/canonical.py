"""One byte string per meaning: canonical JSON and the digests made of it.

RFC 8785 without floats: keys sorted by UTF-16 code units, no spaces, integers below 2^53, text in NFC.
Whatever has two spellings (floats, duplicate keys, lone surrogates) is refused, so that two meanings can
never share a digest and one meaning never has two.
"""

import hashlib
import json
import unicodedata
from typing import Any

from orchestration.errors import InvalidRequest

MAX_INTEGER = 2**53 - 1


def canonical(value: Any) -> str:
    """Return the canonical JSON of plain data (dict, list, tuple, str, int, bool, None)."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def digest(domain: str, text: str) -> str:
    """Return the SHA-256 in hex of a text under a domain prefix such as `sayso/plan/v1`."""
    return hashlib.sha256(f"{domain}\n{text}".encode()).hexdigest()


def parse(text: str | bytes) -> Any:
    """Parse JSON strictly: duplicate keys, floats and NaN are refused."""
    return json.loads(text, object_pairs_hook=_unique, parse_float=_refuse, parse_constant=_refuse)


def _plain(value: Any) -> Any:
    match value:
        case None | bool():
            return value
        case str():
            return _text(value)
        case int():
            if abs(value) > MAX_INTEGER:
                raise InvalidRequest(f"The number {value} is too large; the limit is 2^53.")
            return value
        case dict():
            return {_text(key): _plain(value[key]) for key in sorted(value, key=_utf16)}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            raise InvalidRequest(f"A value of type {type(value).__name__} cannot be written down exactly.")


def _text(value: str) -> str:
    if value.isascii():
        return value
    if any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise InvalidRequest("The text has half a character in it (a lone surrogate).")
    return unicodedata.normalize("NFC", value)


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise InvalidRequest("The JSON names a key twice.")
    return result


def _refuse(text: str) -> Any:
    raise InvalidRequest(f"The JSON has {text}, which cannot be written down exactly; use a whole number or a text.")
