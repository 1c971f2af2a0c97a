"""The catalogue: one bad example of each kind, with the exact path and what to write instead; and templates."""

from datetime import timedelta
from typing import Any

import pytest

from orchestration.intake.catalogue import load_catalogue
from orchestration.intake.templates import fill, slots
from orchestration.validation import Fault, InvalidData

RESTART: dict[str, Any] = {
    "title": "Restart a service",
    "says": ["restart {name}", "bounce {name}"],
    "work_type": "restart_service",
    "agent": "infra",
    "effect": "idempotent",
    "risk": "medium",
    "target": "service:{name}",
    "parameters": {"name": {"type": "string", "ask": "Which service?"}},
    "tool": "command",
    "with": {"argv": ["systemctl", "restart", "--", "{name}"]},
    "timeout": "2m",
}
DEPLOY: dict[str, Any] = {
    "title": "Deploy Uptime Kuma",
    "says": "deploy kuma",
    "work_type": "deploy_service",
    "agent": "infra",
    "effect": "at_most_once",
    "risk": "high",
    "parameters": {
        "port": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 3001},
        "portals": {"type": "array", "items": {"type": "string"}, "data": {"file": "portals.yml"}},
    },
    "tool": "ansible_playbook",
    "with": {"playbook": "deploy.yml", "extra_vars": {"port": "{port}", "portals": "{portals}"}},
    "files": ["deploy.yml", "roles/**"],
    "secrets": {"KUMA_ADMIN": "kuma_admin"},
    "undo": "restart",
    "after": ["restart"],
}
GOOD: dict[str, Any] = {"version": 1, "operations": {"restart": RESTART, "deploy": DEPLOY}}


def with_changes(key: str, **values: object) -> dict[str, Any]:
    """Return the good catalogue with one operation changed; None takes a key out."""
    changed = {name: value for name, value in {**GOOD["operations"][key], **values}.items() if value is not None}
    return {**GOOD, "operations": {**GOOD["operations"], key: changed}}


def argv(*items: str, preview: bool = False) -> dict[str, Any]:
    """Return the good catalogue with another command."""
    return with_changes("restart", **{"with": {"argv": list(items)}})


def parameter(**values: object) -> dict[str, Any]:
    """Return the good catalogue with another parameter `name`."""
    return with_changes("restart", parameters={"name": {"type": "string", **values}})


def playbook(**values: object) -> dict[str, Any]:
    """Return the good catalogue with other instructions for the playbook."""
    return with_changes("deploy", **{"with": {**DEPLOY["with"], **values}})


RE, DE = ("operations", "restart"), ("operations", "deploy")
NAME = (*RE, "parameters", "name")
SCRIPT = "put the steps into a script of the workspace and name it under «files:», or use a playbook"

BAD: list[tuple[object, tuple[str | int, ...], str]] = [
    # the file
    ({**GOOD, "version": 2}, ("version",), "must be 1, not 2"),
    ({"version": 1}, ("operations",), "is missing: add «operations:»"),
    ({**GOOD, "operation": {}}, ("operation",), "is not a key here. Did you mean «operations»?"),
    ({**GOOD, "operations": {}}, ("operations",), "must not be empty"),
    (
        {**GOOD, "operations": {**GOOD["operations"], "Deploy-2": RESTART}},
        ("operations", "Deploy-2"),
        "must be a slug of a-z, 0-9 and _, such as deploy_kuma",
    ),
    # keys
    (with_changes("restart", titel="x"), (*RE, "titel"), "is not a key here. Did you mean «title»?"),
    (with_changes("restart", shell=True), (*RE, "shell"), "is not a key here."),
    (with_changes("restart", title=None), (*RE, "title"), "is missing: add «title:»"),
    (with_changes("restart", says=[]), (*RE, "says"), "must not be empty"),
    (with_changes("restart", tool="bash"), (*RE, "tool"), "must be command, ansible_playbook, pytest"),
    (with_changes("restart", risk="hihg"), (*RE, "risk"), "must be low, medium, high or critical, not «hihg»"),
    (with_changes("restart", timeout=10), (*RE, "timeout"), "must be a duration with its unit"),
    (with_changes("restart", retries=11), (*RE, "retries"), "must be at most 10, not 11"),
    (
        with_changes("restart", needs={"cpu_core": 1}),
        (*RE, "needs", "cpu_core"),
        "is not a key here. Did you mean «cpu_cores»?",
    ),
    # references between operations
    (with_changes("deploy", undo="restrt"), (*DE, "undo"), "unknown operation «restrt». Did you mean «restart»?"),
    (with_changes("deploy", after=["x9"]), (*DE, "after", 0), "unknown operation «x9»."),
    (
        with_changes("restart", after=["deploy"]),
        (*RE, "after"),
        "goes in a circle: restart after deploy after restart.",
    ),
    (with_changes("deploy", retries=1), (*DE, "retries"), "must be 0: an at_most_once operation is never tried again"),
    # slots
    (
        with_changes("restart", target="", parameters={"name": {"type": "string", "required": False}}),
        (*RE, "with", "argv", 3),
        "the slot {name} would stay as it is written when nobody says a value: give the parameter a «default:»",
    ),
    (
        with_changes("restart", says=["restart {name} and {name}"]),
        (*RE, "says", 0),
        "«restart {name} and {name}» has the same slot twice: one value is said once",
    ),
    (
        with_changes("restart", target="service:{nam}"),
        (*RE, "target"),
        "the slot {nam} has no parameter of that name. Did you mean «name»? Declare it under «parameters:»",
    ),
    (
        argv("systemctl", "restart", "{service}"),
        (*RE, "with", "argv", 2),
        "the slot {service} has no parameter of that name.",
    ),
    (argv("echo", "{{name}}"), (*RE, "with", "argv", 1), "a slot has one pair of braces: write {name}"),
    (
        playbook(extra_vars={"a": {"b": ["{prt}"]}}),
        (*DE, "with", "extra_vars", "a", "b", 0),
        "the slot {prt} has no parameter of that name. Did you mean «port»?",
    ),
    (
        with_changes("restart", says="restart {it}"),
        (*RE, "says", 0),
        "the phrase has a slot {it} that is not a parameter.",
    ),
    # commands
    (
        with_changes("restart", **{"with": {"argv": "systemctl restart nginx"}}),
        (*RE, "with", "argv"),
        "must be a list of arguments, not a shell line: write [systemctl, restart, nginx]",
    ),
    (with_changes("restart", **{"with": {}}), (*RE, "with", "argv"), "must be a list of texts, such as [systemctl"),
    (with_changes("restart", **{"with": {"argv": ["ls", 1]}}), (*RE, "with", "argv"), "must be a list of texts"),
    (
        with_changes("restart", **{"with": {"argv": ["ls"], "shell": True}}),
        (*RE, "with", "shell"),
        "is not a key here. Known keys: argv.",
    ),
    (argv("{name}"), (*RE, "with", "argv", 0), "the program itself cannot be a slot: name it"),
    (argv("bash", "-c", "x {name}"), (*RE, "with", "argv", 0), f"«bash» would run whatever it is given: {SCRIPT}"),
    (argv("/usr/bin/env", "ls"), (*RE, "with", "argv", 0), "«/usr/bin/env» would run whatever it is given"),
    (argv("sudo", "sh", "-c", "x"), (*RE, "with", "argv", 2), "«sh -c» would run whatever it is given"),
    (argv("python3", "-c", "{name}"), (*RE, "with", "argv", 2), f"«{{name}}» would be run as a program: {SCRIPT}"),
    (argv("perl", "-ne", "a{name}"), (*RE, "with", "argv", 2), "«a{name}» would be run as a program"),
    (
        argv("ls", "|", "wc"),
        (*RE, "with", "argv", 1),
        "«|» has shell signs: there is no shell; give each argument its own",
    ),
    (argv("ls", "&&", "rm"), (*RE, "with", "argv", 1), "«&&» has shell signs"),
    (argv("ls", "$(id)"), (*RE, "with", "argv", 1), "«$(id)» has shell signs"),
    (argv("ls", ">/etc/x"), (*RE, "with", "argv", 1), "«>/etc/x» has shell signs"),
    (with_changes("restart", preview=True), (*RE, "preview"), "a command needs its own dry run: add «preview_with:"),
    (
        with_changes("restart", preview_with={"argv": ["sh"]}),
        (*RE, "preview_with", "argv", 0),
        "«sh» would run whatever it is given",
    ),
    # parameters
    (parameter(type="strin"), (*NAME, "type"), "must be string, integer, boolean, array or object, not «strin»"),
    (parameter(minLenght=1), (*NAME, "minLenght"), "is not a key here. Did you mean «minLength»?"),
    (parameter(pattern="[a"), (*NAME, "pattern"), "is not a regular expression: unterminated character set"),
    (parameter(enum=[]), (*NAME, "enum"), "must not be empty"),
    (parameter(enum=["a", True]), (*NAME, "enum", 1), "must be a text or a whole number, not true"),
    (parameter(enum=["a"], synonyms={"b": "c"}), (*NAME, "synonyms", "b"), "«b» is not a value of the enum"),
    (parameter(minLength=5, maxLength=4), NAME, "takes no value at all: at least 5 and at most 4"),
    (
        with_changes("deploy", parameters={**DEPLOY["parameters"], "all": {"type": "object"}}),
        (*DE, "parameters", "all"),
        "nobody can say a whole object in a chat: give it «data:» or «default:»",
    ),
    (
        with_changes("restart", parameters={"name": {"type": "object", "default": {}}}),
        (*RE, "with", "argv", 3),
        "{name} is not one value and cannot be an argument",
    ),
    (
        with_changes("deploy", parameters={**DEPLOY["parameters"], "portals": {"type": "array", "default": []}}),
        (*DE, "parameters", "portals", "items"),
        "is missing: say what the array holds",
    ),
    (
        with_changes("restart", parameters={**RESTART["parameters"], "Name": {"type": "string"}}),
        (*RE, "parameters", "Name"),
        "«Name» cannot be the name of a parameter; use a-z, 0-9 and _",
    ),
    (
        with_changes("restart", parameters={**RESTART["parameters"], "workspace": {"type": "string"}}),
        (*RE, "parameters", "workspace"),
        "«workspace» cannot be the name of a parameter",
    ),
    # files, playbooks, secrets
    (
        with_changes("deploy", files=["deploy.yml", "../etc"]),
        (*DE, "files", 1),
        "«../etc» must be a path inside the workspace",
    ),
    (
        with_changes("deploy", files=["deploy.yml", "/etc"]),
        (*DE, "files", 1),
        "«/etc» must be a path inside the workspace",
    ),
    (with_changes("deploy", files=["deploy.yml", "{port}"]), (*DE, "files", 1), "«{port}» has a slot"),
    (
        with_changes("restart", parameters={"name": {"type": "string", "data": {"file": "a/../../b"}}}),
        (*NAME, "data", "file"),
        "«a/../../b» must be a path inside the workspace, relative to it, without «..»",
    ),
    (playbook(playbok="x"), (*DE, "with", "playbok"), "is not a key here. Did you mean «playbook»?"),
    (playbook(playbook="{port}.yml"), (*DE, "with", "playbook"), "must name a playbook file, without slots"),
    (playbook(playbook="other.yml"), (*DE, "files"), "«other.yml» is not under «files:»: add it, with its roles"),
    (playbook(extra_vars=["x"]), (*DE, "with", "extra_vars"), "must be names and values"),
    (
        with_changes("deploy", secrets={"A B": "x"}),
        (*DE, "secrets", "A B"),
        "«A B» cannot be the name of an environment",
    ),
    (
        with_changes("deploy", secrets={"A": "hunter 2!"}),
        (*DE, "secrets", "A"),
        "does not name a secret: write the name",
    ),
]


def faults(data: object) -> list[Fault]:
    """Return why a catalogue is refused."""
    with pytest.raises(InvalidData) as refused:
        load_catalogue(data)
    return refused.value.faults


def test_a_good_catalogue_is_taken() -> None:
    """What an owner declares comes out as it was written, with defaults for the rest."""
    catalogue = load_catalogue(GOOD)
    assert catalogue.operation("deploy").says == ["deploy kuma"]
    assert catalogue.operation("restart").timeout == timedelta(minutes=2)
    assert catalogue.operation("restart").estimate == timedelta(seconds=60)


@pytest.mark.parametrize(("data", "path", "message"), BAD)
def test_a_bad_catalogue_is_refused(data: object, path: tuple[str | int, ...], message: str) -> None:
    """Every mistake is found before anything can be asked for, at its key and with what to write."""
    (fault,) = faults(data)
    assert fault.path == path
    assert fault.message.startswith(message)


@pytest.mark.parametrize(
    "items",
    [
        ("curl", "https://host/?a=1&b=2"),
        ("docker", "ps", "--format={{.Names}}"),
        ("systemctl", "restart", "fish"),
        ("python3", "scripts/report.py", "{name}"),
        ("git", "-c", "a=b", "log", "{name}"),
        ("cp", "a", "{workspace}/{name}"),
    ],
)
def test_arguments_that_only_look_like_a_shell_are_taken(items: tuple[str, ...]) -> None:
    """There is no shell to be afraid of, so ordinary arguments are not refused."""
    assert load_catalogue(argv(*items)).operation("restart").with_["argv"] == list(items)


def test_the_error_never_repeats_what_stands_for_a_secret() -> None:
    """An owner who writes the secret itself into the catalogue does not find it in a log afterwards."""
    (fault,) = faults(with_changes("deploy", secrets={"A": "hunter 2!"}))
    assert "hunter" not in fault.message


def test_all_faults_of_a_catalogue_come_at_once() -> None:
    """An operation that cannot be read hides neither the faults of another nor makes references to it unknown."""
    data = with_changes("restart", risk="none")
    data["operations"]["deploy"] = {**DEPLOY, "after": ["restart", "nothing"], "retries": 2}
    assert [fault.path for fault in faults(data)] == [(*RE, "risk"), (*DE, "after", 1), (*DE, "retries")]


def test_slots_are_found_wherever_they_are() -> None:
    """Lists and mappings are searched to their depth, with the path to each slot."""
    template = {"a": ["x", {"b": "{one} and {two}"}], "c": 3}
    assert list(slots(template)) == [(("a", 1, "b"), "one"), (("a", 1, "b"), "two")]


def test_a_slot_that_is_all_of_a_text_keeps_its_type() -> None:
    """A number stays a number, a list a list; inside other words both become text."""
    values = {"port": 3001, "hosts": ["a", "b"], "name": "kuma"}
    template = {"port": "{port}", "hosts": "{hosts}", "url": "http://{name}:{port}/", "other": "{unknown}", "n": 1}
    assert fill(template, values) == {
        "port": 3001,
        "hosts": ["a", "b"],
        "url": "http://kuma:3001/",
        "other": "{unknown}",
        "n": 1,
    }


def test_a_filled_value_is_not_filled_again() -> None:
    """A value that looks like a slot is passed on as it is."""
    assert fill(["{a}", "x{a}"], {"a": "{b}", "b": "evil"}) == ["{b}", "x{b}"]
