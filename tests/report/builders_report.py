"""A small project of two markets with a hostile export, and ways to run the command line on it."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from leadsmart.sample import write_sample

ROOT = Path(__file__).parents[2]
MARKETS = ("new-cairo", "gulf")
TITLES = {"new-cairo": "New Cairo", "gulf": "Gulf"}
KEY = "a key for all tests"
CONTACT_KEY = {"LEADSMART_CONTACT_KEY": KEY}
SOURCES = ("notebooks", "docs", "assets", "_quarto.yml", "index.qmd")

SCRIPT = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("x","y")'
MIXED = "برج النخيل Palm Tower 2"
#: Project -> market; None is a project that no market knows.
HOSTILE_PROJECTS: dict[str, str | None] = {
    SCRIPT: "new-cairo",
    FORMULA: "new-cairo",
    '=HYPERLINK("http://x","y")': "new-cairo",
    "<img src=x onerror=alert(2)>": "new-cairo",
    'O\'Neil "Tower" & <b>Sons</b>': "new-cairo",
    MIXED: "new-cairo",
    "🏠 Home 🌴": "new-cairo",
    ("Long Tower " * 40)[:299] + "X": "new-cairo",
    "+Plus Park": "new-cairo",
    "-Minus Mall": "gulf",
    "@At Avenue": "gulf",
    "[link](javascript:alert(3)) **bold** | `code` | {{< meta title >}} $x^2$": "gulf",
    "<script>alert(4)</script> of nobody": None,
    '=cmd|"/c calc"!A1': None,
}


@dataclass(frozen=True)
class Person:
    """A person planted in the export."""

    name: str
    email: str
    phone: str


#: Their phones end in 887711, 887722, ... after 1099; one is written with Arabic digits.
PEOPLE = (
    Person("Zebediah Quackenbush", "zebediah.quack@vintagemail.eg", "+201099887711"),
    Person("زبيدة القرقشندي", "zobaida_qark@bareed-masr.com", "01099887722"),
    Person("Xanthippe Wolverhampton", "XANTHIPPE.WOLV@Outlook.com", "0020 109 988 7733"),
    Person("Óscar Brønnøysund", "oscar+bronn@sub.domain.co.uk", "٠١٠٩٩٨٨٧٧٤٤"),
    Person("Thaddeus Pettigrew", "thaddeus.pettigrew@", "(+20) 109-988-77.55"),
)
PLANTED_PHONES = tuple(f"10998877{n}{n}" for n in range(1, 6))


@dataclass(frozen=True)
class Built:
    """A project after `leadsmart run`."""

    root: Path
    code: int
    stdout: str
    stderr: str

    @property
    def outputs(self) -> Path:
        return self.root / "outputs"

    @property
    def site(self) -> Path:
        return self.outputs / "site"

    def pages(self) -> list[Path]:
        return sorted(self.site.rglob("*.html"))


@dataclass
class Seen:
    """What a page did while it was open in a browser."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


def make_project(folder: Path, markets: Sequence[str] = MARKETS) -> Path:
    """A project like the real one, with the parameters of a few markets and no data."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        else:
            shutil.copyfile(source, folder / name)
    (folder / "params").mkdir()
    for name in ("_defaults", "_corrections", *markets):
        shutil.copyfile(ROOT / "params" / f"{name}.yml", folder / "params" / f"{name}.yml")
    return folder


def clean_environment(**values: str) -> dict[str, str]:
    """This process's environment without settings of the project, with the key for tests and `values`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEADSMART_")}
    return {**kept, "OMP_NUM_THREADS": "1", "COLUMNS": "200", **CONTACT_KEY, **values}


def run_leadsmart(
    arguments: Sequence[str], cwd: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the installed command as a user would."""
    command = Path(sys.executable).with_name("leadsmart")
    return subprocess.run(
        [str(command), *arguments],
        cwd=cwd,
        env=clean_environment(**(environment or {})),
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )


def write_hostile_export(folder: Path, leads: int = 2_500) -> None:
    """A sample export that no longer says it is one, with hostile projects and planted people added."""
    write_sample(folder, leads=leads, seed=5)
    (folder / "sample.json").unlink()
    campaigns, ads, people, events, lookup = [], [], [], [], []
    for index, (project, market) in enumerate(HOSTILE_PROJECTS.items()):
        campaign = 900_000 + index
        campaigns.append(_campaign(campaign, project, user=9001 + index % 2))
        if market:
            lookup.append([project, market])
        ads += [_delivery(campaign, day, 4_000) for day in range(1, 6)]
        for number in range(8):
            lead = 9_000_000 + 100 * index + number
            status = ("QUALIFIED", "NOT_QUALIFIED", "NEW_LEAD", "NO_ANSWER")[number % 4]
            people.append(_lead(lead, campaign, status, f"person{lead}@gmail.com", f"+20111{lead}"))
            events += [[lead, "NEW_LEAD", "2024-11-02 10:00:00"], [lead, status, "2024-11-03 10:00:00"]]
    _append(folder / "campaigns.csv", campaigns)
    _append(folder / "insights.csv", ads)
    _append(folder / "campaign_leads.csv", people)
    _append(folder / "lead_status_changes.csv", events)
    _append(folder / "project_markets.csv", lookup)
    _plant_people(folder)


def _campaign(campaign: int, project: str, user: object, channel: str = "facebook") -> list[object]:
    return [campaign, 4000, "2024-11-01 00:00:00", "2024-11-06 00:00:00", user, project, channel]


def _delivery(campaign: int, day: int, spend: float) -> list[object]:
    return [campaign + 1, campaign, 900, spend, 100, 1000, f"2024-11-0{day} 00:00:00"]


def _lead(
    lead: object,
    campaign: object,
    status: str,
    email: str,
    phone: str,
    *,
    name: str = "Mona Hassan",
    message: str = "",
    variant: str = "A",
    budget: str = "under 3M",
    unit: str = "villa",
    added: str = "2024-11-02 10:00:00",
    intent: str = "",
) -> list[object]:
    return [lead, campaign, name, email, phone, status, added, message, variant, budget, unit, intent]


def _plant_people(folder: Path) -> None:
    """Each person in every place where an export may hold one."""
    campaign, lookup, campaigns, ads, leads, events = 910_000, [], [], [], [], []
    for index, person in enumerate(PEOPLE):
        own = {"email": person.email, "phone": person.phone, "name": person.name}
        contact = f"{person.email}, {person.phone}"
        told = f"I am {person.name}, write to {contact}. {person.name.lower()} / {person.phone.replace(' ', '-')}"
        # a name beside the contact could not be told from the tower's
        project = f"Tower {index}, call {person.phone} or {person.email}"
        number = campaign + index
        campaigns.append(_campaign(number, project, user=9003))
        campaigns.append(_campaign(number + 50, MIXED, user=9003, channel=person.email))
        campaigns.append(_campaign(number + 60, MIXED, user=person.email))
        lookup.append([project, MARKETS[index % 2]])
        ads += [_delivery(number + shift, 3, 2_000) for shift in (0, 50, 60)]
        first = 9_500_000 + 100 * index
        leads += [
            _lead(first, number, "NEW_LEAD", **own, message=told),
            _lead(
                first + 1,
                number,
                "NEW_LEAD",
                **own,
                budget=told,
                unit=contact,
                variant=person.phone,
                intent=told,
            ),
            _lead(first + 2, number, person.email, **own),
            _lead(first + 3, number, f"call {person.phone}", **own),
            _lead(first + 4, number, person.name, **own),
            # columns that slipped by one or two places
            _lead(first + 5, person.email, "NEW_LEAD", **own),
            _lead(first + 6, number, "NEW_LEAD", **own, added=person.name),
            _lead(person.email, number, "NEW_LEAD", **own),
            # ragged: a comma too many, a field too few
            [*_lead(first + 7, number, "NEW_LEAD", **own, message=told), person.name, person.phone],
            _lead(first + 8, number, "NEW_LEAD", **own)[:7],
        ]
        events += [
            [first, person.email, "2024-11-03 10:00:00"],
            [first, f"told {person.phone}", "2024-11-04 10:00:00"],
            [first, person.name, "2024-11-05 10:00:00"],
            [first, "NEW_LEAD", person.name],
            [person.email, "NEW_LEAD", "2024-11-05 10:00:00"],
            [first, "NEW_LEAD", person.name, person.email, person.phone],
        ]
        campaigns.append([number + 70, person.name, person.email, person.phone])
        ads.append([number, number, person.name, person.email, person.phone, 1, 1, 1, 1])
    _append(folder / "campaigns.csv", campaigns)
    _append(folder / "insights.csv", ads)
    _append(folder / "campaign_leads.csv", leads)
    _append(folder / "lead_status_changes.csv", events)
    _append(folder / "project_markets.csv", lookup)
    with (folder / "campaign_leads.csv").open("a", encoding="utf-8") as file:
        # a quote that never closes
        file.write(f'9599999,{campaign},"{PEOPLE[0].name},{PEOPLE[0].email},{PEOPLE[0].phone},NEW_LEAD\n')


def _append(path: Path, rows: Sequence[Sequence[object]]) -> None:
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def build_project(folder: Path) -> Built:
    """Run the command line once on a project of two markets with the hostile export."""
    root = make_project(folder / "project")
    write_hostile_export(root / "data" / "export")
    done = run_leadsmart(["run", "--data", "data/export", "--renderer", "embedded", "--jobs", "2"], root)
    facts = {"code": done.returncode, "stdout": done.stdout, "stderr": done.stderr}
    (folder / "done.json").write_text(json.dumps(facts), encoding="utf-8")
    return read_built(folder)


def read_built(folder: Path) -> Built:
    """What `build_project` left in `folder`."""
    return Built(folder / "project", **json.loads((folder / "done.json").read_text(encoding="utf-8")))


def copy_project(built: Built, folder: Path) -> Path:
    """A copy that a test may change, without the private slices; it knows its export, as after a run."""
    shutil.copytree(built.root, folder, ignore=shutil.ignore_patterns("slices", "explore"))
    return folder
