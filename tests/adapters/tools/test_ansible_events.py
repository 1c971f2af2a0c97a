"""What is read from the lines of our callback plugin, and what it writes of the forms in which modules report."""

from pathlib import Path
from typing import Any

import pytest

from adapters.tools.ansible_callback import sayso_events
from adapters.tools.ansible_events import Report
from orchestration.ports import Change

WORKSPACE = Path("/w")


def report(*lines: str) -> Report:
    """Return the report of these lines."""
    return Report(WORKSPACE).read(lines)


def diff(path: str, sign: str, added: int = 0, removed: int = 0) -> str:
    """Return the event of a difference."""
    return f'{{"event": "diff", "path": "{path}", "sign": "{sign}", "added": {added}, "removed": {removed}}}'


def test_changes_of_one_file_are_one_change() -> None:
    """Several tasks on one file are added up; a file that one of them made is new; outside paths stay absolute."""
    found = report(
        diff("/w/kuma/", "+"),
        diff("/w/kuma/a", "+", 2),
        diff("/w/kuma/a", "~", 1, 1),
        diff("/w/b", "~", 1),
        diff("/w/b", "-", 0, 4),
        diff("/w/empty/", "+"),
        diff("/etc/x", "~", 1),
    )
    assert found.changes() == (
        Change("kuma/a", "+", 3, 1),
        Change("b", "-", 1, 4),
        Change("empty/", "+", 0, 0),
        Change("/etc/x", "~", 1, 0),
    )


def test_text_cannot_pose_as_an_event() -> None:
    """Lines that belong to an event are text, whatever they look like; so is JSON that is no event."""
    found = report(
        diff("/w/a", "~", 1), '+{"event": "stats", "hosts": 1}', ' {"event": "stats"}', "{broken", '{"a": 1}'
    )
    assert found.doubt() == "ansible-playbook ended without telling what it did."
    assert found.diffs[0].lines == ['+{"event": "stats", "hosts": 1}', ' {"event": "stats"}', "{broken", '{"a": 1}']


def test_broken_values_count_as_nothing() -> None:
    """Events with values of other types than ours neither fail nor count."""
    found = report('{"event": "start", "tasks": "x"}', '{"event": "diff", "path": 5, "sign": "?"}', '{"event": "item"}')
    assert found.position() == (0, 0, "")
    assert found.changes() == (Change("5", "~", 0, 0),)


def test_an_ignored_failure_is_no_failure() -> None:
    """What failed first and counted is told, with the item and all that was said, in one line."""
    found = report(
        '{"event": "task", "name": "Try"}',
        '{"event": "item", "status": "failed", "label": "x"}',
        "  ignored",
        '{"event": "result", "status": "ignored", "name": "Try"}',
        '{"event": "task", "name": "Reach"}',
        '{"event": "result", "status": "unreachable", "host": "nas"}',
        "  no route",
        "   to host",
        '{"event": "task", "name": "Later"}',
        '{"event": "result", "status": "failed"}',
    )
    assert found.failure() == "«Reach» did not reach nas: no route to host."


def test_a_patch_has_text_differences_only() -> None:
    """A patch has a part for each text difference; files without one are left out."""
    found = report(diff("/w/a", "+", 1), "@@ -0,0 +1 @@", "+x", diff("/w/b", "-"), diff("/w/c", "~"), " mode: 1 → 2")
    assert found.patch() == "--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+x\n"


HEADERS = {"before_header": "/w/m (content)", "after_header": "/w/m (content)"}
REPORTED: dict[str, tuple[dict[str, Any], list[tuple[str, str, int, int]]]] = {
    "new file, as in check mode": (
        {"diff": [{"before": "", "after": "a\n"}], "invocation": {"module_args": {"dest": "/w/t"}}},
        [("/w/t", "+", 1, 0)],
    ),
    "two parts, one of them empty": (
        {"diff": [{"before": "a\n", "after": "a\nb", **HEADERS}, {"before_header": "/w/m (file attributes)"}]},
        [("/w/m", "~", 1, 0)],
    ),
    "folder made": (
        {"diff": {"before": {"path": "/w/d", "state": "absent"}, "after": {"path": "/w/d", "state": "directory"}}},
        [("/w/d/", "+", 0, 0)],
    ),
    "folder removed": (
        {
            "diff": {
                "before": {"path": "/w/d", "state": "directory", "path_content": {"files": ["/w/d/b", "/w/d/a"]}},
                "after": {"path": "/w/d", "state": "absent"},
            }
        },
        [("/w/d/a", "-", 0, 0), ("/w/d/b", "-", 0, 0)],
    ),
    "rights changed": (
        {"diff": {"before": {"path": "/w/a", "mode": "0600"}, "after": {"path": "/w/a", "mode": "0644"}}},
        [("/w/a", "~", 0, 0)],
    ),
    "not text": ({"dest": "/w/a", "diff": [{"dst_binary": 1, "src_binary": 1}]}, [("/w/a", "~", 0, 0)]),
    "prepared": ({"path": "/w/a", "diff": {"prepared": "@@ -1 +1 @@\n-a\n+b\n"}}, [("/w/a", "~", 1, 1)]),
    "data": ({"path": "/w/a", "diff": {"before": {"a": 1}, "after": ["b"]}}, [("/w/a", "~", 3, 3)]),
    "nothing": ({"diff": []}, []),
}


@pytest.mark.parametrize("name", REPORTED)
def test_modules_report_in_many_forms(name: str) -> None:
    """Path, sign and counts are read from each form in which modules report differences."""
    result, expected = REPORTED[name]
    events = [found.event() for found in sayso_events.diffs_of(result)]
    assert [(event["path"], event["sign"], event["added"], event["removed"]) for event in events] == expected


def test_a_missing_end_of_line_is_told() -> None:
    """A patch says where a file does not end with a line's end, and splits at nothing but that."""
    assert sayso_events.unified("a\x0bb\n", "a\x0bb\nc")[1:] == [" a\x0bb", "+c", "\\ No newline at end of file"]


def test_output_is_limited_and_without_control_characters() -> None:
    """Lines are cut, and shown without what would steer a terminal; the rest is counted."""
    lines = sayso_events.limited(["\x1b[31mred\ttab", "x" * 5000, *["y"] * 2000])
    assert lines[0] == "\N{REPLACEMENT CHARACTER}[31mred\ttab"
    assert len(lines[1]) == sayso_events.LONGEST_LINE + 1
    assert lines[-1] == " … 1002 more lines"
