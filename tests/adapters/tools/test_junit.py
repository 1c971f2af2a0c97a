"""A JUnit report is read as what it may be: anything, written by code that was only just tested."""

import time
from collections.abc import Callable

import pytest

from adapters.tools.junit import LARGEST, BadReport, read_junit
from orchestration.redaction import Redactor

SUITE = '<testsuite name="s" tests="3" failures="1" errors="1" skipped="0" time="0.25">{cases}</testsuite>'
CASES = (
    '<testcase classname="tests.a" name="test_one"/>'
    '<testcase classname="tests.a" name="test_two"><failure message="no">assert False</failure></testcase>'
    '<testcase classname="" name="tests.b"><error message="gone">ImportError</error></testcase>'
)
LAUGHS = (
    "<!DOCTYPE lolz [<!ENTITY lol0 'lol'>"
    + "".join(f"<!ENTITY lol{n} '{f'&lol{n - 1};' * 10}'>" for n in range(1, 10))
    + "]><testsuite tests='1'>&lol9;</testsuite>"
)


def as_it_is(text: str) -> str:
    """Redact nothing."""
    return text


@pytest.mark.parametrize(
    "wrap", ["{}", "<testsuites>{}</testsuites>", '<?xml version="1.0"?><testsuites>{}</testsuites>']
)
def test_counts_and_names_are_read(wrap: str) -> None:
    """A suite is counted the same by itself and wrapped, and the tests that failed or broke have names."""
    found = read_junit(wrap.format(SUITE.format(cases=CASES)).encode(), as_it_is)
    assert found.counts == {"tests": 3, "failures": 1, "errors": 1, "skipped": 0, "time_ms": 250}
    assert found.failing == ("tests.a::test_two", "tests.b")


def test_the_counts_of_the_wrapper_win() -> None:
    """Several suites are added up, unless what is around them has counted already."""
    two = SUITE.format(cases="") * 2
    assert read_junit(f"<testsuites>{two}</testsuites>".encode(), as_it_is).counts["tests"] == 6
    assert read_junit(f'<testsuites tests="5">{two}</testsuites>'.encode(), as_it_is).counts["tests"] == 5
    assert read_junit(b"<testsuites/>", as_it_is).counts["tests"] == 0


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (LAUGHS.encode(), "document type"),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite>&a;</testsuite>', "document type"),
        (b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><testsuite/>', "document type"),
        (b"<testsuite>", "broken in line 1"),
        (b"", "broken in line 1"),
        (b"\xff\xfe\x00", "broken in line 1"),
        (b"<testsuite>&unknown;</testsuite>", "broken in line 1"),
        (b"<html/>", "no JUnit report"),
        (b'<testsuite tests="-1"/>', "counts «-1» tests"),
        (b'<testsuite tests="1e9"/>', "counts «1e9» tests"),
        ('<testsuite tests="٣"/>'.encode(), "counts «٣» tests"),
        (b'<testsuite tests="99999999999999999999"/>', "counts"),
        (b'<testsuite tests="1" time="nan"/>', "took «nan» seconds"),
        (b"<testsuite>" * 50 + b"</testsuite>" * 50, "nested deeper"),
        (b"<testsuite>" + b" " * LARGEST + b"</testsuite>", "larger than 8 MiB"),
    ],
)
def test_what_is_no_sound_report_is_refused_at_once(data: bytes, why: str) -> None:
    """Entities, foreign files, depth, size, and counts that are none are refused, in little time."""
    began = time.monotonic()
    with pytest.raises(BadReport, match=why):
        read_junit(data, as_it_is)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("place", ['<testcase name="{}"/>', "<system-out>{}</system-out>", "<testcase/>{}"])
def test_secrets_are_taken_out_wherever_they_stand(place: str) -> None:
    """Attributes, texts and what stands between elements are redacted, though XML spells them in its own way."""
    redact: Callable[[str], str] = Redactor(["p&ss<word>1"]).line
    document = SUITE.format(cases=place.format("before p&amp;ss&lt;word&gt;1 after"))
    written = read_junit(document.encode(), redact).document
    assert "before [redacted] after" in written
    assert "ss&lt;word" not in written


def test_what_is_written_can_be_read_again() -> None:
    """The redacted report is a report, with the same counts."""
    first = read_junit(SUITE.format(cases=CASES).encode(), as_it_is)
    assert read_junit(first.document.encode(), as_it_is) == first
