"""What programs read: one JSON object a line, and the result at the end of it."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.terminal import Terminal

RESULT = {"event", "request_id", "plan_id", "code", "revision", "digest", "status", "verdict", "tasks"}
TASK = {
    "order", "task_id", "name", "operation", "work_type", "parameters", "status", "agent_id", "attempts", "exit_code",
}  # fmt: skip
SEPARATORS = "a\u2028b\u2029c"


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A folder that the first command makes a home in."""
    return Terminal(tmp_path_factory.mktemp("json"))


def checked(result: dict[str, Any], status: str, verdict: str | None) -> dict[str, Any]:
    """Return the only task of a result, after a look at the keys that are promised."""
    assert result["event"] == "result"
    assert result.keys() >= RESULT
    assert (result["status"], result["verdict"]) == (status, verdict)
    [task] = result["tasks"]
    assert task.keys() >= TASK
    found: dict[str, Any] = task
    return found


def test_a_run_is_told_as_it_happens(terminal: Terminal) -> None:
    """Events in their order, each with its time and request, then the result; whatever the values hold."""
    said = terminal.say("ask", f"echo grüß {SEPARATORS}", "--json")
    assert said.code == 0
    *events, result = said.objects
    assert [event["event"] for event in events] == [
        "request.received", "plan.proposed", "decision.made", "task.dispatched", "task.started", "task.finished",
        "plan.finished",
    ]  # fmt: skip
    assert {event["request_id"] for event in events} == {result["request_id"]}
    assert {event["plan_id"] for event in events} == {result["plan_id"]}
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    task = checked(result, "completed", "PASS")
    assert task["parameters"] == {"message": f"grüß {SEPARATORS}"}
    assert (task["order"], task["operation"], task["status"], task["exit_code"]) == (1, "echo", "completed", 0)
    assert said.err == ""


@pytest.mark.slow
def test_a_plan_is_the_same_object_to_every_command(terminal: Terminal) -> None:
    """`ask`, `show` and `approve` end with one object, in which only what has happened since is another."""
    asked = terminal.plan("back up the notes volume")
    assert checked(asked, "pending_approval", None)["attempts"] == 0
    assert terminal.say("show", asked["code"], "--json").last == asked
    said = terminal.say("approve", asked["plan_id"], "--as", "ben", "--json")
    assert said.code == 0
    task = checked(said.last, "completed", "PASS")
    assert (task["parameters"], task["attempts"], task["agent_id"]) == ({"volume": "notes"}, 1, "infra-1")
    same = ("request_id", "plan_id", "code", "revision", "digest", "expires_at")
    assert [said.last[key] for key in same] == [asked[key] for key in same]
    assert "vote.cast" in [event["event"] for event in said.objects]


@pytest.mark.slow
def test_a_question_is_a_result_without_a_plan(terminal: Terminal) -> None:
    """What is asked back comes as questions with the values that answer them."""
    said = terminal.say("ask", "deploy it", "--json")
    assert said.code == 4
    assert (said.last["plan_id"], said.last["status"], said.last["tasks"]) == (None, "requires_clarification", [])
    [question] = said.last["questions"]
    assert question == {
        "text": "Which service?", "about": "deploy it", "choices": ["deploy_kuma", "deploy_grafana"],
    }  # fmt: skip


@pytest.mark.slow
def test_out_of_scope_is_a_result_without_a_plan(terminal: Terminal) -> None:
    """What nothing can do comes with what comes nearest, by key."""
    said = terminal.say("ask", "install docker", "--json")
    assert said.code == 4
    assert (said.last["status"], said.last["out_of_scope"]) == ("out_of_scope", ["install docker"])
    assert {"deploy_kuma", "deploy_grafana"} <= set(said.last["nearest"])


@pytest.mark.slow
def test_an_error_is_an_object_too(terminal: Terminal) -> None:
    """A refusal is the last line, with its kind and the exit code, and a sentence for people beside it."""
    said = terminal.say("ask", "echo x", "--as", "eve", "--json")
    assert said.code == said.last["exit_code"] == 6
    assert (said.last["event"], said.last["error"]) == ("error", "NotAllowed")
    assert said.last["message"] == said.err.strip()


@pytest.mark.slow
def test_lists_and_the_record_are_objects(terminal: Terminal) -> None:
    """Plans, events of the record and its verification can be read line by line."""
    terminal.say("ask", "echo x")
    plans = terminal.say("plans", "--json").rows
    assert {"event", "id", "code", "status", "verdict", "digest", "created_at"} <= plans[0].keys()
    exported = terminal.say("audit", "export").objects
    assert [event["seq"] for event in exported] == list(range(1, len(exported) + 1))
    assert {"chain", "number", "event", "at", "body", "previous", "hash"} <= exported[0].keys()
    verified = terminal.say("audit", "verify", "--json")
    assert verified.code == 0
    assert (verified.last["intact"], verified.last["events"], verified.last["faults"]) == (True, len(exported), [])


@pytest.mark.slow
def test_every_command_ends_with_its_result(tmp_path: Path) -> None:
    """The last line is the result, or the error; also where there is nothing to tell and nothing has changed."""
    terminal = Terminal(tmp_path)

    def ends(*arguments: str) -> dict[str, Any]:
        return terminal.say(*arguments, "--json").last

    for what in ("plans", "agents"):
        assert ends(what) == {"event": "result", what: 0}
    assert ends("audit", "verify") == {
        "event": "error", "error": "NotFound", "exit_code": 2,
        "message": "There are no plans here yet. Ask for something: sayso ask show status",
    }  # fmt: skip
    assert ends("suggest")["suggestions"] == 0
    assert ends("check", "--offline") == ends("check") == {"event": "result", "ok": True}
    code = terminal.plan("back up the notes volume")["code"]
    assert ends("plans") == {"event": "result", "plans": 1}
    assert ends("agents") == {"event": "result", "agents": 4}
    assert ends("audit", "show", code)["events"] == 2
    for changed in (True, False):
        assert ends("pause", "--as", "ben") == {"event": "result", "on_hold": True, "changed": changed}
    for changed in (True, False):
        expected = {"event": "result", "on_hold": False, "changed": changed, "plans": []}
        assert ends("resume", "--as", "ben") == expected
    assert ends("reload") == {"event": "result", "served": False, "changed": []}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("shw",), "No such command 'shw'. Did you mean 'show'? See: sayso --help"),
        (("show",), "Missing argument 'PLAN'. See: sayso show --help"),
        (("audit", "shw"), "No such command 'shw'. Did you mean 'show'? See: sayso audit --help"),
        (
            ("resolve", "X", "maybe"),
            "Invalid value for 'OUTCOME': 'maybe' is not one of 'done', 'retry', 'abort'. See: sayso resolve --help",
        ),
    ],
)
def test_a_misused_command_is_an_error_as_any(terminal: Terminal, arguments: tuple[str, ...], message: str) -> None:
    """What no command takes is told in a sentence with the way out, to programs as an object too."""
    said = terminal.say(*arguments, "--json")
    assert (said.code, said.err) == (2, f"{message}\n")
    assert said.objects == [{"event": "error", "error": "InvalidRequest", "message": message, "exit_code": 2}]
