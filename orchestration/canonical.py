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
ENCODE = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")).encode
"""Keys in ASCII are in the same order by their UTF-16 code units as by their characters."""
TOO_LARGE = "A number is too large to be written down exactly; it must be below 2^53."


def canonical(value: Any) -> str:
    """Return the canonical JSON of plain data (dict, list, tuple, str, int, bool, None)."""
    try:
        if _is_simple(value) and (text := ENCODE(value)).isascii():
            return text  # nearly always
        return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        raise InvalidRequest("The value is nested too deeply to be written down.") from None


def digest(domain: str, text: str) -> str:
    """Return the SHA-256 in hex of a text under a domain prefix such as `sayso/plan/v1`."""
    return hashlib.sha256(f"{domain}\n{text}".encode()).hexdigest()


def parse(text: str | bytes) -> Any:
    """Parse JSON strictly: duplicate keys, floats, NaN and integers from 2^53 on are refused."""
    return _DECODE(text if isinstance(text, str) else text.decode())


def _is_simple(value: Any) -> bool:
    """Whether a value has nothing but plain types, text keys and small numbers, so that it may be written as it is."""
    kind = type(value)
    if kind is dict:
        return all(type(key) is str for key in value) and all(map(_is_simple, value.values()))
    if kind is list or kind is tuple:
        return all(map(_is_simple, value))
    return kind is str or kind is bool or value is None or (kind is int and abs(value) <= MAX_INTEGER)


def _plain(value: Any) -> Any:
    match value:
        case None | bool():
            return value
        case str():
            return _text(value)
        case int():
            if abs(value) > MAX_INTEGER:
                raise InvalidRequest(TOO_LARGE)
            return value
        case dict():
            return _object(value)
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            raise InvalidRequest(f"A value of type {type(value).__name__} cannot be written down exactly.")


def _object(value: dict[Any, Any]) -> dict[str, Any]:
    """Return a mapping in the order of its keys as they are written, each once."""
    named = {_key(key): item for key, item in value.items()}
    if len(named) != len(value):
        raise InvalidRequest("Two keys of a mapping are spelt differently and mean the same.")
    return {key: _plain(named[key]) for key in sorted(named, key=_utf16)}


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise InvalidRequest(f"The key {key} is not a text, so it cannot be written down exactly.")
    return _text(key)


def _text(value: str) -> str:
    if value.isascii():
        return value
    if any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise InvalidRequest("The text has half a character in it (a lone surrogate).")
    return unicodedata.normalize("NFC", value)


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise InvalidRequest("The JSON names a key twice.")
    return result


def _integer(text: str) -> int:
    # As long a text as 2^53 has: Python itself refuses longer ones with an error of its own.
    if len(text) > 17 or abs(value := int(text)) > MAX_INTEGER:
        raise InvalidRequest(TOO_LARGE)
    return value


def _refuse(text: str) -> Any:
    raise InvalidRequest(f"The JSON has {text}, which cannot be written down exactly; use a whole number or a text.")


_DECODE = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_refuse, parse_int=_integer, parse_constant=_refuse
).decode
