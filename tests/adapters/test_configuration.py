"""The three files as an owner writes them: taken as a whole, or refused with file, line and what to write instead."""

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.configuration import load_configuration
from adapters.home import Home
from adapters.settings import Settings
from orchestration.errors import ConfigurationError

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")

CATALOGUE = """\
version: 1
operations:
  look:
    title: Look
    says: [look around]
    work_type: show_status
    agent: infra
    effect: read_only
    risk: low
    tool: command
    with:
      argv: [ls, "{folder}"]
    parameters:
      folder:
        type: string
        default: "."
  deploy:
    title: Deploy
    says:
      - deploy it
    work_type: deploy_service
    agent: infra
    effect: idempotent
    risk: high
    tool: ansible_playbook
    with:
      playbook: deploy.yml
    files:
      - deploy.yml
      - "roles/**"
"""
POLICY = """\
version: "1"
ask:
  - match: {}
    from: [everyone]
approvals:
  - match: {effect: read_only, risk: low}
    need: 0
  - match:
      operation: deploy
    need: 1
    from: [operators]
    self: false
"""
PEOPLE = """\
version: 1
people:
  ana:
    name: Ana
    groups: [everyone]
  ben:
    name: Ben
    groups: [everyone, operators]
"""


@dataclass(frozen=True)
class Owner:
    """An owner's folder."""

    folder: Path

    def settings(self) -> Settings:
        """Return settings that name the owner's files."""
        return Settings(
            home=self.folder / "home",
            catalogue=self.folder / "catalogue.yml",
            policy=self.folder / "policy.yml",
            people=self.folder / "people.yml",
            workspace=self.folder / "workspace",
        )

    def change(self, name: str, old: str, new: str) -> None:
        """Replace a text that is in a file once."""
        path = self.folder / name
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))

    def refusal(self) -> list[str]:
        """Return every problem, as it is shown."""
        with pytest.raises(ConfigurationError) as refused:
            load_configuration(self.settings())
        return [str(problem) for problem in refused.value.problems]


@pytest.fixture
def owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Owner:
    """Return an owner whose three files are good, and work in their folder."""
    for name, text in {"catalogue.yml": CATALOGUE, "policy.yml": POLICY, "people.yml": PEOPLE}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "workspace/roles").mkdir(parents=True)
    (tmp_path / "workspace/deploy.yml").write_text("[]")
    (tmp_path / "workspace/roles/main.yml").write_text("[]")
    monkeypatch.chdir(tmp_path)
    return Owner(tmp_path)


def test_three_good_files_are_taken(owner: Owner) -> None:
    """What is loaded comes with the very text it was read from, and its hash."""
    configuration = load_configuration(owner.settings())
    assert set(configuration.catalogue.operations) == {"look", "deploy"}
    assert configuration.policy.approvals[1].need == 1
    assert configuration.people.name("ben") == "Ben"
    assert list(configuration.sources) == ["catalogue", "policy", "people"]
    policy = configuration.sources["policy"]
    assert (policy.path, policy.text) == (owner.folder / "policy.yml", POLICY)
    assert policy.sha256 == hashlib.sha256(POLICY.encode()).hexdigest()


def test_the_shipped_example_is_good(tmp_path: Path) -> None:
    """What a newcomer meets has no faults."""
    home = Home(tmp_path / "home")
    home.prepare()
    home.install_example()
    configuration = load_configuration(Settings(home=home.path))
    assert {"deploy_kuma", "add_portals_to_config", "show_status"} <= set(configuration.catalogue.operations)


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        # a wrong key
        (
            "catalogue.yml",
            "    title: Look\n",
            "    titel: Look\n    title: Look\n",
            "catalogue.yml:4: operations.look.titel: is not a key here. Did you mean «title»?",
        ),
        (
            "people.yml",
            "    name: Ben",
            "    name: Ben\n    slak: T1/U1",
            "people.yml:8: people.ben.slak: is not a key here. Did you mean «slack»?",
        ),
        (
            "policy.yml",
            "    self: false",
            "    self: false\n    selv: true",
            "policy.yml:13: approvals.1.selv: is not a key here. Did you mean «self»?",
        ),
        # a missing key has the line of what it is missing in
        (
            "catalogue.yml",
            "    title: Deploy\n",
            "",
            "catalogue.yml:17: operations.deploy.title: is missing: add «title:»",
        ),
        ("policy.yml", "    need: 1\n", "", "policy.yml:8: approvals.1.need: is missing: add «need:»"),
        # a slot without a parameter
        (
            "catalogue.yml",
            '"{folder}"',
            '"{foldr}"',
            "catalogue.yml:12: operations.look.with.argv.1: the slot {foldr} has no parameter of that name. "
            "Did you mean «folder»? Declare it under «parameters:»",
        ),
        # what looks like a shell
        (
            "catalogue.yml",
            '[ls, "{folder}"]',
            "ls -l /tmp",
            "catalogue.yml:12: operations.look.with.argv: must be a list of arguments, not a shell line: "
            "write [ls, -l, /tmp]",
        ),
        (
            "catalogue.yml",
            '[ls, "{folder}"]',
            '[sh, -c, "ls {folder}"]',
            "catalogue.yml:12: operations.look.with.argv.0: «sh» would run whatever it is given: "
            "put the steps into a script of the workspace and name it under «files:», or use a playbook",
        ),
        (
            "catalogue.yml",
            '[ls, "{folder}"]',
            '[ls, "{folder}", "|", wc]',
            "catalogue.yml:12: operations.look.with.argv.2: «|» has shell signs: there is no shell; "
            "give each argument its own element, and put pipes into a script",
        ),
        # a default that its parameter does not take
        (
            "catalogue.yml",
            'default: "."',
            "default: 5",
            "catalogue.yml:16: operations.look.parameters.folder.default: must be a text",
        ),
        # an unknown operation in a rule
        (
            "policy.yml",
            "operation: deploy",
            "operation: deplyo",
            "policy.yml:9: approvals.1.match.operation: unknown operation «deplyo». Did you mean «deploy»?",
        ),
        (
            "policy.yml",
            "operation: deploy",
            "work_type: deploy_servce",
            "policy.yml:9: approvals.1.match.work_type: unknown work type «deploy_servce». Did you mean ",
        ),
        # who approves
        (
            "policy.yml",
            "from: [operators]",
            "from: []",
            "policy.yml:11: approvals.1.from: names nobody: write the groups who approve, such as [operators]",
        ),
        (
            "policy.yml",
            "from: [operators]",
            'from: ["*"]',
            "policy.yml:11: approvals.1.from: unknown group «*»: name the groups who may; «*» is not a group.",
        ),
        (
            "policy.yml",
            "self: false",
            "self: true",
            "policy.yml:12: approvals.1.self: approving one's own plan cannot be allowed for high or critical risk: "
            "match a lower risk",
        ),
        ("policy.yml", "need: 1", "need: 2", "policy.yml:10: approvals.1.need: needs 2 people, but operators has 1"),
        ("policy.yml", 'version: "1"', "version: 1", 'policy.yml:1: version: must be "1" (in quotes), not 1'),
        ("policy.yml", "self: false", "self: no", "policy.yml:12: approvals.1.self: must be true or false, not «no»"),
        # YAML
        (
            "policy.yml",
            "    need: 0\n",
            "    need: 0\n    need: 1\n",
            "policy.yml:8: approvals.0.need: is there twice, first on line 7: take one of them out",
        ),
        (
            "people.yml",
            "    name: Ana",
            "    name: Ana: the first",
            "people.yml:4: a «:» cannot stand here: put the text in quotes, or check the indentation",
        ),
        (
            "people.yml",
            "[everyone, operators]",
            "*everyone",
            "people.yml:8: people.ben.groups: «*everyone» refers to another place of the file: write the value out",
        ),
        (
            "catalogue.yml",
            "version: 1",
            "version: 1.0",
            "catalogue.yml:1: version: «1.0» is not a plain whole number: "
            'write one such as 8080, or put a text in quotes, "1.0"',
        ),
    ],
)
def test_a_slip_is_told_with_its_line_and_what_to_write(
    owner: Owner, name: str, old: str, new: str, problem: str
) -> None:
    """An owner who makes one mistake hears of that one, where it is, and how it would be right."""
    owner.change(name, old, new)
    (told,) = owner.refusal()
    assert told.startswith(problem)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("rolls/**", "«rolls/**» matches no file. The workspace is "),
        ("../people.yml", "«../people.yml» must be a path inside the workspace, relative to it, without «..»"),
        ("roles", "«roles» is a folder: write «roles/**» for the files in it. The workspace is "),
    ],
)
def test_files_that_are_not_there_are_told(owner: Owner, pattern: str, message: str) -> None:
    """What an operation reads must be in the workspace, since it is what gets approved."""
    owner.change("catalogue.yml", '"roles/**"', f'"{pattern}"')
    assert owner.refusal()[0].startswith(f"catalogue.yml:30: operations.deploy.files.1: {message}")


def test_a_playbook_that_is_not_there_is_told(owner: Owner) -> None:
    """A playbook that was moved is found at the start, not by whoever approved it."""
    (owner.folder / "workspace/deploy.yml").unlink()
    (told,) = owner.refusal()
    assert told.startswith("catalogue.yml:29: operations.deploy.files.0: «deploy.yml» matches no file.")


def test_a_program_that_is_not_there_is_told(owner: Owner) -> None:
    """A program that is not installed is found at the start."""
    owner.change("catalogue.yml", "[ls,", "[lss-of-nowhere,")
    advice = "install it, or write ./lss-of-nowhere for a file of yours"
    assert owner.refusal() == [
        f"catalogue.yml:12: operations.look.with.argv.0: «lss-of-nowhere» is not installed here: {advice}"
    ]


def test_a_missing_file_is_told_with_its_setting(owner: Owner) -> None:
    """The owner hears which setting names the file, and how to get one."""
    (owner.folder / "policy.yml").unlink()
    advice = "the setting SAYSO_POLICY names it, so correct that; `sayso init` writes files to start from"
    assert owner.refusal() == [f"policy.yml: there is no such file: {advice}"]


def test_missing_files_of_the_example_are_told_with_the_setting_to_use(tmp_path: Path) -> None:
    """Without settings, the owner hears which ones there are."""
    with pytest.raises(ConfigurationError) as refused:
        load_configuration(Settings(home=tmp_path / "home"))
    told = [str(problem) for problem in refused.value.problems]
    path = tmp_path / "home/homelab/catalogue.yml"
    advice = "name yours with SAYSO_CATALOGUE; `sayso init` writes files to start from"
    assert told[0] == f"{path}: there is no such file: {advice}"
    assert (
        told[-1]
        == f"SAYSO_WORKSPACE: there is no folder {tmp_path}/home/homelab/workspace: make it, or name another folder"
    )
    assert len(told) == 4


def test_all_problems_of_all_files_come_at_once(owner: Owner) -> None:
    """An owner corrects everything in one go; problems are in the order of files and lines."""
    owner.change("catalogue.yml", "risk: low", "risk: lo")
    owner.change("catalogue.yml", '"roles/**"', '"rolls/**"')
    owner.change("policy.yml", "from: [everyone]", "from: [anybody]")
    owner.change("policy.yml", "operation: deploy", "operation: look")
    owner.change("people.yml", "name: Ana", "nam: Ana")
    owner.change("policy.yml", "need: 0", "need: none")
    assert [told.split(": ")[0] for told in owner.refusal()] == [
        "catalogue.yml:9",
        "catalogue.yml:30",
        "policy.yml:7",
        "people.yml:3",
        "people.yml:4",
    ]
    owner.change("people.yml", "nam: Ana", "name: Ana")
    assert [told.split(": ")[0] for told in owner.refusal()] == [
        "catalogue.yml:9",
        "catalogue.yml:30",
        "policy.yml:4",
        "policy.yml:7",
    ]


def test_an_alias_bomb_is_refused_at_once(owner: Owner) -> None:
    """A file of a few lines that would unfold to gigabytes costs nothing."""
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30))
    (owner.folder / "catalogue.yml").write_text(f"version: 1\nl0: &l0 [x]\n{levels}\n")
    begun = time.monotonic()
    told = owner.refusal()
    assert time.monotonic() - begun < 10
    assert told[0] == "catalogue.yml:2: l0: «&l0» refers to another place of the file: write the value out"


def test_files_outside_the_working_folder_are_named_in_full(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that is not below the working folder would be no help when cut."""
    owner.change("policy.yml", "need: 1", "need: 9")
    monkeypatch.chdir("/")
    (told,) = owner.refusal()
    assert told.startswith(f"{str(owner.folder)[1:]}/policy.yml:10: ")
    monkeypatch.chdir(owner.folder / "workspace")
    (told,) = owner.refusal()
    assert told.startswith(f"{owner.folder}/policy.yml:10: ")


def test_a_secret_that_others_can_read_is_a_problem(owner: Owner) -> None:
    """The start is refused until only the owner can read it."""
    secrets = owner.folder / "home/secrets"
    secrets.mkdir(parents=True)
    (secrets / "kuma_admin").write_text("hunter2")
    (secrets / "kuma_admin").chmod(0o644)
    (told,) = owner.refusal()
    path = "home/secrets/kuma_admin"
    assert told == f"{path}: others can read this secret: run `chmod 600 {path}`"
    (secrets / "kuma_admin").chmod(0o600)
    assert load_configuration(owner.settings()).people.name("ana") == "Ana"


@pytest.mark.parametrize("name", ["catalogue.yml", "policy.yml", "people.yml"])
def test_a_file_that_anybody_can_change_is_a_problem(owner: Owner, name: str) -> None:
    """Whoever can write the rules is above them, so it must not be everybody."""
    (owner.folder / name).chmod(0o666)
    assert owner.refusal() == [f"{name}: anybody can change it: run `chmod o-w {name}`"]


def test_a_file_that_our_group_can_change_is_fine(owner: Owner) -> None:
    """A team may share the files by a group."""
    (owner.folder / "policy.yml").chmod(0o664)
    assert load_configuration(owner.settings()).policy.version == "1"


@AS_ROOT
def test_a_file_of_somebody_else_that_their_group_can_change_is_a_problem(owner: Owner) -> None:
    """What is neither ours nor only its owner's to change is not trusted; read-only for their group it is fine."""
    os.chown(owner.folder / "policy.yml", 64321, 64321)
    (owner.folder / "policy.yml").chmod(0o664)
    advice = "run `chmod g-w policy.yml`"
    assert owner.refusal() == [f"policy.yml: it is somebody else's and their group can change it: {advice}"]
    (owner.folder / "policy.yml").chmod(0o644)
    assert load_configuration(owner.settings()).policy.version == "1"


def test_a_budget_of_money_needs_the_price_of_the_model_that_is_named(owner: Owner) -> None:
    """Nobody could hold a model to it otherwise; without an external model there is nothing to hold."""
    owner.change("policy.yml", 'version: "1"\n', 'version: "1"\nbudgets: {external_per_month: 20}\n')
    load_configuration(owner.settings())
    settings = owner.settings().model_copy(update={"external_model": "claude-x"})
    with pytest.raises(ConfigurationError) as refused:
        load_configuration(settings)
    told = "policy.yml:2: budgets: There is a budget for external models but no price for «claude-x»: add it under "
    assert str(refused.value).startswith(told)
    prices = "prices: {as_of: 2026-11-01, per_million: {claude-x: {input: 4, output: 20}}}\n"
    owner.change("policy.yml", "ask:\n", prices + "ask:\n")
    assert load_configuration(settings).policy.budgets.external_per_month == 20
