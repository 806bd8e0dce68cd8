"""The notebooks without our command line: in Jupyter on the sample, and under plain papermill on a market."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from report.builders_report import Built, clean_environment, copy_project, make_project

from leadsmart.report.notebooks import NOTEBOOKS
from leadsmart.sample import write_sample


def make_sample_project(folder: Path) -> Path:
    root = make_project(folder)
    write_sample(root / "data" / "sample", leads=1_500, seed=3)
    return root


def execute_as_jupyter(root: Path, name: str) -> nbformat.NotebookNode:
    """Top to bottom, started in the notebooks' folder, with no argument and no setting."""
    notebook = nbformat.read(root / "notebooks" / f"{name}.ipynb", as_version=4)
    where = {"metadata": {"path": str(root / "notebooks")}}
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources=where)
    return client.execute(env=clean_environment())


def run_papermill(root: Path, market: str) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("papermill")
    return subprocess.run(
        [str(command), "notebooks/02_insights.ipynb", "out.ipynb", "-f", f"params/{market}.yml"],
        cwd=root,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def outputs_text(notebook: nbformat.NotebookNode) -> str:
    """All that the cells show, pictures aside."""
    shown = []
    for output in (o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs):
        data = output.get("data", {})
        shown += [str(value) for kind, value in data.items() if not kind.startswith("image/")]
        shown.append(output.get("text", "") + output.get("evalue", ""))
    return "\n".join(shown)


def error_stream(notebook: nbformat.NotebookNode) -> list[str]:
    outputs = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]
    return [o.text for o in outputs if o.output_type == "stream" and o.name == "stderr"]


@pytest.fixture(scope="module")
def sample_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample_project(tmp_path_factory.mktemp("notebooks") / "project")


@pytest.fixture(scope="module")
def executed(sample_project: Path) -> dict[str, nbformat.NotebookNode]:
    return {name: execute_as_jupyter(sample_project, name) for name in ("01_cleaning", "02_insights")}


@pytest.mark.parametrize("name", ["01_cleaning", "02_insights"])
def test_a_notebook_runs_in_jupyter_on_the_sample_and_says_that_it_is_one(executed, name: str):
    notebook = executed[name]
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in codes)
    assert error_stream(notebook) == []
    text = outputs_text(notebook)
    assert "New Cairo (sample data)" in text
    assert "Traceback" not in text


def test_exploring_publishes_nothing(executed, sample_project: Path):
    assert not (sample_project / "outputs").exists()
    assert (sample_project / ".leadsmart" / "explore" / "new-cairo" / "tables" / "kpis.csv").is_file()


def test_no_page_names_the_market_of_a_sample_without_saying_so(executed):
    for notebook in executed.values():
        text = outputs_text(notebook)
        # the sample's projects are called after their market
        bare = text.replace("New Cairo (sample data)", "").replace("- New Cairo", "")
        assert "New Cairo" not in bare, bare[max(0, bare.index("New Cairo") - 80) :][:200]


def test_published_notebooks_say_nothing_on_the_error_stream_and_are_no_sample(built: Built):
    found = sorted(built.outputs.glob("**/*.ipynb"))
    assert len(found) == 13
    for path in found:
        notebook = nbformat.read(path, as_version=4)
        assert error_stream(notebook) == [], path
        assert "sample data" not in path.read_text(encoding="utf-8"), path


@pytest.fixture(scope="module")
def copied(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(built, tmp_path_factory.mktemp("papermill") / "project")


def test_plain_papermill_shows_the_market_of_its_file(built: Built, copied: Path):
    done = run_papermill(copied, "new-cairo")
    assert done.returncode == 0, done.stderr
    notebook = nbformat.read(copied / "out.ipynb", as_version=4)
    assert error_stream(notebook) == []
    text = outputs_text(notebook)
    published = pd.read_csv(built.outputs / "new-cairo" / "tables" / "kpis.csv").set_index("key")
    assert f"brought {published.loc['leads', 'value']:,.0f} leads" in text
    assert "New Cairo" in text and "sample data" not in text
    explored = copied / ".leadsmart" / "explore" / "new-cairo" / "tables" / "kpis.csv"
    assert explored.read_bytes() == (built.outputs / "new-cairo" / "tables" / "kpis.csv").read_bytes()
    (copied / "out.ipynb").unlink()


def test_plain_papermill_on_a_market_without_data_refuses(built: Built, copied: Path):
    (copied / "params" / "mars.yml").write_text("market: mars\ntitle: Mars\n", encoding="utf-8")
    before = {path.name for path in (copied / "data").iterdir()}
    done = run_papermill(copied, "mars")
    assert done.returncode != 0
    assert "mars has no campaigns in data/export" in done.stderr
    assert "gulf, new-cairo" in done.stderr, "it says which markets there are"
    assert {path.name for path in (copied / "data").iterdir()} == before, "no sample is made in its place"
    text = outputs_text(nbformat.read(copied / "out.ipynb", as_version=4))
    assert "Mars" not in text and "leads" not in text.partition("has no campaigns")[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_notebook_opened_alone_makes_what_is_missing_and_says_so(tmp_path: Path, name: str):
    root = make_sample_project(tmp_path / "project")
    notebook = execute_as_jupyter(root, name)
    said = "".join(error_stream(notebook))
    if name == "01_cleaning":
        assert said == ""
    else:
        lines = said.splitlines()
        assert lines and all("running notebooks/" in line and line.endswith("first") for line in lines), said
    assert "(sample data)" in outputs_text(notebook) or "Sample data." in outputs_text(notebook)
    assert not (root / "outputs").exists()
