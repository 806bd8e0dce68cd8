"""Passages of hand-written pages: what stands between two marks is replaced, and nothing else."""

import pytest

from leadsmart.errors import RenderError
from leadsmart.passages import replace_passage, rewrite_passage

PAGE = "# Words\n\n<!-- a: begin -->\nold\n<!-- a: end -->\n\n<!-- b: begin -->\nkept\n<!-- b: end -->\n"
NEW = "# Words\n\n<!-- a: begin -->\n\nnew\n\n<!-- a: end -->\n\n<!-- b: begin -->\nkept\n<!-- b: end -->\n"


def test_only_what_stands_between_the_marks_is_replaced(tmp_path):
    assert replace_passage(PAGE, "a", "new") == NEW
    assert replace_passage(NEW, "a", "new") == NEW
    path = tmp_path / "page.qmd"
    path.write_text(PAGE, encoding="utf-8")
    rewrite_passage(path, "a", "new")
    assert path.read_text(encoding="utf-8") == NEW


@pytest.mark.parametrize(
    "page", ["", PAGE.replace("a: end", "a"), PAGE.replace("a: begin", "a"), PAGE + PAGE]
)
def test_a_page_without_the_passage_or_with_two_is_refused(page):
    with pytest.raises(
        RenderError, match=r"lacks its passage 'a'.*Put <!-- a: begin --> and <!-- a: end -->"
    ):
        replace_passage(page, "a", "new")
