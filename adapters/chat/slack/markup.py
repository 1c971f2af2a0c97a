"""Between Slack's wire text and plain text. What people wrote comes in plain; nothing of it goes out as markup."""

import re

_TOKEN = re.compile(r"<([^<>\n]*)>")
_SIGNS = {"#": "#", "@": "@", "!": "@"}
_PREFIXES = ("http://", "https://", "mailto:", "tel:")


def plain(wire: str) -> str:
    """Return what a person typed, from the text that Slack made of it."""
    return unescaped(_TOKEN.sub(lambda found: _typed(found[1]), wire))


def without_mention(wire: str, user: str) -> str:
    """Return a text without the calls of this user."""
    return re.sub(rf"<@{re.escape(user)}(\|[^<>]*)?>", " ", wire).strip().lstrip(":,").strip()


def escaped(text: str) -> str:
    """Return text as Slack wants it where it reads markup: nothing in it mentions, links or breaks out."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescaped(text: str) -> str:
    """Return what `escaped` was given."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _typed(token: str) -> str:
    """Return what stood where Slack put a token: an address as it was written, a person or channel by its name."""
    target, _, label = token.partition("|")
    if target[:1] in _SIGNS:
        name = label or target[1:].partition("^")[2] or target[1:]
        return _SIGNS[target[0]] + name.lstrip("@#")
    return label if label and target in [prefix + label for prefix in _PREFIXES] else target
