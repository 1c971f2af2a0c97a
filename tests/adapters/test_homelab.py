"""The shipped example: its files are valid, it understands what people type, and its operations do what they say."""

import re
import tarfile
from pathlib import Path

import pytest
import yaml

from orchestration.intake.decomposition import decompose
from orchestration.intake.matching import Matcher
from orchestration.people import load_people
from orchestration.policy import load_policy, may, requirement
from orchestration.ports import Change
from tests.support.homelab import SHIPPED, Homelab, catalogue, read

UNDONE_BY = {
    "deploy_kuma": "remove_kuma",
    "deploy_grafana": "remove_grafana",
    "add_portals_to_config": "remove_portals_from_config",
}
UNDERSTOOD = {
    "Deploy Kuma and add existing portals to config": ["deploy_kuma", "add_portals_to_config"],
    "set up uptime kuma": ["deploy_kuma"],
    "please install grafana": ["deploy_grafana"],
    "deploy grafana on port 3100": ["deploy_grafana"],
    "remove grafana": ["remove_grafana"],
    "restart kuma": ["restart_service"],
    "what's running?": ["show_status"],
    "back up the notes volume": ["back_up_volume"],
    "delete volume media": ["delete_volume"],
    "take the portals out of kuma": ["remove_portals_from_config"],
    "echo hello world": ["echo"],
    "slow echo hello": ["slow_echo"],
    "fail on purpose": ["fail"],
}


@pytest.fixture
def homelab(tmp_path: Path) -> Homelab:
    """The shipped example."""
    return Homelab(tmp_path)


def test_the_three_files_are_valid_together() -> None:
    """What ships loads without a fault, and every operation can be asked for, decided and previewed by somebody."""
    people = load_people(read("people.yml"))
    operations = catalogue().operations
    policy = load_policy(read("policy.yml"), people, set(operations))
    assert people.members(["operators"]) == ["ben", "cem"]
    for risk, effect, need in (
        ("low", "read_only", 0),
        ("low", "idempotent", 1),
        ("high", "read_only", 1),
        ("medium", "at_most_once", 1),
        ("critical", "idempotent", 2),
    ):
        task = Subject(risk=risk, effect=effect)
        found = requirement(policy, task)
        assert found is not None
        assert (found.need, found.self_counts) == (need, False)
        assert may(policy.ask, people, "ana", task)
        assert may(policy.preview, people, "ana", task)
        assert [may(policy.manage, people, name, task) for name in ("ana", "ben")] == [False, True]


def test_deploying_and_releasing_raise_no_risk() -> None:
    """Words for what happens here every day are not high-risk words."""
    policy = read("policy.yml")
    assert not {"deploy", "release"} & set(policy["high_risk_keywords"])
    patterns = "|".join(policy["high_risk_patterns"])
    assert not re.search(patterns, "deploy kuma and add existing portals to config")
    assert all(re.search(patterns, text) for text in ("rm -rf /", "sudo reboot", "drop table x", "push --force"))


def test_every_file_that_runs_is_declared() -> None:
    """Each playbook, role and script of the workspace is read by an operation that declares it."""
    declared = [pattern for operation in catalogue().operations.values() for pattern in operation.files]
    for folder in ("playbooks", "roles", "scripts"):
        for path in (SHIPPED / "workspace" / folder).rglob("*.*"):
            name = path.relative_to(SHIPPED / "workspace")
            assert "__pycache__" in name.parts or any(name.match(p.replace("**", "*/*")) for p in declared), name


def test_undo_and_order_are_declared() -> None:
    """What lays something down names what takes it away, and portals come after Kuma."""
    operations = catalogue().operations
    assert {name: operation.undo for name, operation in operations.items() if operation.undo} == UNDONE_BY
    assert operations["add_portals_to_config"].after == ["deploy_kuma"]
    assert {name for name, operation in operations.items() if operation.risk == "critical"} == {"delete_volume"}


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_everyday_requests_are_understood(text: str) -> None:
    """What people type is read as the operations they mean."""
    shipped = catalogue()
    found = decompose(text, shipped, Matcher(shipped))
    assert [subtask.intent for subtask in found.subtasks] == UNDERSTOOD[text]


@pytest.mark.parametrize("text", ["deploy it", "deploy a service", "install it"])
def test_an_open_request_is_a_question_between_the_two_services(text: str) -> None:
    """Which service is to be deployed is asked, and both are offered."""
    shipped = catalogue()
    found = decompose(text, shipped, Matcher(shipped))
    assert found.subtasks == ()
    assert [{choice.value for choice in question.choices} for question in found.questions] == [
        {"deploy_kuma", "deploy_grafana"}
    ]


@pytest.mark.slow
async def test_portals_are_merged_and_nothing_is_dropped(homelab: Homelab) -> None:
    """Adding the portals keeps every line that is there, adds what is missing once, and removing takes just that."""
    mine = (
        '# mine\nmonitors:\n  - name: NAS\n    url: https://nas.home.arpa:5001\n  - {name: "Old", url: "https://old"}\n'
    )
    monitors = homelab.workspace / "kuma/monitors.yml"
    monitors.parent.mkdir()
    monitors.write_text(mine)
    (monitors.parent / "state.yml").write_text("state: deployed\n")
    added = await homelab.run("add_portals_to_config")
    assert added.changes == (Change("kuma/monitors.yml", "~", 5, 0),)
    assert homelab.steps[-7:] == [(done, 6, "Add each portal") for done in range(7)]
    assert monitors.read_text().startswith(mine)
    names = [monitor["name"] for monitor in yaml.safe_load(monitors.read_text())["monitors"]]
    assert names == ["NAS", "Old", "Router", "Photos", "Home Assistant", "Recipes", "Printer"]
    again = await homelab.run("add_portals_to_config")
    assert (again.status, again.changes) == ("success", ())
    removed = await homelab.run("remove_portals_from_config")
    assert removed.changes == (Change("kuma/monitors.yml", "~", 0, 5),)
    assert monitors.read_text() == mine
    evidence = [artifact.path for result in (added, again, removed) for artifact in result.artifacts]
    assert not [path for path in evidence if path.endswith("stderr.log")], "Ansible had warnings"


@pytest.mark.slow
async def test_a_preview_before_kuma_is_there_says_so(homelab: Homelab) -> None:
    """Previewing the portals before Kuma is deployed shows what is added once it is, and does not fail."""
    before = homelab.files()
    result = await homelab.run("add_portals_to_config", "preview")
    assert (result.status, result.changes) == ("success", (Change("kuma/monitors.yml", "+", 8, 0),))
    assert "Kuma is not deployed yet. This shows what is added once it is." in result.output
    assert homelab.files() == before


@pytest.mark.slow
async def test_a_portal_that_moved_keeps_its_line(homelab: Homelab) -> None:
    """A portal with a new address has its own line changed; a line that somebody edited is left alone."""
    monitors = homelab.workspace / "kuma/monitors.yml"
    monitors.parent.mkdir()
    edited = '  - {name: "B", url: "https://b", interval: 5}\n'
    monitors.write_text(f'monitors:\n  - {{name: "A", url: "https://a"}}\n{edited}')
    (monitors.parent / "state.yml").write_text("state: deployed\n")
    moved = [{"name": "A", "url": "https://a2"}, {"name": "B", "url": "https://b2"}]
    await homelab.run("add_portals_to_config", portals=moved)
    expected = f'monitors:\n  - {{name: "A", url: "https://a2"}}\n{edited}  - {{name: "B", url: "https://b2"}}\n'
    assert monitors.read_text() == expected


@pytest.mark.slow
async def test_undo_removes_what_was_deployed(homelab: Homelab) -> None:
    """After the undo of a deployment the workspace is what it was before."""
    before = homelab.files()
    await homelab.run("deploy_grafana")
    status = await homelab.run("show_status", service="all")
    assert status.output == "kuma: not deployed\ngrafana: deployed, port 3000"
    preview = await homelab.run("remove_grafana", "preview")
    removed = await homelab.run("remove_grafana")
    paths = [f"grafana/{name}" for name in ("compose.yml", "grafana.ini", "state.yml")]
    assert preview.changes == removed.changes == tuple(Change(path, "-", 0, 0) for path in paths)
    assert homelab.files() == before


@pytest.mark.slow
async def test_restarts_are_counted(homelab: Homelab) -> None:
    """Restarting counts, and shows in the status; what is not deployed is not restarted."""
    refused = await homelab.run("restart_service", service="kuma")
    assert refused.error_message.endswith("kuma is not deployed in this workspace. Deploy it first.")
    (homelab.workspace / "kuma").mkdir()
    (homelab.workspace / "kuma/state.yml").write_text("service: kuma\nstate: deployed\nport: 3001\n")
    for _ in range(2):
        await homelab.run("restart_service", service="kuma")
    status = await homelab.run("show_status", service="kuma")
    assert status.output.startswith("kuma: deployed, port 3001, restarts: 2, the last at 20")


async def test_a_volume_is_backed_up_and_deleted(homelab: Homelab) -> None:
    """A backup holds every file of its volume; deleting removes that volume, and a preview of it nothing."""
    backed_up = await homelab.run("back_up_volume", volume="notes")
    assert backed_up.status == "success", backed_up.error_message
    [archive] = (homelab.workspace / "backups").iterdir()
    with tarfile.open(archive) as packed:
        assert sorted(packed.getnames()) == ["notes", "notes/todo.md", "notes/welcome.md"]
    before = homelab.files()
    preview = await homelab.run("delete_volume", "preview", volume="notes")
    assert preview.output == "- volumes/notes/todo.md\n- volumes/notes/welcome.md\nWould delete 2 files."
    assert homelab.files() == before
    deleted = await homelab.run("delete_volume", volume="notes")
    assert deleted.output.endswith("Deleted notes: 2 files.")
    assert [path.name for path in (homelab.workspace / "volumes").iterdir()] == ["media"]


@pytest.mark.parametrize("operation", ["back_up_volume", "delete_volume"])
async def test_a_volume_that_is_not_there_is_named(homelab: Homelab, operation: str) -> None:
    """A volume that does not exist, or a path that leads elsewhere, fails with what there is; nothing is touched."""
    before = homelab.files()
    for volume in ("nothing", "..", "../scripts", "notes/../media"):
        result = await homelab.run(operation, volume=volume)
        assert (result.status, result.exit_code) == ("failed", 1)
        assert result.output == f"There is no volume {volume}. There are: media, notes."
    assert homelab.files() == before


async def test_the_small_operations(homelab: Homelab) -> None:
    """Echo says its message, whatever it looks like, and fail fails with its own."""
    for message in ("hello", "-rf {message} $(id)", "--help"):
        assert (await homelab.run("echo", message=message)).output == f"Echo: {message}"
    failed = await homelab.run("fail")
    assert (failed.status, failed.exit_code, failed.output) == ("failed", 1, "Test failure")


@pytest.mark.slow
async def test_slow_echo_takes_its_time(homelab: Homelab) -> None:
    """Slow echo waits five seconds, and says so."""
    result = await homelab.run("slow_echo", message="hello")
    assert result.output == "Slow echo (after 5s): hello"
    assert result.duration_ms >= 5000


class Subject:
    """A task, as far as policy looks at it."""

    operation = work_type = target = "any"

    def __init__(self, risk: str, effect: str) -> None:
        self.risk, self.effect = risk, effect
