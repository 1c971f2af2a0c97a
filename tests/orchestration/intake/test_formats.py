"""Formats: one spelling of each value, what is found of them in running text, and nothing that could be another."""

import contextlib
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.intake.declaration import Parameter
from orchestration.intake.formats import FORMATS
from orchestration.intake.parameters import check_value, find_said, find_typed, read_value
from orchestration.intake.values import BadValue


def parameter(format_: str, type_: str = "string", **declared: Any) -> Parameter:
    """Return a declared parameter, its keys as an owner writes them."""
    return Parameter.model_validate({"type": type_, "format": format_, **declared})


@pytest.mark.parametrize(
    ("declared", "text", "value"),
    [
        (parameter("duration"), "90 minutes", "1h30m"),
        (parameter("duration", "integer"), "90 minutes please", 5400),
        (parameter("size"), "2 gigabytes", "2GB"),
        (parameter("size", "integer"), "2 KiB", 2048),
        (parameter("time"), "14:30", "14:30"),
        (parameter("time"), "2:30 pm", "14:30"),
        (parameter("time"), "2 P.M.", "14:00"),
        (parameter("time"), "12am", "00:00"),
        (parameter("time"), "12:15 am", "00:15"),
        (parameter("time"), "noon", "12:00"),
        (parameter("time"), "23:59:59", "23:59:59"),
        (parameter("number"), "1,200.50", "1200.5"),
        (parameter("number"), "-3 please", "-3"),
        (parameter("number", description="The rate in percent."), "8%", "8"),
        (parameter("number", description="A share between 0 and 1."), "8 percent", "0.08"),
        (parameter("number", description="Temperature in Kelvin."), "298K", "298"),
        (parameter("number", minimum=0, maximum=1), "0.5", "0.5"),
        (parameter("date"), "2026/12/1", "2026-12-01"),
        (parameter("date"), "2026.12.01", "2026-12-01"),
        (parameter("date"), "2026-12-01", "2026-12-01"),
        (parameter("date"), "1 December 2026", "2026-12-01"),
        (parameter("date"), "1st of Dec 2026", "2026-12-01"),
        (parameter("date"), "Sept. 3rd, 2027", "2027-09-03"),
        (parameter("path"), "logs/app.log", "logs/app.log"),
        (parameter("path"), "./logs//app.log", "logs/app.log"),
        (parameter("path", absolute=True), "/var//log/", "/var/log"),
        (parameter("url"), "HTTPS://NAS.home.arpa:5001/A?b=C#d", "https://nas.home.arpa:5001/A?b=C#d"),
        (parameter("url"), "http://[::1]:80/", "http://[::1]:80/"),
        (parameter("hostname"), "NAS.Home.arpa.", "nas.home.arpa"),
        (parameter("hostname"), "192.168.1.10", "192.168.1.10"),
    ],
)
def test_a_value_has_one_spelling(declared: Parameter, text: str, value: object) -> None:
    """However it is written, the same value is stored the same way, and that spelling stands for itself."""
    found = read_value(declared, text)
    assert (type(found), found) == (type(value), value)
    assert check_value(declared, found) == found


@pytest.mark.parametrize(
    ("declared", "text", "message"),
    [
        (parameter("duration", "integer", minimum=60), "30s", "must be between 1m and"),
        (parameter("number"), "many", "must be a number such as 3, 0.25 or 1.2 million, not «many»"),
        (parameter("number"), "8%", "can be meant in two ways, «8%»: write 8 or 0.08"),
        (parameter("number", maximum=1), "1.01", "must be at most 1, not 1.01"),
        (parameter("number", minimum=0), "-0.5", "must be at least 0, not -0.5"),
        (parameter("size", "integer", maximum=1000**2), "1 GB", "must be between -9007199254740991 and 1MB, not 1GB"),
        (parameter("time"), "2:30", "can be meant in two ways, «2:30»: write 02:30, or am or pm behind it"),
        (parameter("time"), "14", "must be a time of day such as 14:30 or 2pm"),
        (parameter("time"), "24:00", "is not a time of day"),
        (parameter("time"), "13 pm", "is not a time of day"),
        (parameter("date"), "12/01/2026", "must be a date with its year"),
        (parameter("date"), "1 December", "must be a date with its year"),
        (parameter("date"), "tomorrow", "must be a date with its year"),
        (parameter("date"), "2026-02-30", "is not in any calendar"),
        (parameter("path"), "../secrets", "must be a path without «..»"),
        (parameter("path"), "a/../../b", "must be a path without «..»"),
        (parameter("path", absolute=True), "/var/../etc", "must be a path without «..»"),
        (parameter("path"), "~/notes", "and «~»"),
        (parameter("path"), "/etc/passwd", "must be a path inside the workspace"),
        (parameter("path"), ".", "must be a path, not «.»"),
        (parameter("path"), "x\ny", "must be a path"),
        (parameter("url"), "nas.home.arpa", "must be a web address that begins with https:// or http://"),
        (parameter("url"), "file:///etc/passwd", "must be a web address"),
        (parameter("url"), "https://", "names no host"),
        (parameter("url"), "https://user:secret@nas/", "must not have a name or a password in it"),
        (parameter("url"), "https://nas:port/", "is not a web address"),
        (parameter("url"), "https://nаs.home.arpa/", "must be a web address"),
        (parameter("hostname"), "-nas", "must be the name of a host"),
        (parameter("hostname"), "nas..", "must be the name of a host"),
        (parameter("hostname"), "nas home", "must be the name of a host"),
        (parameter("hostname"), "300.1.1.1", "is not an address"),
        (parameter("hostname", pattern=".*[.]arpa"), "example.org", "must match"),
    ],
)
def test_what_is_not_sure_is_refused(declared: Parameter, text: str, message: str) -> None:
    """A refusal says what was typed and what to write instead."""
    with pytest.raises(BadValue) as refused:
        read_value(declared, text)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("declared", "clause", "found"),
    [
        (parameter("duration"), "wait for 10 minutes, then go", "10 minutes"),
        (parameter("duration"), "wait 1h30", "1h30"),
        (parameter("duration"), "wait half an hour", "half an hour"),
        (parameter("duration"), "wait 10", None),
        (parameter("duration"), "wait 5 minutes or 10 minutes", None),
        (parameter("duration"), "look at web10s", None),
        (parameter("size", "integer"), "give it 2 GB of memory", "2 GB"),
        (parameter("size"), "give it 2GBx", None),
        (parameter("time"), "at 14:30 sharp", "14:30"),
        (parameter("time"), "at 2 p.m. sharp", "2 p.m"),
        (parameter("time"), "at 2:30", "2:30"),
        (parameter("date"), "on 1 December 2026, please", "1 December 2026"),
        (parameter("date"), "on 12/01/2026", "12/01/2026"),
        (parameter("path"), "show me logs/app.log.", "logs/app.log"),
        (parameter("path"), "show me portals.yml", "portals.yml"),
        (parameter("path"), "show me the logs", None),
        (parameter("path"), "open https://a.example/b", None),
        (parameter("url"), "open (https://a.example/b?c=d), now", "https://a.example/b?c=d"),
        (parameter("url"), "open https://a.example/b_(c) now", "https://a.example/b_(c)"),
        (parameter("hostname"), "ping nas.home.arpa.", "nas.home.arpa"),
        (parameter("hostname"), "ping portals.yml", None),
        (parameter("hostname"), "ping it", None),
    ],
)
def test_the_only_value_of_its_kind_is_found(declared: Parameter, clause: str, found: str | None) -> None:
    """One value of a format in a clause is meant; two, or what only resembles one, are not."""
    assert find_typed(declared, clause) == (found and (found, found))


@pytest.mark.parametrize(
    ("declared", "clause", "found"),
    [
        (parameter("duration", "integer"), "with a wait of 10 minutes", ("10 minutes", "wait of 10 minutes")),
        (parameter("duration"), "wait=1h30m, then go", ("1h30m", "wait=1h30m")),
        (parameter("size"), "wait 2 GB", ("2 GB", "wait 2 GB")),
        (parameter("duration"), "wait 10", ("10", "wait 10")),
        (parameter("date"), 'wait "1 May 2027"', ("1 May 2027", 'wait "1 May 2027"')),
    ],
)
def test_a_name_introduces_the_whole_value(declared: Parameter, clause: str, found: tuple[str, str]) -> None:
    """A value of several words is taken to its end; what is no such value is taken to be refused."""
    assert find_said("wait", declared, clause) == found


def test_a_parameter_without_a_format_is_not_found_by_it() -> None:
    """Any text could be a text."""
    assert find_typed(Parameter(type="string"), "at 14:30") is None


PIECES = st.sampled_from(
    ["a", "7", "12:30", "pm", "/", "..", ".", ":", "http", "://", "dec", "2026", "-", "@", "[", "]", " ", "%"]
)


@pytest.mark.parametrize("name", FORMATS)
@given(text=st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=10).map("".join)))
def test_readers_refuse_or_are_stable(name: str, text: str) -> None:
    """Whatever is typed, nothing but a refusal is raised, and a canonical value reads as itself."""
    declared = parameter(name)
    find_typed(declared, text)
    try:
        value = read_value(declared, text)
    except BadValue:
        pass
    else:
        assert read_value(declared, value) == value == check_value(declared, value)


@given(st.dates(), st.times())
def test_dates_and_times_read_as_they_are_printed(date: Any, time: Any) -> None:
    """Every day and every second of one can be said, and stays what it is."""
    assert read_value(parameter("date"), date.isoformat()) == date.isoformat()
    assert read_value(parameter("time"), f"{time:%H:%M:%S}") == f"{time:%H:%M:%S}"


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "piece", [" ", "1h ", "1,000", "half  ", "a/", "1:1:", "jan 1 ", "https://", "a.", "1 h and a "]
)
def test_a_long_text_is_read_in_no_time(name: str, piece: str) -> None:
    """However a text of the greatest length is made, reading it takes time by its length and not by its square."""
    declared = parameter(name, maxLength=20_000)
    text = f"wait 1h{piece * (10_000 // len(piece))}x"
    started = time.perf_counter()
    find_typed(declared, text)
    find_said("wait", declared, text)
    with contextlib.suppress(BadValue):
        read_value(declared, text)
    assert time.perf_counter() - started < 2  # seconds; a few milliseconds are usual, and squares took ten seconds
