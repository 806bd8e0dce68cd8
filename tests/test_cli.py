"""The command line as a user meets it: what it says when all is well, and one clear message when not."""

import re
import shutil
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from cleaning.builders_cleaning import make_tables, write_export
from report.builders_report import CONTACT_KEY, KEY, make_project, run_leadsmart

from leadsmart import __version__
from leadsmart.cli import main

VERBS = (
    "run",
    "check",
    "map",
    "status",
    "verify",
    "score",
    "render",
    "preview",
    "export",
    "sample",
    "init",
    "new-market",
    "purge",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = make_project(tmp_path / "project")
    write_export(root / "export", make_tables())
    return root


class Said(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in the project the way the installed command does, only in this process."""

    def run_main(*arguments: str) -> Said:
        capfd.readouterr()
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        out, err = capfd.readouterr()
        return Said(int(caught.value.code or 0), out, err)

    monkeypatch.chdir(project)
    monkeypatch.setenv("LEADSMART_CONTACT_KEY", KEY)
    return run_main


def assert_refused(said: Said, *parts: str) -> None:
    assert said.code == 2, said
    assert "Traceback" not in said.out + said.err
    text = " ".join(said.err.split())
    for part in parts:
        assert part in text, f"{part!r} is not in: {text}"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# --- what a user asks for first -------------------------------------------------------------------------


def test_version(run: Run):
    assert run("--version") == Said(0, f"leadsmart {__version__}\n", "")


@pytest.mark.parametrize("verb", VERBS)
def test_every_help_text_has_an_example(run: Run, verb: str):
    said = run(verb, "--help")
    assert said.code == 0
    assert f"Example: leadsmart {verb}" in " ".join(said.out.split())


def test_help_names_every_verb_and_no_other_exists(run: Run):
    commands = run("--help").out.partition("Commands:")[2].partition("Example:")[0]
    assert set(re.findall(r"^  ([\w-]+)", commands, re.MULTILINE)) == set(VERBS)


def test_check_says_what_there_is(run: Run):
    said = run("check", "--data", "export")
    assert said.code == 0 and said.err == ""
    assert said.out.splitlines()[:-1] == [
        "                         rows  readable  replaced  joined  lost",
        "campaigns.csv               4         4         0       4     –",
        "insights.csv                5         5         0       5     –",
        "campaign_leads.csv          5         5         0       5     –",
        "lead_status_changes.csv     6         6         0       6     –",
        "",
        "            campaigns  insights  campaign_leads  lead_status_changes   spend",
        "gulf                1         1               1                    1   EGP 5",
        "new-cairo           2         3               3                    4  EGP 61",
        "unassigned          1         1               1                    1   EGP 7",
    ]
    assert "the data's last day is 2024-06-08" in said.out


def test_sample_writes_the_same_bytes_for_the_same_seed(run: Run, project: Path):
    for folder in ("one", "two"):
        assert run("sample", folder, "--leads", "300", "--seed", "7").code == 0
    names = sorted(p.name for p in (project / "one").iterdir())
    assert "campaign_leads.csv" in names and "sample.json" in names
    for name in names:
        assert (project / "one" / name).read_bytes() == (project / "two" / name).read_bytes()


# --- bad input: exports -----------------------------------------------------------------------------------


def delete(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_text("", encoding="utf-8")


def keep_header(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")


def make_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def drop_column(path: Path) -> None:
    change(path, path.read_text(encoding="utf-8").split(",")[1], "something_else")


@pytest.mark.parametrize("name", ["campaigns", "insights", "campaign_leads", "lead_status_changes"])
@pytest.mark.parametrize("damage", [delete, empty, keep_header, make_directory, drop_column])
def test_a_damaged_file_is_named(run: Run, project: Path, name: str, damage: Callable[[Path], None]):
    damage(project / "export" / f"{name}.csv")
    if name == "lead_status_changes" and damage in (delete, empty, keep_header):
        # not everybody keeps a history: the report says what it can't tell
        said = run("check", "--data", "export")
        assert said.code == 0
        assert "there is no status history" in said.out
        return
    assert_refused(run("check", "--data", "export"), f"{name}.csv", "leadsmart check")


@pytest.mark.parametrize("verb", ["check", "run"])
def test_check_and_run_refuse_the_same(run: Run, project: Path, verb: str):
    (project / "export" / "insights.csv").unlink()
    assert_refused(run(verb, "--data", "export"), "insights.csv: the file does not exist", "Export it")
    assert not (project / "outputs").exists()


def test_all_problems_are_said_at_once(run: Run, project: Path):
    delete(project / "export" / "insights.csv")
    change(project / "export" / "campaign_leads.csv", "lead_status", "stage")
    said = run("check", "--data", "export", "--param", "perod_start=2024-06-01", "--param", "seed=soon")
    assert_refused(said, "insights.csv", "lead_status", "Did you mean period_start?", "seed")
    assert said.err.count("\n- ") + said.err.startswith("- ") == 4


def test_a_missing_column_is_named_with_its_file(run: Run, project: Path):
    change(project / "export" / "campaigns.csv", "project_name", "tower")
    assert_refused(run("check", "--data", "export"), "campaigns.csv", "project_name")


def test_an_export_that_is_not_there_is_not_replaced_by_the_sample(run: Run, project: Path):
    assert_refused(run("run", "--data", "exports/2024-12"), "exports/2024-12", "does not exist")
    assert not (project / "data").exists()


def test_an_export_that_is_a_file(run: Run, project: Path):
    assert_refused(
        run("check", "--data", "export/campaigns.csv"), "is a file, not a folder", "Name the folder"
    )


# --- bad input: markets and parameters ----------------------------------------------------------------------


@pytest.mark.parametrize("market", ["../x", "site", "unassigned", "New Cairo", "", "new/cairo", "."])
@pytest.mark.parametrize("verb", ["check", "run"])
def test_a_name_that_no_market_may_have(run: Run, project: Path, market: str, verb: str):
    assert_refused(run(verb, market, "--data", "export"), "can't be a market")
    assert not (project / "outputs").exists()


def test_an_unknown_market_comes_with_the_nearest(run: Run):
    assert_refused(run("check", "new-cairoo", "--data", "export"), "'new-cairoo'", "Did you mean new-cairo?")


def test_an_unknown_market_like_no_other_comes_with_those_there_are(run: Run):
    assert_refused(run("check", "zzz", "--data", "export"), "'zzz'", "gulf, new-cairo")


@pytest.mark.parametrize(
    ("pair", "parts"),
    [
        ("perod_start=2024-10-01", ["perod_start", "Did you mean period_start?"]),
        ("period_start=October", ["period_start", "2024-10-01"]),
        ("minimum_leads=many", ["minimum_leads"]),
        ("minimum_leads=0", ["minimum_leads"]),
        ("currency=pounds", ["currency"]),
        ("timezone=Cairo", ["timezone", "Africa/Cairo"]),
        ("seed", ["'seed' is not NAME=VALUE"]),
        ("=7", ["is not NAME=VALUE"]),
        ("user_ids=[1, 2", ["is not a YAML value", "Quote it"]),
        ("market=gulf", ["market is not a parameter to change"]),
        ("qualified_statuses=[]", ["qualified_statuses"]),
        ("qualified_statuses=[NOT_QUALIFIED]", ["NOT_QUALIFIED", "keep one"]),
    ],
)
def test_a_wrong_parameter(run: Run, pair: str, parts: Sequence[str]):
    assert_refused(run("check", "--data", "export", "--param", pair), *parts)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("minimum_lead: 3", ["minimum_lead", "Did you mean minimum_leads?"]),
        ("seed: [1", ["gulf.yml"]),
        ("seed: {a: 1}", ["seed"]),
        ("market: red-sea", ["gulf.yml"]),
        ("\tseed: 1", ["gulf.yml"]),
    ],
)
def test_a_wrong_market_file_is_named(run: Run, project: Path, line: str, parts: Sequence[str]):
    with (project / "params" / "gulf.yml").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    assert_refused(run("check", "--data", "export"), *parts)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just text"])
def test_a_market_file_that_is_no_list_of_parameters(run: Run, project: Path, text: str):
    (project / "params" / "gulf.yml").write_text(text, encoding="utf-8")
    assert_refused(run("check", "--data", "export"), "gulf.yml")


def test_a_market_file_in_another_encoding(run: Run, project: Path):
    (project / "params" / "gulf.yml").write_bytes("market: gulf\ntitle: Café".encode("latin-1"))
    assert_refused(run("check", "--data", "export"), "gulf.yml")


def test_a_market_without_campaigns(run: Run, project: Path):
    change(project / "export" / "project_markets.csv", "Gamma,gulf\n", "")
    assert_refused(run("check", "gulf", "--data", "export"), "gulf has no campaigns", "project_markets.csv")
    said = run("check", "--data", "export")
    assert said.code == 0 and "No data in this export: gulf." in said.out


# --- bad input: the rest ------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["run", "render"])
def test_an_unknown_renderer(run: Run, verb: str):
    assert_refused(run(verb, "--renderer", "latex"), "'latex'", "auto, quarto, embedded")


def test_preview_without_a_site(run: Run):
    assert_refused(run("preview"), "there is no site to serve", "leadsmart run")


def test_render_without_a_run(run: Run):
    assert_refused(run("render"), "there is no run to render", "leadsmart run")


def test_preview_on_a_port_that_is_taken(run: Run, project: Path):
    (project / "outputs" / "site").mkdir(parents=True)
    (project / "outputs" / "site" / "index.html").touch()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert_refused(run("preview", "--port", port), f"port {port} can't be used", "--port 0")


def test_a_damaged_record_of_the_last_run(run: Run, project: Path):
    (project / ".leadsmart").mkdir()
    (project / ".leadsmart" / "exports.json").write_text("{", encoding="utf-8")
    assert_refused(run("check"), ".leadsmart/exports.json", "Delete it and run again")


def test_no_project_here(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert_refused(run("check"), "no project here", "LEADSMART_ROOT")


@pytest.mark.parametrize(
    "arguments", [["walk"], ["run", "--dta", "x"], ["sample"], ["preview", "--port", "x"]]
)
def test_bad_usage(run: Run, arguments: Sequence[str]):
    assert_refused(run(*arguments))


# --- the same through the installed command -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["check", "--data", "nowhere"], "nowhere: the folder does not exist"),
        (["run", "../x", "--data", "export"], "'../x' can't be a market"),
        (["run", "--data", "export", "--param", "perod_start=2024-10-01"], "Did you mean period_start?"),
    ],
)
def test_the_installed_command_ends_with_2_and_no_traceback(project: Path, arguments: list[str], part: str):
    done = run_leadsmart(arguments, project)
    assert_refused(Said(done.returncode, done.stdout, done.stderr), part)


def test_the_root_may_be_named_by_the_environment(project: Path, tmp_path: Path):
    shutil.rmtree(project / "notebooks")
    environment = CONTACT_KEY | {"LEADSMART_ROOT": str(project)}
    done = run_leadsmart(["check", "--data", str(project / "export")], tmp_path, environment)
    assert done.returncode == 0, done.stderr
    assert "Parameters and export export are fine" in done.stdout
