"""Text for Discord's markdown: what somebody else wrote is shown as it is, and never becomes a link or a mention."""

import re

_MEANS_SOMETHING = re.compile(r"[\\`*_~|<>#@\[\]():.+-]")
CHUNK = 1_000
"""Characters of foreign text in one line; escaped they are at most twice as many."""


def escaped(text: str) -> str:
    """Return foreign text so that it reads as it was written.

    A dot ends the name of an invitation, a colon the scheme of an address: without them nothing becomes a link.
    """
    return _MEANS_SOMETHING.sub(r"\\\g<0>", text)


def folded(text: str) -> list[str]:
    """Return a long line as several, escaped; each but the first begins with an arrow of ours."""
    parts = [text[start : start + CHUNK] for start in range(0, len(text), CHUNK)] or [""]
    return [escaped(part) if number == 0 else f"↳ {escaped(part)}" for number, part in enumerate(parts)]


def size(text: str) -> int:
    """Return how much of a limit a text takes: Discord counts UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, limit: int) -> str:
    """Return a label of at most so many UTF-16 units."""
    if size(text) <= limit:
        return text
    return text.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", "ignore") + "…"
