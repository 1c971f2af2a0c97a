"""`sayso suggest`: what people said becomes a patch of the catalogue, which the owner takes or leaves."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.serving import serving
from tests.support.terminal import Said, Terminal

CATALOGUE = """\
version: 1
operations:
  red:
    title: Paint the wall red
    says: [paint the wall red]  # as it was
    work_type: paint
    agent: infra
    effect: idempotent
    risk: medium
    tool: command
    with: {argv: ["true"]}
  blue:
    title: Paint the wall blue
    says:
      - paint the wall blue
    work_type: paint
    agent: infra
    effect: idempotent
    risk: high
    tool: command
    with: {argv: ["true"]}
"""
POLICY = """\
version: "1"
ask: [{match: {}, from: [everyone]}]
approvals: [{match: {}, need: 1, from: [everyone]}]
manage: [{match: {}, from: [everyone]}]
"""
PEOPLE = "version: 1\npeople:\n" + "".join(
    f"  {n}: {{name: {n.title()}, groups: [everyone]}}\n" for n in ("ana", "ben")
)
SETTINGS = 'catalogue = "etc/catalogue.yml"\npolicy = "policy.yml"\npeople = "people.yml"\nworkspace = "."\n'
DIALOGUE = """\
ana  please paint the big wall
ana  the first one
ben  (Approve)
ben  Paint the big wall
ben  paint the wall red
ana  (Approve)
ana  paint the wall red
ben  (Approve)
ben  paint the little wall
ben  paint the wall blue
ana  (Approve)
ana  paint the round wall
ana  paint the wall red
ben  (Reject: not that one)
"""
FIRST = "# Nothing of this is live by itself. To take it: "
PATCH = """\
# red: «paint the big wall» by Ben (1) and Ana (1)
# left out of blue: «paint the little wall» by Ben (1): blue is of high risk: add it by hand if you mean it
--- etc/catalogue.yml
+++ etc/catalogue.yml
@@ -2,7 +2,7 @@
 operations:
   red:
     title: Paint the wall red
-    says: [paint the wall red]  # as it was
+    says: [paint the wall red, paint the big wall]  # as it was
     work_type: paint
     agent: infra
     effect: idempotent
"""


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where walls were painted, asked for in words that the catalogue has not."""
    folder = tmp_path_factory.mktemp("painted")
    (folder / "etc").mkdir()
    files = {"etc/catalogue.yml": CATALOGUE, "policy.yml": POLICY, "people.yml": PEOPLE, "sayso.toml": SETTINGS}
    for name, text in {**files, "dialogue.txt": DIALOGUE}.items():
        (folder / name).write_text(text)
    said = terminal(folder).say("chat", "--script", "dialogue.txt")
    assert said.code == 0, said
    assert said.out.count("PASS") == 4, said.out
    return folder


def terminal(folder: Path) -> Terminal:
    """Return a terminal where anybody may speak for anybody."""
    return Terminal(folder, {"SAYSO_ALLOW_ASSERTED": "1"})


def copied(folder: Path, to: Path) -> Path:
    """Return a copy of the folder, for a test that changes something in it."""
    return shutil.copytree(folder, to / "copy", ignore=shutil.ignore_patterns("*.sock"))


def patch(said: Said) -> str:
    """Return what was suggested, but for the line that says how to take it."""
    assert (said.code, said.err) == (0, "")
    first, _, rest = said.out.partition("\n")
    assert first.startswith(FIRST)
    return rest


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("patch") is None, reason="there is no `patch` here to take it with")
def test_what_was_approved_is_suggested_and_can_be_taken(painted: Path, tmp_path: Path) -> None:
    """The patch goes into the file as it is, after which the words are a phrase and nothing is left to suggest."""
    folder = copied(painted, tmp_path)
    here = terminal(folder)
    suggested = here.say("suggest")
    assert patch(suggested) == PATCH
    assert (folder / "etc/catalogue.yml").read_text() == CATALOGUE
    subprocess.run(["patch", "-p0"], input=suggested.out, cwd=folder, check=True, text=True, capture_output=True)
    assert here.plan("paint the big wall", "--as", "ana")["tasks"][0]["operation"] == "red"
    left = here.say("suggest", "--json").objects
    assert [(one["operation"], one["in_patch"]) for one in left[:-1]] == [("blue", False)]
    assert left[-1] == {"event": "result", "suggestions": 1, "patch": ""}


@pytest.mark.slow
def test_it_is_the_same_beside_a_serve(painted: Path) -> None:
    """Whoever looks needs not stop anything; programs get objects with the same patch."""
    here = terminal(painted)
    with serving(here):
        assert patch(here.say("suggest")) == PATCH
        *suggestions, result = here.say("suggest", "--json").objects
    assert suggestions[0] == {
        "event": "suggestion",
        "operation": "red",
        "phrase": "paint the big wall",
        "asked": {"ben": 1, "ana": 1},
        "risk": "medium",
        "in_patch": True,
        "problem": None,
    }
    assert result == {"event": "result", "suggestions": 2, "patch": PATCH.partition("\n")[2].partition("\n")[2]}


@pytest.mark.slow
def test_a_case_of_the_owner_keeps_its_meaning(painted: Path, tmp_path: Path) -> None:
    """What an owner has written down is never read in another way by what was learned; that is said instead."""
    folder = copied(painted, tmp_path)
    (folder / "etc/cases.yml").write_text(
        "version: 1\nas: ana\ncases:\n  - text: paint the big wall\n    question: paint the big wall\n"
    )
    said = terminal(folder).say("suggest")
    assert said.code == 0
    first, red, *_ = said.out.splitlines()
    assert first == "# Nothing that can be taken as it is."
    assert red.startswith("# left out of red: «paint the big wall» by Ben (1) and Ana (1): «paint the big wall» would ")
    assert "+++" not in said.out


@pytest.mark.slow
def test_a_catalogue_elsewhere_is_patched_where_it_is(painted: Path, tmp_path: Path) -> None:
    """`patch` takes no path out of the working folder, so it is told the folder."""
    here = Terminal(tmp_path, {"SAYSO_ALLOW_ASSERTED": "1", "SAYSO_CONFIG": str(painted / "sayso.toml")})
    here.settings["SAYSO_HOME"] = str(painted / ".sayso")
    said = here.say("suggest")
    assert f"suggest | patch -p0 -d {painted}/etc, then " in said.out
    assert "--- catalogue.yml\n" in said.out


def test_nothing_to_suggest(tmp_path: Path) -> None:
    """In a new home there is a sentence, for programs an empty result, and no database is made."""
    here = Terminal(tmp_path)
    said = here.say("suggest")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Nothing to suggest")
    assert here.say("suggest", "--json").objects == [{"event": "result", "suggestions": 0, "patch": ""}]
    assert not (here.home / "sayso.db").exists()
