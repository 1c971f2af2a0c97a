"""The tool `ansible_playbook`, with real Ansible on the shipped playbooks and on small ones of its own."""

import asyncio
import hashlib
import json
import time
from pathlib import Path

import pytest
import yaml

from adapters.tools import ansible_program
from orchestration.errors import ChangedSinceApproval, InvalidRequest
from orchestration.ports import Change
from tests.support.homelab import TRICK, Homelab

LAID_DOWN = (Change("kuma/compose.yml", "+", 12, 0), Change("kuma/config.yml", "+", 3, 0))
STATE = Change("kuma/state.yml", "+", 3, 0)
SLEEPS = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Begin
      ansible.builtin.debug: {msg: begun}
    - name: Take long
      ansible.builtin.command: sleep 60
"""
ALL_WAYS = """
- hosts: localhost
  gather_facts: false
  vars: {again: "{{ whole }}"}
  tasks:
    - name: "Name {{ text }}"
      ansible.builtin.debug: {msg: "{{ text }} {{ whole }}"}
      when: whole.key != text ~ "x" and again is truthy
    - ansible.builtin.set_fact:
        remembered: "{{ whole }}"
        number_is: "{{ digits | type_debug }} {{ three | type_debug }}"
    - ansible.builtin.copy:
        content: "{{ text }}\\n{{ remembered.key }}\\n{{ again.inside[0] }}\\n{{ number_is }}\\n"
        dest: "{{ workspace }}/written"
        mode: "0600"
      loop: "{{ whole.inside }}"
    - name: The same text in the playbook itself is evaluated, so the trick would have worked
      ansible.builtin.debug: {msg: "TRICK"}
"""


@pytest.fixture
def homelab(tmp_path: Path) -> Homelab:
    """The shipped example."""
    return Homelab(tmp_path)


@pytest.mark.slow
async def test_deploying_changes_the_folder_once(homelab: Homelab) -> None:
    """A deployment lays its files down and says which; doing it again changes nothing."""
    first = await homelab.run("deploy_kuma", port=3005)
    assert (first.status, first.exit_code, first.error_message) == ("success", 0, "")
    assert first.changes == (*LAID_DOWN, STATE)
    assert first.metrics == {"ok": 2, "changed": 2, "failed": 0, "skipped": 0, "unreachable": 0}
    compose = yaml.safe_load((homelab.workspace / "kuma/compose.yml").read_text())
    assert compose["services"]["kuma"]["ports"] == ["3005:3001"]
    before = homelab.files()
    second = await homelab.run("deploy_kuma", port=3005)
    assert (second.status, second.changes, second.metrics["changed"]) == ("success", (), 0)
    assert homelab.files() == before


@pytest.mark.slow
async def test_preview_lists_the_changes_and_makes_none(homelab: Homelab) -> None:
    """A preview names what would change, with its lines, and leaves every byte as it is; its progress counts."""
    before = homelab.files()
    result = await homelab.run("deploy_kuma", "preview")
    assert (result.status, result.changes) == ("success", (*LAID_DOWN, STATE))
    assert '+      - "3001:3001"' in result.output
    assert homelab.files() == before
    assert homelab.steps[:2] == [(0, 2, ""), (0, 2, "Make the folder kuma/")]
    assert homelab.steps[2:] == [(done, 3, "Lay down kuma's files") for done in range(4)]


@pytest.mark.slow
async def test_evidence_is_written_whole_and_by_hash(homelab: Homelab) -> None:
    """A run leaves a readable log, a patch and its raw output, each with its size and SHA-256."""
    deployed(homelab, "kuma")
    restarted = await homelab.run("restart_service", service="kuma")
    removed = await homelab.run("remove_kuma")
    names = [artifact.path.split("/")[1] for artifact in (*restarted.artifacts, *removed.artifacts)]
    assert names == ["playbook.log", "diff.patch", "stdout.log", "playbook.log", "stdout.log"]
    for artifact in restarted.artifacts:
        data = (homelab.attempts / artifact.path).read_bytes()
        assert (artifact.size, artifact.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    patch = (homelab.attempts / restarted.artifacts[1].path).read_text()
    assert patch.startswith("--- /dev/null\n+++ b/kuma/restarts.yml\n@@ -0,0 +1,2 @@\n+count: 1\n")
    assert removed.changes == (Change("kuma/restarts.yml", "-", 0, 0), Change("kuma/state.yml", "-", 0, 0))


@pytest.mark.slow
async def test_values_are_never_evaluated(homelab: Homelab) -> None:
    """A value that looks like a template stays the text it is, however a playbook uses it, and keeps its type."""
    trick = TRICK.replace("MARK", str(homelab.workspace / "touched"))
    whole = {"key": trick, trick: trick, "inside": [trick, {"deep": trick}], "__ansible_unsafe": trick}
    variables = {"text": trick, "whole": whole, "digits": "3001", "three": 3}
    owners = TRICK.replace("MARK", str(homelab.workspace / "control"))
    result = await homelab.play(ALL_WAYS.replace("TRICK", owners), with_={"extra_vars": variables})
    assert result.status == "success", result.error_message
    assert (homelab.workspace / "written").read_text() == f"{trick}\n{trick}\n{trick}\nstr int\n"
    assert (homelab.workspace / "control").exists()
    assert not (homelab.workspace / "touched").exists()


@pytest.mark.slow
async def test_portal_names_are_never_evaluated(homelab: Homelab) -> None:
    """A portal whose name looks like a template becomes a monitor of that very name."""
    trick = TRICK.replace("MARK", str(homelab.workspace / "touched"))
    portals = [{"name": trick, "url": f"https://x/{trick}"}, {"name": 'a "quoted": [name] ü 😀', "url": "https://y"}]
    deployed(homelab, "kuma")
    result = await homelab.run("add_portals_to_config", portals=portals)
    assert result.status == "success", result.error_message
    assert yaml.safe_load((homelab.workspace / "kuma/monitors.yml").read_text())["monitors"] == portals
    assert not (homelab.workspace / "touched").exists()


async def test_a_changed_playbook_is_refused(homelab: Homelab) -> None:
    """When one byte of a playbook, role or template is not what was approved, nothing runs."""
    job = await homelab.job("deploy_kuma")
    template = homelab.workspace / "roles/kuma/templates/state.yml.j2"
    template.write_text(template.read_text() + "#")
    with pytest.raises(ChangedSinceApproval, match=r"state\.yml\.j2"):
        await homelab.carry_out(job)
    assert not (homelab.workspace / "kuma").exists()


async def test_a_playbook_that_was_not_approved_is_refused(homelab: Homelab) -> None:
    """A playbook that is not among the approved files does not run, nor does it use such an inventory."""
    job = homelab.plain_job("try_it", instructions={"playbook": "playbooks/deploy_kuma.yml"})
    with pytest.raises(InvalidRequest, match="not among its approved files"):
        await homelab.carry_out(job)
    with pytest.raises(InvalidRequest, match=r"«hosts\.ini» is not among the approved files"):
        await homelab.play(SLEEPS, with_={"inventory": "hosts.ini"})


async def test_a_failure_is_one_clear_sentence(homelab: Homelab) -> None:
    """A playbook that fails says which task failed and why."""
    result = await homelab.run("add_portals_to_config")
    assert (result.status, result.exit_code) == ("failed", 2)
    because = "Kuma is not deployed in this workspace. Deploy Kuma first."
    assert result.error_message == f"«See whether Kuma is deployed» failed: {because}"
    assert not (homelab.workspace / "kuma").exists()


async def test_a_failed_item_is_named(homelab: Homelab) -> None:
    """Of a loop the item that failed is named; a failure that the playbook ignores or rescues is none."""
    text = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Try
      ansible.builtin.fail: {msg: no luck}
      loop: [one]
      ignore_errors: true
    - name: Check
      ansible.builtin.assert: {that: item < 2, fail_msg: "{{ item }} is too much"}
      loop: [1, 2]
"""
    result = await homelab.play(text)
    assert result.error_message == "«Check» failed for 2: 2 is too much."


async def test_what_ansible_cannot_read_is_told(homelab: Homelab) -> None:
    """A playbook that Ansible cannot even read fails with Ansible's own words."""
    result = await homelab.play("- hosts: localhost\n  tasks:\n    - no_such_module_here: {}\n")
    assert result.status == "failed"
    assert "no_such_module_here" in result.error_message


async def test_a_playbook_for_other_hosts_is_no_success(homelab: Homelab) -> None:
    """A playbook whose hosts are not there does nothing, and that is not a success."""
    result = await homelab.play("- hosts: web\n  tasks: []\n")
    assert (result.status, result.exit_code) == ("failed", 0)
    assert result.error_message == "The playbook's hosts match none of the inventory, so nothing was done."


async def test_our_own_environment_stays_outside(homelab: Homelab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither Ansible's settings of the machine nor the bot's variables reach a playbook."""
    monkeypatch.setenv("ANSIBLE_STDOUT_CALLBACK", "minimal")
    monkeypatch.setenv("SAYSO_OF_THE_BOT", "x")
    text = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.debug: {msg: "it is «{{ lookup('env', 'SAYSO_OF_THE_BOT') }}»"}
"""
    result = await homelab.play(text)
    assert (result.status, result.metrics["ok"]) == ("success", 1)
    assert result.output.endswith("  ok\n    it is «»")


@pytest.mark.slow
async def test_secrets_reach_the_playbook_and_no_evidence(tmp_path: Path) -> None:
    """A secret is in the playbook's environment; logs, patch and output have it redacted, quoted or not."""
    secret = 'pa"ss\\wörd-17'
    homelab = Homelab(tmp_path, {"SAYSO_SECRET_KUMA_ADMIN": secret})
    text = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: "Use {{ lookup('env', 'KUMA_ADMIN') }}"
      ansible.builtin.copy:
        content: "admin = {{ lookup('env', 'KUMA_ADMIN') }}\\n"
        dest: "{{ workspace }}/admin"
        mode: "0600"
"""
    result = await homelab.play(text, secrets={"KUMA_ADMIN": "kuma_admin"})
    assert result.status == "success", result.error_message
    assert (homelab.workspace / "admin").read_text() == f"admin = {secret}\n"
    assert "+admin = [redacted]" in result.output
    kept = b"\n".join(path.read_bytes() for path in homelab.attempts.rglob("*") if path.is_file())
    for form in (secret, json.dumps(secret)[1:-1]):
        assert form.encode() not in kept
    assert result.changes == (Change("admin", "+", 1, 0),)


async def test_cancelling_ends_the_playbook_and_what_it_started(homelab: Homelab) -> None:
    """A cancelled run leaves no process behind."""
    running = asyncio.ensure_future(homelab.play(SLEEPS))
    give_up = time.monotonic() + 30
    while not any(step == "Take long" for _, _, step in homelab.steps):
        assert time.monotonic() < give_up, "it never began"
        await asyncio.sleep(0.05)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert processes_of(homelab.attempts) == []


@pytest.mark.slow
async def test_settling_tells_what_the_run_told(homelab: Homelab) -> None:
    """What is found of an attempt afterwards is the very result that its run returned."""
    deployed(homelab, "grafana")
    job = await homelab.job("restart_service", service="grafana")
    result = await homelab.carry_out(job)
    assert result.changes
    remains = await homelab.playbooks.settle(job)
    assert (remains.state, remains.result) == ("ended", result)


async def test_settling_what_never_began(homelab: Homelab) -> None:
    """Of an attempt that was never started nothing is told but that."""
    job = await homelab.job("deploy_kuma")
    (homelab.attempts / job.attempt_id).mkdir(parents=True)
    remains = await homelab.playbooks.settle(job)
    assert (remains.state, remains.result) == ("never_started", None)


def test_missing_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ansible-playbook, or with one that is too old, the reason names what to install."""
    assert ansible_program.missing() is None
    monkeypatch.setattr("sys.executable", str(tmp_path / "venv/bin/python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ansible_program.missing() == (
        "ansible-playbook is not installed: install it with «pip install 'sayso[ansible]'»."
    )
    program = tmp_path / "ansible-playbook"
    program.write_text("#!/bin/sh\necho 'ansible-playbook [core 2.14.18]'\n")
    program.chmod(0o755)
    assert "is version 2.14, and 2.19 or newer is needed" in str(ansible_program.missing())


def deployed(homelab: Homelab, service: str) -> None:
    """Have a service there, without waiting for its deployment."""
    (homelab.workspace / service).mkdir()
    (homelab.workspace / service / "state.yml").write_text("state: deployed\n")


def processes_of(attempts: Path) -> list[int]:
    """Return the processes that have a path of these attempts in their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                data = (folder / "environ").read_bytes()
            except OSError:
                continue
            if str(attempts).encode() in data:
                found.append(int(folder.name))
    return found
