"""Takes secrets out of what tools print, before it is written, shown or sent anywhere.

The launcher of every attempt calls this for each line, so it imports next to nothing and compiles a pattern when
its first candidate comes by. Known values are found in the forms in which tools print them; tokens that nobody told
us about are found by the shapes their makers gave them.
"""

import json
import re
from binascii import b2a_base64
from collections.abc import Iterable, Iterator
from functools import cache

REDACTED = "[redacted]"
SHORTEST = 4
"""Values with fewer characters are no secrets, and hiding them would blacken everything."""
_WINDOW = 8192
"""How far around a cut a token is looked for, in characters."""
_LONGEST_BLOCK = 400
"""Lines of a private key block whose end never comes."""

_KEYS = r"(?:secret|token|(?:api|access|account|private|auth|encryption|signing)[_-]?key)"
_NOTHING = r"(?!(?:null|none|nil|true|false|undefined|yes|no)\b)"
_PLAIN = r"[^\s\"',;&)}\]]"

_Rule = tuple[tuple[str, ...], str]

# Each: lower-case texts of which one must be in the line, and a pattern; what a named group `keep` matched stays.
# A pattern begins where a run of its own characters begins, so that a long line does not take quadratic time.
_TOKENS: tuple[_Rule, ...] = (
    (("-----end ",), r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?-----END [A-Z0-9 ]{0,40}-----"),
    (("akia", "asia"), r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"(?<![A-Za-z0-9_])gh[pousr]_[A-Za-z0-9]{20,}"),
    (("github_pat_",), r"(?<![A-Za-z0-9_])github_pat_[A-Za-z0-9_]{20,}"),
    (("gl",), r"(?<![\w-])gl(?:pat|dt|rt|ptt|cbt|ft|soat|agent|oas)-[\w-]{20,}"),
    (("xox", "xapp-"), r"(?<![\w-])(?:xox[a-z](?:\.xox[a-z])?|xapp)-[\w-]{10,}"),
    (("hooks.slack.com/",), r"(?P<keep>hooks\.slack\.com/(?:services|workflows|triggers)/)[\w/-]{8,}"),
    (("api/webhooks/",), r"(?P<keep>api/webhooks/\d{1,24}/)[\w-]{8,}"),
    (("eyj",), r"(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}(?:\.[\w-]*)?"),
    (("sk-ant-",), r"(?<![\w-])sk-ant-[\w-]{8,}"),
    (("sk-",), r"(?<![\w-])sk-(?=[A-Za-z_-]{0,80}\d)[\w-]{20,}"),
    (("aiza", "ya29."), r"(?<![\w-])(?:AIza[\w-]{35}|ya29\.[\w-]{20,})"),
    (("_live_", "_test_", "whsec_"), r"(?<![A-Za-z0-9_])(?:(?:sk|rk|pk)_(?:live|test)_|whsec_)[A-Za-z0-9]{10,}"),
    (("npm_", "pypi-", "hf_"), r"(?<![\w-])(?:npm_[A-Za-z0-9]{30,}|pypi-A[\w-]{30,}|hf_\w{30,})"),
    (("hvs.",), r"(?<![\w-])hvs\.[\w-]{20,}"),
    (("://",), r"(?<=://)(?:[^\s/@:]{0,256}:[^\s/]{1,512}|[^\s/@:]{20,512})(?=@)"),
)
_HEADERS: tuple[_Rule, ...] = (
    (
        ("authorization",),
        r"(?i)(?P<keep>authorization[\"']?\s?[:=]\s?[\"']?(?:(?:bearer|basic|digest|token|bot)\s+)?)[^\s\"',]+",
    ),
    (("bearer", "basic"), r"(?i)(?<!\w)(?P<keep>(?:bearer|basic)\s{1,4})(?=[\w.~+/-]{0,80}[\d=])[\w.~+/-]{12,}=*"),
    (("cookie",), r"(?i)(?P<keep>(?<![\w])(?:set-)?cookie[\"']?: ?)[^\"'\n]{4,}"),
)
_SECRET_WORDS = ("secret", "token", "key")
_NAMED: tuple[_Rule, ...] = (
    (
        ("passw", "passphrase", "pwd"),
        rf"(?i)(?P<keep>(?:password|passwd|passphrase|pwd)[\"']?\s?[=:]\s?(?P<quote>[\"'])?){_NOTHING}(?!/|\s|$)"
        r"(?(quote)[^\"']+|[^\s\"',;&]+)",
    ),
    # Words that prose uses too: after them a value counts when it is quoted, follows `=`, ends a line of a settings
    # file, or does not look like a word.
    (_SECRET_WORDS, rf"(?i)(?P<keep>{_KEYS}[\"']?\s?[:=]\s?[\"']){_NOTHING}[^\"']{{4,}}"),
    (_SECRET_WORDS, rf"(?i)(?P<keep>{_KEYS}=){_NOTHING}{_PLAIN}{{4,}}"),
    (_SECRET_WORDS, rf"(?i)^(?P<keep>[\s+-]*[\w.-]{{0,64}}{_KEYS}: ){_NOTHING}{_PLAIN}{{4,}}$"),
    (
        _SECRET_WORDS,
        rf"(?i)(?P<keep>{_KEYS}(?: =|:) ?){_NOTHING}(?={_PLAIN}{{0,80}}[\d+/=_-]){_PLAIN}{{6,}}",
    ),
    (("--",), r"(?i)(?P<keep>--[a-z-]{0,40}(?:password|passphrase|secret|token|api-key)[ =])(?!-)[^\s\"',;]+"),
)
_RULES = _TOKENS + _HEADERS + _NAMED
_DISCORD = r"(?<![\w-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}"

_BLOCK_BEGINS = re.compile("-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_BLOCK_ENDS = re.compile("-----END [A-Z0-9 ]{0,40}-----")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _patterns_for(text: str) -> Iterator[re.Pattern[str]]:
    """Yield the patterns that could match in this text."""
    lower = text.lower()
    for triggers, pattern in _RULES:
        for trigger in triggers:
            if trigger in lower:
                yield _compiled(pattern)
                break
    if text.count(".") > 1:
        yield _compiled(_DISCORD)


def _hide(found: re.Match[str]) -> str:
    return (found.groupdict().get("keep") or "") + REDACTED


class Redactor:
    """Redacts one stream, line by line. Remembers whether it is inside a private key block."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        self._forms = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, self._forms))) if forms else None
        self._block_lines = 0
        self.window = max([_WINDOW, *map(len, self._forms[:1])])
        """How far around a cut `cut` looks, in characters."""

    def line(self, text: str) -> str:
        """Return one line (or a piece of one, see `cut`) without what must not be seen."""
        if self._block_lines and self._in_block(text):
            return REDACTED
        if self._known and any(map(text.__contains__, self._forms)):
            text = self._known.sub(REDACTED, text)
        for pattern in _patterns_for(text):
            text = pattern.sub(_hide, text)
        return self._open_block(text) if "-----BEGIN" in text else text

    def cut(self, text: str, at: int) -> int:
        """Return the last place not after `at` where a long line can be cut without cutting a secret in two.

        Sees what begins within `window` before `at`, so `text` should go on that far behind it. Returns `at` itself
        when one token fills all of it.
        """
        start = max(0, at - self.window)
        around = text[start : at + self.window]
        spans = sorted((found.span() for found in self._matches(around)), reverse=True)
        place = at - start
        for begin, end in spans:
            if begin < place < end:
                place = begin
        return start + place or at

    def _matches(self, text: str) -> Iterator[re.Match[str]]:
        if self._known:
            yield from self._known.finditer(text)
        for pattern in _patterns_for(text):
            yield from pattern.finditer(text)

    def _open_block(self, text: str) -> str:
        found = _BLOCK_BEGINS.search(text)
        if not found:
            return text
        self._block_lines = _LONGEST_BLOCK
        return text[: found.start()] + REDACTED

    def _in_block(self, text: str) -> bool:
        """Whether this line is the key's: until its end, or until something that is no key."""
        self._block_lines -= 1
        if _BLOCK_ENDS.search(text) or not _looks_like_key(text):
            self._block_lines = 0
            return bool(_BLOCK_ENDS.search(text))
        return True


def _looks_like_key(text: str) -> bool:
    """Whether a line can stand in a private key block: base64 (whatever a log put before it), a header, or nothing."""
    words = text.split()
    return len(words) < 2 or ":" in words[0] or bool(_compiled(r"[A-Za-z0-9+/=]{24}").search(text))


def _forms(secret: str) -> Iterator[str]:
    """Yield the spellings of a secret that tools print: itself, its lines, quoted, percent-encoded, base64."""
    for value in {secret, secret.strip(), *(line.strip() for line in secret.splitlines())}:
        if len(value) >= SHORTEST:
            yield from (value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
            yield from (_percent(value, "%{:02X}"), _percent(value, "%{:02x}"), _percent(value, "%{:02X}", "/"))
            yield from _base64(value.encode("utf-8", "replace"))


def _percent(value: str, form: str, keep: str = "") -> str:
    safe = "_.-~" + keep
    encoded = value.encode("utf-8", "replace")
    return "".join(chr(b) if (chr(b).isalnum() and b < 128) or chr(b) in safe else form.format(b) for b in encoded)


def _base64(value: bytes) -> Iterator[str]:
    """Yield what base64 of any text that holds this value must contain, by where in three bytes it begins."""
    for shift in range(3):
        encoded = b2a_base64(b"\0" * shift + value, newline=False).decode()
        certain = encoded[-(-shift * 8 // 6) : (shift + len(value)) * 8 // 6]
        if len(certain) >= 8:
            yield certain
            yield certain.translate({43: "-", 47: "_"})
