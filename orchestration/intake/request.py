"""What people type, made safe to work with: one spelling, no control characters, a bounded length."""

import unicodedata
from itertools import chain

from orchestration.errors import InvalidRequest

MAX_LENGTH = 10_000
"""Characters."""
_ALLOWED_CONTROLS = "\n\t"
# Letters of other alphabets that look like Latin ones; what they imitate is what the reader of a card sees.
_CYRILLIC = dict(zip("аеорсухіјѕԁһкмтвпԛԝ", "aeopcyxijsdhkmtbnqw", strict=True))
_GREEK = dict(zip("αορνκτχβγεημιυ", "aopvktxbyenmiu", strict=True))
_VARIATIONS = (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
INVISIBLE = frozenset((0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *chain(*_VARIATIONS)))
"""Code points of letters and marks that show nothing: joiners, fillers, variation selectors."""
_SEEN_AS = str.maketrans(_CYRILLIC | _GREEK) | dict.fromkeys(INVISIBLE)


def clean_text(raw: object) -> str:
    """Return the text in NFC, stripped; raises InvalidRequest with what to do instead."""
    if not isinstance(raw, str) or not raw.strip():
        raise InvalidRequest("The request is empty. Say what you want done, for example: show status.")
    if len(raw) > MAX_LENGTH:
        raise InvalidRequest(
            f"The request has {len(raw):,} characters; the limit is {MAX_LENGTH:,}. Ask for one thing at a time."
        )
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n")).strip()
    for position, character in enumerate(text, start=1):
        if is_control(character) and character not in _ALLOWED_CONTROLS:
            raise InvalidRequest(
                f"The request has an invisible control character (U+{ord(character):04X}) at position {position}. "
                "Type it again without that character."
            )
    return text


def is_control(character: str) -> bool:
    """Whether a character is a control, half a character, or turns the direction of writing round."""
    return unicodedata.category(character) in ("Cc", "Cs") or unicodedata.bidirectional(character) in _TURNS


_TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def fold(text: str) -> str:
    """Return a text as its reader sees it: lower case, compatible forms and look-alike letters made Latin.

    Invisible characters are dropped. For comparing only; never for what is stored or run.
    """
    if text.isascii():
        return text.lower()
    visible = "".join(c for c in unicodedata.normalize("NFKC", text).lower() if unicodedata.category(c) != "Cf")
    return visible.translate(_SEEN_AS)
