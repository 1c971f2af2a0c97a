"""Reads a JUnit report as what it may be: anything, written by code that was only just tested.

No document type and no entity is taken (both can make a small file huge, or read others), size and depth are bounded,
and what comes out is written anew and redacted. Called by `pytest_suite.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.parsers import expat

LARGEST = 8 << 20
"""Bytes of a report that is read."""
_DEEPEST = 16
_COUNTS = ("tests", "failures", "errors", "skipped")
_MOST = 10**9


class BadReport(ValueError):
    """A report that is not taken; the message ends the sentence «its report …»."""


@dataclass(frozen=True, slots=True)
class JUnit:
    """What a report says."""

    counts: dict[str, int]
    """tests, failures, errors, skipped; and time_ms."""
    failing: tuple[str, ...]
    """The tests that failed or broke, in their order: `tests.shelf.test_books::test_it_holds`."""
    document: str
    """The report as XML, redacted."""


def read_junit(data: bytes, redact: Callable[[str], str]) -> JUnit:
    """Return what the report says, every text in it redacted line by line; raises BadReport."""
    root = _parsed(data)
    if root.tag not in ("testsuites", "testsuite"):
        raise BadReport(f"is no JUnit report, for it begins with <{root.tag[:40]}>")
    for element in root.iter():
        _redact(element, redact)
    failing = tuple(_name(case) for case in root.iter("testcase") if _has_failed(case))
    return JUnit(_counts(root), failing, ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n")


def _parsed(data: bytes) -> ElementTree.Element:
    if len(data) > LARGEST:
        raise BadReport(f"is larger than {LARGEST >> 20} MiB")
    builder = _Shallow()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise BadReport(f"is broken in line {error.lineno}: {expat.errors.messages[error.code]}") from None
    return builder.close()


class _Shallow(ElementTree.TreeBuilder):
    """Builds the tree of a document that is not deeper than reports are."""

    _depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> ElementTree.Element:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadReport("is nested deeper than reports are")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ElementTree.Element:
        self._depth -= 1
        return super().end(tag)


def _refuse_doctype(*_declaration: object) -> None:
    raise BadReport("has a document type, which can hide other files and endless text in it")


def _redact(element: ElementTree.Element, redact: Callable[[str], str]) -> None:
    for key, value in element.attrib.items():
        element.set(key, _lines(value, redact))
    element.text = _lines(element.text, redact) if element.text else None
    element.tail = _lines(element.tail, redact) if element.tail else None


def _lines(text: str, redact: Callable[[str], str]) -> str:
    return "\n".join(map(redact, text.split("\n")))


def _counts(root: ElementTree.Element) -> dict[str, int]:
    """Return the sums: those of the outermost element where it has them, else those of its suites."""
    said = [root] if "tests" in root.attrib else root.findall("testsuite")
    counts = {key: sum(_number(element.get(key, "0")) for element in said) for key in _COUNTS}
    return {**counts, "time_ms": sum(_milliseconds(element.get("time", "0")) for element in said)}


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadReport(f"counts «{text[:40]}» tests")
    return int(text)


def _milliseconds(text: str) -> int:
    try:
        return round(min(max(float(text), 0.0), _MOST) * 1000)
    except (ValueError, OverflowError):
        raise BadReport(f"says that it took «{text[:40]}» seconds") from None


def _has_failed(case: ElementTree.Element) -> bool:
    return any(child.tag in ("failure", "error") for child in case)


def _name(case: ElementTree.Element) -> str:
    return "::".join(filter(None, (case.get("classname"), case.get("name"))))
