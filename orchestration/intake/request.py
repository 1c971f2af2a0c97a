"""What people type, made safe to work with: one spelling, no control characters, a bounded length."""

import unicodedata

from orchestration.errors import InvalidRequest

MAX_LENGTH = 10_000
"""Characters."""
_ALLOWED_CONTROLS = "\n\t"
# Letters of other alphabets that look like Latin ones; what they imitate is what the reader of a card sees.
_CYRILLIC = dict(zip("аеорсухіјѕԁһкмтвпԛԝ", "aeopcyxijsdhkmtbnqw", strict=True))
_GREEK = dict(zip("αορνκτχβγεημιυ", "aopvktxbyenmiu", strict=True))
_CONFUSABLE = str.maketrans(_CYRILLIC | _GREEK)


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
    visible = "".join(c for c in unicodedata.normalize("NFKC", text).lower() if unicodedata.category(c) != "Cf")
    return visible.translate(_CONFUSABLE)
