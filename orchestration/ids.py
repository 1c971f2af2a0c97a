"""Identifiers: UUIDv7 for programs, six characters of Crockford base 32 for people."""

import re
import secrets
import uuid

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 6
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
_FIXED_BITS = 0xF << 76 | 0b11 << 62
"""Where a UUID says its version and variant."""
_CODE = re.compile(f"[{ALPHABET}]{{{CODE_LENGTH}}}")


def new_id(milliseconds: int) -> str:
    """Return a UUIDv7 (RFC 9562) for a Unix time in milliseconds; later ones sort later."""
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    return str(uuid.UUID(int=value & ~_FIXED_BITS | 0x7 << 76 | 0b10 << 62))


def new_code() -> str:
    """Return a code that people can say, such as `7K2MQ4`."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def read_code(text: str) -> str | None:
    """Return the code that a person meant, forgiving case and the letters I, L, O and U; None if it is none."""
    code = text.strip().upper().translate(_MISREAD)
    return code if _CODE.fullmatch(code) else None


def is_id(text: str) -> bool:
    """Whether this is a UUID in its usual spelling."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
