"""A table of wrong inputs, parameters and surroundings: each ends with 2, says one thing in short, and soon."""

import gzip
import os
import shutil
import signal
import socket
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from cleaning.builders_cleaning import make_tables, write_export
from report.builders_report import KEY, MARKETS, ROOT, run_leadsmart

from leadsmart.cleaning.parsing import limits
from leadsmart.cli import main

#: Seconds of computing, and of waiting on a busy machine, after which a command hangs.
COMPUTING, WAITING = 5, 60
DIGITS = "9" * 5_000
MAPPING = "tables:\n- {file: ads.csv, table: insights, columns: {ad_set_id: a, campaign_id: b, spend: c, created_at: d}}\n"
BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
CORRECTION = """
- table: leads
  match: {id: "1001"}
  change: {added_date: 2024-09-31}
  reason: written wrongly, says the agency
  expected: 1
"""


class Project(NamedTuple):
    """What a case may spoil."""

    root: Path
    patch: pytest.MonkeyPatch

    def file(self, name: str, content: str | bytes) -> None:
        """Write a file, in place of what is there."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def add(self, name: str, text: str) -> None:
        """Write behind what a file has."""
        with (self.root / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def remove(self, *names: str) -> None:
        """Take files and folders away."""
        for name in names:
            path = self.root / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def folder(self, name: str) -> None:
        """Make a folder, in place of a file that is there."""
        (self.root / name).unlink(missing_ok=True)
        (self.root / name).mkdir(parents=True)

    def pipe(self, name: str) -> None:
        """Make a named pipe, in place of a file that is there."""
        (self.root / name).unlink(missing_ok=True)
        os.mkfifo(self.root / name)

    def link(self, name: str, target: str) -> None:
        """Make a symbolic link, in place of a file that is there."""
        (self.root / name).unlink(missing_ok=True)
        (self.root / name).symlink_to(target)

    def pack(self, name: str, text: str, compress: Callable[[bytes], bytes] = gzip.compress) -> None:
        """Write a packed file in place of the plain one."""
        self.remove(f"export/{name}.csv")
        self.file(f"export/{name}.csv.gz", compress(text.encode()))

    def zip(self, name: str, **members: str) -> None:
        """Write a zip in place of the plain file."""
        (self.root / "export" / f"{name}.csv").unlink(missing_ok=True)
        with zipfile.ZipFile(self.root / "export" / f"{name}.zip", "w") as archive:
            for member, text in members.items():
                archive.writestr(f"{member}.csv", text)

    def key_file(self, content: str, mode: int) -> None:
        """Have a key of one's own instead of a stated one."""
        self.patch.delenv("LEADSMART_CONTACT_KEY")
        self.patch.setenv("XDG_CONFIG_HOME", str(self.root / "config"))
        self.file("config/leadsmart/contact.key", content)
        (self.root / "config/leadsmart/contact.key").chmod(mode)

    def disk_with(self, free: int) -> None:
        """Let every disk have so many free bytes."""
        usage = shutil.disk_usage(self.root)._replace(free=free)
        self.patch.setattr(limits.shutil, "disk_usage", lambda _: usage)


class Case(NamedTuple):
    """A slip, the command that meets it, and what is said."""

    name: str
    said: str
    arguments: Sequence[str] = ("check", "--data", "export")
    spoil: Callable[[Project], object] = lambda project: None
    problems: int = 1


def param(value: str) -> tuple[str, ...]:
    return ("check", "--data", "export", "--param", value)


def outputs(folder: str) -> tuple[str, ...]:
    return ("check", "--data", "export", "--outputs", folder)


def mapped(path: str) -> tuple[str, ...]:
    return ("check", "--data", "export", "--mapping", path)


LEADS, ADS = "export/campaign_leads.csv", "export/insights.csv"
HEADER = "ad_set_id,campaign_id,reach,spend,clicks,impressions,created_at"

CASES = [
    # --- the export's folder
    Case("no folder", "nowhere: the folder does not exist", ("check", "--data", "nowhere")),
    Case("a file as the folder", "is a file, not a folder", ("check", "--data", LEADS)),
    Case("a device as the folder", "is a file, not a folder", ("check", "--data", "/dev/zero")),
    Case("an empty folder", "campaigns.csv: the file does not exist", spoil=lambda p: (p.remove("export"), p.folder("export")), problems=3),
    Case("a market without data", "gulf has no campaigns", ("run", "gulf", "--data", "export"), lambda p: p.file("export/project_markets.csv", "project_name,market\nAlpha,new-cairo\n")),
    Case("no market anywhere", "nothing says which market", spoil=lambda p: p.remove("export/project_markets.csv")),
    Case("a pipe as a table", "insights.csv: is a pipe", ("run", "--data", "export"), lambda p: p.pipe(ADS)),
    Case("a pipe beside the tables", "notes: is a pipe", spoil=lambda p: p.pipe("export/notes")),
    Case("a pipe as a zip", "insights.zip: is a pipe", ("run", "--data", "export"), lambda p: (p.remove(ADS), p.pipe("export/insights.zip"))),
    Case("a pipe, mapped", "ads.xlsx: is a pipe", ("map", "export"), lambda p: p.pipe("export/ads.xlsx")),
    Case("a device as a table", "campaign_leads.csv: is a pipe, a socket or a device", spoil=lambda p: p.link(LEADS, "/dev/zero")),
    Case("a link to nowhere", "insights.csv: can't be read", spoil=lambda p: p.link(ADS, "nowhere")),
    Case("a link to itself", "insights.csv", spoil=lambda p: p.link(ADS, "insights.csv")),
    # --- its files
    Case("no file", "insights.csv: the file does not exist", ("run", "--data", "export"), lambda p: p.remove(ADS)),
    Case("an empty file", "campaign_leads.csv: is empty", spoil=lambda p: p.file(LEADS, "")),
    Case("no rows", "insights.csv: has a header and no row", spoil=lambda p: p.file(ADS, f"{HEADER}\n")),
    Case("a folder as a file", "insights.csv: is a directory", spoil=lambda p: p.folder(ADS)),
    Case("no such column", "insights.csv: lacks the column spend", spoil=lambda p: p.file(ADS, f"{HEADER.replace('spend', 'money')}\n1,1,1,1,1,1,1\n")),
    Case("a web page", "is a web page saved as CSV", spoil=lambda p: p.file(ADS, "<!doctype html><html></html>")),
    Case("a workbook", "is an Excel workbook or zip", spoil=lambda p: p.file(ADS, b"PK\x03\x04" + bytes(99))),
    Case("a PDF", "is a PDF", spoil=lambda p: p.file(ADS, "%PDF-1.7")),
    Case("noise", "is binary, not CSV", spoil=lambda p: p.file(ADS, bytes(range(1, 20)) * 99)),
    Case("a packed file cut off", "insights.csv.gz: can't be read", spoil=lambda p: p.pack("insights", HEADER, lambda text: gzip.compress(text)[:-12])),
    Case("a packed file that is none", "insights.csv.gz: can't be read", spoil=lambda p: p.pack("insights", HEADER, bytes)),
    Case("a bomb", "insights.csv.gz: unpacks to more than 200 times", ("run", "--data", "export"), lambda p: p.pack("insights", f"{HEADER}\n" + "1,1,1,1,1,1,2024-06-01\n" * 60_000)),
    Case("a zip that is none", "insights.zip: not a zip", spoil=lambda p: (p.remove(ADS), p.file("export/insights.zip", "PK"))),
    Case("a zip of nothing", "the zip holds no CSV", spoil=lambda p: p.zip("insights")),
    Case("one file twice", "the same file is there in two formats", spoil=lambda p: p.file("export/insights.csv.gz", gzip.compress(b"x"))),
    Case("no Parquet", "is not a Parquet file", spoil=lambda p: (p.remove(ADS), p.file("export/insights.parquet", "PAR1"))),
    Case("a long header", "line 1 has more than 131,072 characters", spoil=lambda p: p.file(ADS, f"{HEADER},{'x' * 140_000}\n")),
    Case("a million columns", "line 1 has more than 131,072 characters", spoil=lambda p: p.file(ADS, "a," * 1_000_000)),
    Case("thousands of columns", "has 9,001 columns", spoil=lambda p: p.file(ADS, "a," * 9_000 + "\n")),
    Case("an endless quote", "line 3 has more than 131,072 characters", ("run", "--data", "export"), lambda p: p.file(ADS, f'{HEADER}\n1,1,1,1,1,1,2024-06-01\n1,"{"x" * 3_000_000}')),
    Case("a table under no name", "export.csv: its header has the 7 columns", spoil=lambda p: p.file("export/export.csv", f"{HEADER}\n1,1,1,1,1,1,2024-06-01\n")),
    # --- mappings
    Case("no mapping", "nowhere.yml: can't be read", mapped("nowhere.yml")),
    Case("a folder as the mapping", "is no regular file", mapped("export")),
    Case("an endless mapping", "is no regular file", mapped("/dev/zero")),
    Case("a mapping that is no YAML", "mapping.yml: not valid YAML", spoil=lambda p: p.file("export/mapping.yml", "tables: [")),
    Case("a deep mapping", "nested more than 20 levels deep", spoil=lambda p: p.file("export/mapping.yml", "[" * 90_000)),
    Case("a bomb of aliases", "the alias *a is not read", spoil=lambda p: p.file("export/mapping.yml", BOMB)),
    Case("a large mapping", "characters are more than", spoil=lambda p: p.file("export/mapping.yml", "#" * 5_000_000)),
    Case("an unknown key", "Did you mean tables?", spoil=lambda p: p.file("export/mapping.yml", "table: []\n")),
    Case("a file that is not there", "no file is called 'ads.csv'", spoil=lambda p: p.file("export/mapping.yml", MAPPING)),
    Case("an open question", "to be confirmed: is it EGP?", spoil=lambda p: p.file("export/mapping.yml", "confirm: [is it EGP?]\n")),
    # --- parameters
    Case("a negative seed", "greater than or equal to 0", param("seed=-1")),
    Case("a large seed", "less than 4294967296", param(f"seed={2**32}")),
    Case("a number of 5,000 digits", "exceeded maximum size", param(f"seed={DIGITS}")),
    Case("money of 5,000 digits", "finite number", param(f"target_cpl={DIGITS}")),
    Case("the first day there was", "years 2000 to 2100", param("as_of=0001-01-01")),
    Case("31 September", "no such day in the calendar", param("period_end=2024-09-31")),
    Case("a period that ends first", "is after period_end", ("run", "--data", "export", "-p", "period_start=2024-06-05", "-p", "period_end=2024-06-01")),
    Case("an hour of years", "less than or equal to 86400", param("cell_timeout=99999999999")),
    Case("a deep list", "nested more than 20 levels deep", param(f"seed={'[' * 60_000}")),
    Case("an alias", "the alias *a is not read", param("user_ids=[&a [x], *a]")),
    Case("a list in a list", "valid string", param("form_fields=[[a]]")),
    Case("a typing error", "Did you mean period_start?", param("perod_start=2024-06-01")),
    Case("a long name", "unknown parameter", param(f"{'x' * 5_000}=1")),
    Case("no value", "is not NAME=VALUE", param("seed")),
    Case("a title with markup", "a title has letters", param("title=<script>")),
    Case("no such zone", "not a time zone", param(f"timezone={'../' * 2_000}etc/passwd")),
    Case("no such region", "region with phones", param("phone_region=ZZ")),
    Case("a client without users", "audience client needs user_ids", param("audience=client")),
    Case("no such market", "Did you mean new-cairo?", ("check", "new-cario", "--data", "export")),
    Case("a market's file that is no text", "gulf.yml", spoil=lambda p: p.file("params/gulf.yml", b"\xff\xfe\x00title: x")),
    Case("a market with two files", "there are both gulf.yml and gulf.yaml", spoil=lambda p: p.file("params/gulf.yaml", "market: gulf\n")),
    Case("31 September in a correction", "_corrections.yml: a correction's new value is no date", spoil=lambda p: p.file("params/_corrections.yml", CORRECTION)),
    Case("aliases in the corrections", "the alias *a is not read", spoil=lambda p: p.file("params/_corrections.yml", BOMB)),
    Case("no project", "no project here", spoil=lambda p: p.remove("params/_defaults.yml")),
    # --- surroundings
    Case("a device for outputs", "/dev/null: is a file, not a folder", outputs("/dev/null")),
    Case("a folder in a device", "/dev/null: is a file, not a folder", ("run", "--data", "export", "--outputs", "/dev/null/x")),
    Case("a file for outputs", "insights.csv", outputs(ADS)),
    Case("outputs that can't be written", "can't be written", outputs("/proc/x/y")),
    Case("a name too long", "name too long", outputs("x" * 300)),
    Case("outputs in the export", "outputs would lie in the export", outputs("export/outputs")),
    Case("outputs for the export", "outputs would lie in the export", ("run", "--data", "export", "--outputs", "export")),
    Case("outputs around the export", "outputs would lie around the export", ("check", "--data", "drops/export", "--outputs", "drops"), lambda p: shutil.copytree(p.root / "export", p.root / "drops/export")),
    Case("outputs around the project", "outputs would lie around the project", outputs(".")),
    Case("a full disk", "outputs: needs 0.5 GB of free disk, and there are 0.0 GB", ("run", "--data", "export"), lambda p: (p.folder("outputs"), p.disk_with(9))),
    Case("a short key", "the contact key has 7 characters", spoil=lambda p: p.patch.setenv("LEADSMART_CONTACT_KEY", "too few")),
    Case("a key for all to read", "others may read the contact key", spoil=lambda p: p.key_file("0" * 64, 0o644)),
    Case("a damaged key", "the contact key is damaged", spoil=lambda p: p.key_file("0" * 63, 0o600)),
    Case("a key that can't be kept", "the contact key can't be kept", spoil=lambda p: (p.patch.delenv("LEADSMART_CONTACT_KEY"), p.patch.setenv("XDG_CONFIG_HOME", "/dev/null"))),
    Case("a damaged result", "gulf/run.json: is damaged", spoil=lambda p: p.file("outputs/gulf/run.json", "{")),
    Case("a file where slices go", ".leadsmart: file exists", ("run", "--data", "export"), lambda p: p.file(".leadsmart", "")),
    Case("a damaged record", "Delete it and run again", ("check",), lambda p: p.file(".leadsmart/exports.json", "{")),
    Case("no such renderer", "unknown renderer 'latex'", ("run", "--renderer", "latex")),
    Case("nothing to render", "there is no run to render", ("render",)),
    Case("nothing to verify", "there is no run to verify", ("verify", "--outputs", "new")),
    Case("nothing to serve", "there is no site to serve", ("preview",)),
    Case("nothing to export", "leadsmart run", ("export", "gulf")),
]  # fmt: skip


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with all that these commands look at, before anything is spoiled."""
    root = tmp_path_factory.mktemp("sound")
    write_export(root / "export", make_tables())
    (root / "params").mkdir()
    # or the first command that names no export writes one
    (root / "data" / "sample").mkdir(parents=True)
    for name in ("_quarto.yml", *(f"params/{name}.yml" for name in ("_defaults", "_corrections", *MARKETS))):
        shutil.copyfile(ROOT / name, root / name)
    return root


@pytest.fixture
def project(sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    root = shutil.copytree(sound, tmp_path / "project")
    monkeypatch.chdir(root)
    monkeypatch.setenv("LEADSMART_CONTACT_KEY", KEY)
    monkeypatch.setattr(limits, "FREE_EXPANSION_BYTES", 1 << 20)
    return Project(root, monkeypatch)


@pytest.fixture
def no_hang() -> Iterator[None]:
    """A command that computes or waits too long ends with an error of no kind that it is to say."""

    def stop(number: int, frame: object) -> None:
        pytest.fail("the command hangs")

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, COMPUTING), (signal.SIGALRM, signal.ITIMER_REAL, WAITING))
    for number, timer, seconds in timers:
        signal.signal(number, stop)
        signal.setitimer(timer, seconds)
    yield
    for number, timer, _ in timers:
        signal.setitimer(timer, 0)
        signal.signal(number, signal.SIG_DFL)


def test_names_are_told_apart():
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@pytest.mark.usefixtures("no_hang")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_slip_is_said_once_in_short_and_ends_with_2(
    project: Project, case: Case, capfd: pytest.CaptureFixture[str]
):
    case.spoil(project)
    capfd.readouterr()
    with pytest.raises(SystemExit) as caught:
        main(case.arguments)
    out, err = capfd.readouterr()
    assert caught.value.code == 2, (out, err)
    assert case.said in err
    assert "Traceback" not in out + err and "unexpected" not in err
    *problems, last = err.splitlines()
    assert last.startswith("leadsmart: ") and all(line.startswith("- ") for line in problems)
    assert len(problems) == case.problems or (not problems and case.problems == 1)
    assert len(err) < 600 * case.problems
    assert not list(project.root.glob(".leadsmart/slices/leadsmart-*"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["a pipe as a table", "a bomb of aliases", "an endless quote", "a deep list"]
)
def test_the_installed_command_says_the_same(project: Project, name: str):
    case = next(case for case in CASES if case.name == name)
    case.spoil(project)
    done = run_leadsmart(case.arguments, project.root)
    assert (done.returncode, done.stdout) == (2, "") and case.said in done.stderr


def test_a_socket_in_the_folder_is_named(project: Project, capfd: pytest.CaptureFixture[str]):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("export/insights.sock")
        with pytest.raises(SystemExit):
            main(["check", "--data", "export"])
    assert "insights.sock: is a pipe, a socket or a device" in capfd.readouterr().err
