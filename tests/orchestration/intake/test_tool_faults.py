"""Whom a request reaches, what is tested and what is read is the owner's to say, or the catalogue is refused."""

from typing import Any

import pytest

from orchestration.intake.catalogue import load_catalogue
from orchestration.validation import InvalidData

PLAIN = {
    "title": "Plain",
    "says": ["plain {name}"],
    "work_type": "try",
    "agent": "infra",
    "effect": "idempotent",
    "risk": "medium",
    "parameters": {"name": {"type": "string"}},
}
REQUEST = {"method": "GET", "url": "https://host.test/v1/{name}", "expect_status": 200}
SUITE = {"path": "tests/{name}"}
LOGS = {"plan": "{name}"}
QUESTION = {"instructions": "Compare «name» with others.", "about": {"name": "{name}"}}
LOOKS = {"effect": "read_only"}


def declared(tool: str, with_: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a catalogue of one operation."""
    files = {"files": ["tests/**"]} if tool == "pytest" else {}
    return {"version": 1, "operations": {"it": {**PLAIN, "tool": tool, "with": with_, **files, **changes}}}


def fault(tool: str, with_: dict[str, Any], **changes: Any) -> tuple[str, str]:
    """Return the only fault of an operation: the path of its key, and what it says."""
    with pytest.raises(InvalidData) as refused:
        load_catalogue(declared(tool, with_, **changes))
    [found] = refused.value.faults
    return ".".join(map(str, found.path[2:])), found.message


@pytest.mark.parametrize(
    ("tool", "with_", "changes"),
    [
        ("http_call", REQUEST, {}),
        ("http_call", {**REQUEST, "url": "http://127.0.0.1:8080/a?b={name}", "expect_status": [200, 302]}, {}),
        ("http_call", {**REQUEST, "url": "https://[::1]:8443/"}, {}),
        ("http_call", {**REQUEST, "method": "POST", "json": {"name": "{name}"}, "headers": {"X-Why": "{name}"}}, {}),
        ("http_call", {**REQUEST, "method": "PUT", "body": "on"}, {"preview": True, "preview_with": REQUEST}),
        (
            "http_call",
            {**REQUEST, "secret_headers": {"Authorization": "Bearer ${TOKEN}"}},
            {"secrets": {"TOKEN": "portal"}},
        ),
        ("pytest", SUITE, {"preview": True}),
        ("pytest", {"path": "tests", "only": "{name}", "markers": "not slow"}, {}),
        ("fetch_logs", LOGS, {}),
        ("fetch_logs", {**LOGS, "log": "junit", "limit": 20}, {}),
        ("research", QUESTION, LOOKS),
        ("research", {**QUESTION, "files": ["tests/{name}/*"]}, {**LOOKS, "files": ["tests/**"]}),
    ],
)
def test_what_is_sound_is_taken(tool: str, with_: dict[str, Any], changes: dict[str, Any]) -> None:
    """Requests to a named host, tests that are approved, and logs of a plan can be declared."""
    assert load_catalogue(declared(tool, with_, **changes)).operation("it").with_ == with_


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (None, "must be a text that begins with"),
        ("{name}", "must be a text that begins with"),
        ("ftp://host.test/", "must be a text that begins with"),
        ("file:///etc/passwd", "must be a text that begins with"),
        ("https://{name}/", "has a slot in its host"),
        ("https://{name}.host.test/", "has a slot in its host"),
        ("https://host.test:{name}/", "has a slot in its host"),
        ("https://host.test{name}", "has a slot in its host"),
        ("https://ana:secret@host.test/", "has a name or password in it"),
        ("https://host.test@evil.test/", "has a name or password in it"),
        ("https://host.test/#{name}", "has a «#»"),
        ("https://host.test\\@evil.test/", "has a name or password in it"),
        ("https://host.test/a b", "has a «#», a backslash, a space"),
        ("https://hóst.test/", "a character that is not ASCII"),
        ("https:///path", "is no host"),
        ("https://host.test:99999/", "is no host"),
        ("https://host.test:0/", "is no host"),
        ("https://host.test/a/../{name}", "has «.» or «..» in its path"),
    ],
)
def test_the_host_is_the_owners_word(url: Any, says: str) -> None:
    """Scheme, host and port stand in the catalogue as they are; no value and no trick of spelling changes them."""
    path, message = fault("http_call", {**REQUEST, "url": url})
    assert path == "with.url"
    assert says in message


@pytest.mark.parametrize(
    ("changes", "path", "says"),
    [
        ({"method": "PATCH"}, "with.method", "must be one of GET, HEAD, POST, PUT, DELETE"),
        ({"method": "{name}"}, "with.method", "must be one of"),
        ({"expect_status": None}, "with.expect_status", "must say with which status"),
        ({"expect_status": []}, "with.expect_status", "must say"),
        ({"expect_status": [200, True]}, "with.expect_status", "must say"),
        ({"expect_status": "{name}"}, "with.expect_status", "must say"),
        ({"follow": True}, "with.follow", "is not a key here"),
        ({"headers": ["x"]}, "with.headers", "must be names and texts"),
        ({"headers": {"a b": "x"}}, "with.headers.a b", "cannot be the name of a header"),
        ({"headers": {"Host": "x"}}, "with.headers.Host", "is set by Sayso"),
        ({"headers": {"X": "a\r\nY: b"}}, "with.headers.X", "must be one line"),
        ({"headers": {"X": 5}}, "with.headers.X", "must be one line"),
        ({"headers": {"Authorization": "Bearer abc"}}, "with.headers.Authorization", "would hold a secret"),
        ({"headers": {"X": "${TOKEN}"}}, "with.headers.X", "would hold a secret"),
        ({"secret_headers": {"X": "abc"}}, "with.secret_headers.X", "must name a secret"),
        ({"secret_headers": {"X": "${OTHER}"}}, "with.secret_headers.X", "there is no «OTHER» under «secrets:»"),
        ({"secret_headers": {"X": "${TOKEN} {name}"}}, "with.secret_headers.X", "cannot have a slot"),
        (
            {"secret_headers": {"X": "${TOKEN}"}, "url": "http://host.test/"},
            "with.secret_headers",
            "would travel in the clear",
        ),
        ({"body": "x"}, "with.method", "GET sends nothing"),
        ({"method": "POST", "body": "x", "json": {}}, "with.body", "cannot stand beside"),
        ({"method": "POST", "body": "name={name}"}, "with.body", "must be a text without slots"),
    ],
)
def test_a_request_is_declared_whole(changes: dict[str, Any], path: str, says: str) -> None:
    """Method, statuses, headers and body are checked when the catalogue is read, each fault where it is."""
    found = fault("http_call", {**REQUEST, **changes}, secrets={"TOKEN": "portal"})
    assert found[0] == path
    assert says in found[1]


@pytest.mark.parametrize(
    ("changes", "path", "says"),
    [
        ({"effect": "read_only"}, "effect", "POST may change something"),
        ({"preview": True}, "preview", "needs its own dry run"),
        ({"preview_with": {**REQUEST, "method": "DELETE"}}, "preview_with.method", "a preview changes nothing"),
        (
            {"preview_with": {**REQUEST, "secret_headers": {"X": "${TOKEN}"}}, "secrets": {"TOKEN": "portal"}},
            "preview_with.secret_headers",
            "previews get no secrets",
        ),
        ({"parameters": {"name": {"type": "object", "default": {}}}}, "with.url", "is not one value"),
    ],
)
def test_a_request_fits_its_operation(changes: dict[str, Any], path: str, says: str) -> None:
    """What changes something is not read-only, a preview only looks, and a value in a URL is one value."""
    found = fault("http_call", {**REQUEST, "method": "POST"}, **changes)
    assert found[0] == path
    assert says in found[1]


@pytest.mark.parametrize(
    ("with_", "changes", "path", "says"),
    [
        ({}, {}, "with.path", "must say where the tests are"),
        ({"path": "/tests"}, {}, "with.path", "must be a path inside the workspace"),
        ({"path": "../tests"}, {}, "with.path", "must be a path inside the workspace"),
        ({"path": "--pdb"}, {}, "with.path", "must be a path inside the workspace"),
        ({**SUITE, "extra_args": ["-x"]}, {}, "with.extra_args", "is not a key here"),
        ({**SUITE, "markers": ["a"]}, {}, "with.markers", "must be a text"),
        (SUITE, {"files": []}, "files", "tests run from approved copies"),
        (SUITE, {"preview_with": SUITE}, "preview_with", "has its own dry run"),
    ],
)
def test_tests_are_approved_files(with_: dict[str, Any], changes: dict[str, Any], path: str, says: str) -> None:
    """Tests lie in the workspace, are under «files:», and get no arguments but those that are declared."""
    found = fault("pytest", with_, **changes)
    assert found[0] == path
    assert says in found[1]


@pytest.mark.parametrize(
    ("with_", "changes", "path"),
    [
        ({}, {}, "with.plan"),
        ({**LOGS, "log": "passwords"}, {}, "with.log"),
        ({**LOGS, "limit": 0}, {}, "with.limit"),
        ({**LOGS, "limit": True}, {}, "with.limit"),
        ({**LOGS, "file": "x"}, {}, "with.file"),
        (LOGS, {"preview": True}, "preview"),
    ],
)
def test_logs_are_of_a_plan(with_: dict[str, Any], changes: dict[str, Any], path: str) -> None:
    """Logs are fetched of a plan, of a known kind, in a bounded number of lines."""
    assert fault("fetch_logs", with_, **changes)[0] == path


@pytest.mark.parametrize(
    ("with_", "changes", "path", "says"),
    [
        ({"about": {}}, {}, "with.instructions", "must say in your own words"),
        ({**QUESTION, "instructions": " "}, {}, "with.instructions", "must say in your own words"),
        ({**QUESTION, "instructions": "x" * 8001}, {}, "with.instructions", "8001 characters"),
        ({**QUESTION, "instructions": "Compare {name}."}, {}, "with.instructions", '«name: "{name}"» under «about:»'),
        ({**QUESTION, "about": "{name}"}, {}, "with.about", "must be names and texts"),
        ({**QUESTION, "about": {"name": 3}}, {}, "with.about", "must be names and texts"),
        ({**QUESTION, "files": "tests/**"}, {}, "with.files", "must be a list of paths"),
        ({**QUESTION, "files": ["tests/**"]}, {}, "files", "must be covered by the approval"),
        ({**QUESTION, "model": "big"}, {}, "with.model", "is not a key here"),
        (QUESTION, {"effect": "idempotent"}, "effect", "must be read_only"),
        (QUESTION, {"secrets": {"TOKEN": "portal"}}, "secrets", "nothing secret is sent"),
        (QUESTION, {"preview": True}, "preview", "has no dry run"),
    ],
)
def test_a_model_is_instructed_by_the_owner_alone(
    with_: dict[str, Any], changes: dict[str, Any], path: str, says: str
) -> None:
    """What people say never becomes an instruction, what is sent is approved, and an answer changes nothing."""
    found = fault("research", with_, **{**LOOKS, **changes})
    assert found[0] == path
    assert says in found[1]
