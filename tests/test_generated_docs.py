"""Passages of pages that are made from the code are up to date, and nothing else of a page is touched."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GENERATE = runpy.run_path(str(ROOT / "docs" / "generate.py"))
PASSAGES, replace_passage = GENERATE["PASSAGES"], GENERATE["replace_passage"]

PAGE = "# Words\n\n<!-- a: begin -->\nold\n<!-- a: end -->\n\n<!-- b: begin -->\nkept\n<!-- b: end -->\n"
NEW = "# Words\n\n<!-- a: begin -->\n\nnew\n\n<!-- a: end -->\n\n<!-- b: begin -->\nkept\n<!-- b: end -->\n"


@pytest.mark.parametrize("passage", PASSAGES, ids=lambda passage: f"{Path(passage.page).stem}-{passage.name}")
def test_a_passage_says_what_the_code_says(passage):
    page = (ROOT / passage.page).read_text(encoding="utf-8")
    text = passage.make()
    assert replace_passage(page, passage.name, text) == page, "run `make docs` and look at what changed"
    assert replace_passage(page.replace(text, "typed"), passage.name, text) == page


def test_every_passage_has_its_maker():
    marked = {
        (path.relative_to(ROOT).as_posix(), name.split("<!-- ")[-1])
        for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.qmd")]
        for name in path.read_text(encoding="utf-8").split(": begin -->")[:-1]
    }
    assert marked == {(passage.page, passage.name) for passage in PASSAGES}


def test_only_what_stands_between_the_marks_is_replaced():
    assert replace_passage(PAGE, "a", "new") == NEW
    assert replace_passage(NEW, "a", "new") == NEW


@pytest.mark.parametrize(
    "page", ["", PAGE.replace("a: end", "a"), PAGE.replace("a: begin", "a"), PAGE + PAGE]
)
def test_a_page_without_the_passage_or_with_two_is_refused(page):
    with pytest.raises(ValueError, match=r"lacks its passage 'a'.*Put <!-- a: begin --> and <!-- a: end -->"):
        replace_passage(page, "a", "new")


def test_the_map_shows_packages_after_modules_each_with_its_first_line(tmp_path):
    package = tmp_path / "src" / "things"
    for name, text in {
        "__init__.py": "",
        "zoo.py": '"""Animals: `ape`\nand ``bee``.\n\nMore of them."""\n',
        "art/__init__.py": '"""Pictures."""\n',
        "art/oil.py": '"""Paintings."""\n',
        "bare/__init__.py": "",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, encoding="utf-8")
    assert [line.split(maxsplit=1) for line in GENERATE["format_map"](package).splitlines()] == [
        ["```text"],
        ["src/things/"],
        ["zoo.py", "Animals: `ape` and bee"],
        ["art/", "Pictures"],
        ["oil.py", "Paintings"],
        ["bare/"],
        ["```"],
    ]
