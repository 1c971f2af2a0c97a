"""What redaction takes out of a line, and what it leaves alone."""

import base64
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.redaction import REDACTED, Redactor

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF123_-x"
KEY_BODY = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW"

TOKENS = [
    "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "github_pat_" + "a1B" * 12,
    "glpat-" + "ab1-" * 6,
    "xoxb-" + "123456789012-abcdef",
    "xapp-" + "1-A1-22-abcdef",
    "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA." + "GabcDE." + "x" * 38,
    JWT,
    "sk-ant-" + "api03-abcdefgh",
    "sk-proj-" + "abc123def456ghi789jkl0",
    "AIza" + "aB1" * 11 + "aa",
    "sk_live_" + "abcdefghij123456",
    "npm_" + "a1" * 18,
    "hvs." + "a" * 24,
]

NAMED = [
    ("Authorization: Bearer abc", "Authorization: Bearer [redacted]"),
    ("{'Authorization': 'Basic dXNlcjpwYXNz'}", "{'Authorization': 'Basic [redacted]'}"),
    ("sent bearer abcdef0123456789", "sent bearer [redacted]"),
    ("password=swordfish next", "password=[redacted] next"),
    ("login with password: swordfish", "login with password: [redacted]"),
    ('{"password": "two words"}', '{"password": "[redacted]"}'),
    ("  token: abcd", "  token: [redacted]"),
    ("the token: a1b2c3d4", "the token: [redacted]"),
    ("export API_KEY=abcdefg", "export API_KEY=[redacted]"),
    ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPx", "aws_secret_access_key = [redacted]"),
    ("postgres://app:p%40w@db/x", "postgres://[redacted]@db/x"),
    ("https://app:pa@ss@db/x", "https://[redacted]@db/x"),
    ("run --password hunter --dry", "run --password [redacted] --dry"),
    ("Set-Cookie: sid=abcdef; Path=/", "Set-Cookie: [redacted]"),
    ("https://hooks.slack.com/services/T00/B00/XXXX", "https://hooks.slack.com/services/[redacted]"),
]

ORDINARY = [
    "TASK [kuma : Lay down compose file] ***********************",
    "localhost : ok=3 changed=1 unreachable=0 failed=0 skipped=0",
    "2026-01-01 10:00:00 INFO worker 3 finished in 12 ms, tokens: 512",
    "fatal: unexpected token: expected ';'",
    "max_tokens=4096 key=value foreign_key=users.id",
    "basic authentication is off, bearer authentication is on",
    "token: null",
    "password: null",
    "PWD=/home/x",
    "git@github.com:foo/bar and ssh://git@host/x",
    "sk-learn-contrib-something-with-a-long-name",
    "task-1234567890123456789012",
    "tests/test_token.py::test_secret PASSED",
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef",
    "https://files.example/packages/ab/cd/0123456789abcdef0123456789/x-1.0.whl",
]


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token[:8])
def test_tokens_are_known_by_their_shape(token: str) -> None:
    """A token that nobody told us about is hidden wherever it stands in a line."""
    redact = Redactor([]).line
    assert redact(f"got '{token}' back") == f"got '{REDACTED}' back"
    assert redact(f"{token}") == REDACTED


@pytest.mark.parametrize(("line", "shown"), NAMED, ids=lambda text: text[:20])
def test_values_are_known_by_their_names(line: str, shown: str) -> None:
    """What follows the name of a secret is hidden; the name stays, so that the line can be understood."""
    assert Redactor([]).line(line) == shown


@pytest.mark.parametrize("line", ORDINARY)
def test_ordinary_lines_stay(line: str) -> None:
    """A log that is black where nothing is secret helps nobody."""
    assert Redactor(["hunter2!"]).line(line) == line


@pytest.mark.parametrize("secret", ["hunter2!x/y", "correct horse battery", 'quo"te\\d', "paßwört"])
def test_known_secrets_are_hidden_in_every_spelling(secret: str) -> None:
    """A known value is hidden as it is, quoted, percent-encoded, and in base64 wherever it begins in that."""
    redact = Redactor([secret]).line
    spellings = [secret, json.dumps(secret)[1:-1], quote(secret), quote(secret, safe="")]
    for spelling in spellings:
        assert redact(f"<{spelling}>") == f"<{REDACTED}>"
    for before in ("", "a", "ab", "abc"):
        encoded = base64.b64encode(f"{before}{secret}\n".encode()).decode()
        kept = redact(encoded).split(REDACTED)
        assert len(kept) == 2
        assert max(map(len, kept)) <= 4


def test_each_line_of_a_secret_is_secret() -> None:
    """A secret of several lines is hidden line by line, because that is how it is printed."""
    redact = Redactor(["first part\n  second part\nx\n"]).line
    assert [redact(line) for line in ("a first part", "second part b", "x y")] == [
        f"a {REDACTED}",
        f"{REDACTED} b",
        "x y",
    ]


def test_very_short_values_are_no_secrets() -> None:
    """A value of fewer than four characters would blacken everything, and is left."""
    assert Redactor(["yes", ""]).line("yes, it says yes") == "yes, it says yes"


def test_private_keys_are_hidden_to_their_end() -> None:
    """A private key block is hidden over its lines, also behind what a log puts before each; then lines show again."""
    redact = Redactor([]).line
    key = ["-----BEGIN OPENSSH PRIVATE KEY-----", f"app | {KEY_BODY}", "QyNTUx", "-----END OPENSSH PRIVATE KEY-----"]
    assert [redact(line) for line in key] == [REDACTED] * 4
    assert redact("and on") == "and on"


def test_a_key_block_without_end_does_not_swallow_the_log() -> None:
    """Prose after the first line of a key ends the block."""
    redact = Redactor([]).line
    assert redact("expected -----BEGIN PRIVATE KEY-----") == f"expected {REDACTED}"
    assert redact("but the file was empty") == "but the file was empty"


def test_a_key_on_one_line_is_hidden() -> None:
    """A private key with its line ends escaped, as JSON has it, is hidden as one thing."""
    line = '{"k": "-----BEGIN RSA PRIVATE KEY-----\\nMIIE\\n-----END RSA PRIVATE KEY-----"} ok'
    assert Redactor([]).line(line) == f'{{"k": "{REDACTED}"}} ok'


def test_long_lines_are_never_cut_inside_a_secret() -> None:
    """A place to cut lies before a secret that stands across the wanted place, known or by shape."""
    redactor = Redactor(["correct horse battery"])
    for secret in ("correct horse battery", JWT):
        text = "." * 90 + secret + "." * 90
        for at in range(91, 90 + len(secret)):
            assert redactor.cut(text, at) == 90
        assert redactor.cut(text, 90 + len(secret)) == 90 + len(secret)


@given(st.text(max_size=300))
def test_a_token_never_shows(before: str) -> None:
    """Whatever stands before it in a line, a token is hidden."""
    assert JWT not in Redactor([]).line(f"{before} {JWT}")


@given(st.text(max_size=50), st.text(max_size=50), st.text(alphabet="abcXYZ019/+=!ä ", min_size=4, max_size=30))
def test_a_known_secret_never_shows(before: str, after: str, secret: str) -> None:
    """Whatever stands around a known secret, it is not in what comes out."""
    shown = Redactor([secret]).line(before + secret + after)
    assert secret not in shown.replace(REDACTED, "\0")


@pytest.mark.parametrize(
    "piece",
    ["eyJ", "sk-", "://", "://a:", "token=", 'token="', "password=", "--", "bearer ", "key ", "xox", "a.b.", "M"],
)
def test_no_line_takes_long(piece: str) -> None:
    """A line made to be slow is redacted in bounded time."""
    line = piece * (65536 // len(piece)) + ". ."
    began = time.perf_counter()
    redactor = Redactor(["some secret"])
    redactor.line(line)
    redactor.cut(line, 32768)
    assert time.perf_counter() - began < 2.0
