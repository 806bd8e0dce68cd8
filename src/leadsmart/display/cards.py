"""Cards, lists and boxes of a page: KPIs, findings, recommendations, callouts, navigation."""

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final, Literal

import pandas as pd

from leadsmart import formats
from leadsmart.display.markup import Html
from leadsmart.display.palette import MARKS
from leadsmart.display.sparklines import interval_strip, sparkline
from leadsmart.display.templating import render
from leadsmart.vocabulary import UNIT_COUNT, UNIT_RATIO

_CALLOUT_LABELS: Final = {"note": "Note", "warning": "Warning", "important": "Important"}


def _records(items: Sequence[object] | pd.DataFrame) -> list[dict[Hashable, Any]]:
    """Dataclasses, mappings or rows as mappings."""
    return pd.DataFrame(items).to_dict("records")


def _text(row: Mapping[Hashable, Any], name: str) -> str:
    """A text that may be missing; "" where it is."""
    value = row.get(name)
    return value if isinstance(value, str) else ""


def kpi_cards(
    cards: pd.DataFrame,
    currency: str,
    sparklines: Mapping[str, Sequence[float | None]] | None = None,
) -> Html:
    """Show KPIs as cards: value with interval, n, change with its basis, line, target and note.

    Parameters
    ----------
    cards : DataFrame
        One row per KPI, in order: ``key, label, value, unit`` and, where known, ``low, high, range_label, n, delta``
        (relative), ``delta_basis, target, target_verdict, note``.
    currency : str
        Of all money in the cards.
    sparklines : mapping, optional
        Key -> series in order of time.

    Returns
    -------
    Html
        Shown by notebooks as it is.
    """
    series = sparklines or {}
    shown = [_kpi_card(row, currency, series.get(row["key"], ())) for row in _records(cards)]
    return render("kpi_cards.html.jinja", cards=shown)


def _kpi_card(row: Mapping[Hashable, Any], currency: str, series: Sequence[float | None]) -> dict[str, str]:
    unit, n, delta, target = row["unit"], row.get("n"), row.get("delta"), row.get("target")
    value, interval = formats.format_count(row["value"]), ""
    if unit != UNIT_COUNT:
        value = formats.format_value(row["value"], unit, currency)
        whole = formats.format_interval(row["value"], row.get("low"), row.get("high"), unit, currency)
        interval = whole.removeprefix(value).strip()
    basis, verdict = _text(row, "delta_basis"), _text(row, "target_verdict")
    change = formats.format_change(delta) if formats.is_known(delta) else ""
    aim = f"target {formats.format_value(target, unit, currency)}" if formats.is_known(target) else ""
    return {
        "label": row["label"],
        "value": value,
        "interval": interval,
        "range_label": _text(row, "range_label"),
        "n": formats.format_count(n) if formats.is_known(n) else "",
        "change": f"{change} vs. {basis}" if change and basis else change,
        "sparkline": sparkline(series),
        "target": f"{aim}: {verdict}" if aim and verdict else aim,
        "note": _text(row, "note"),
    }


def finding_cards(findings: Sequence[object] | pd.DataFrame, currency: str) -> Html:
    """Show findings: verdict as mark and word, title, the sentence, a small drawing, money at stake, evidence.

    Parameters
    ----------
    findings : sequence of dataclasses or mappings, or DataFrame
        With ``title, verdict, statement, money_at_stake, table`` and, for the drawing, ``estimate, low, high, unit``
        (others are not shown).
    currency : str
        Of the money at stake.

    Returns
    -------
    Html
        Shown by notebooks as it is.
    """
    if not len(findings):
        return sentence("No findings.")
    shown = [{**row, **_finding_extras(row, currency)} for row in _records(findings)]
    return render("finding_cards.html.jinja", findings=shown)


def _finding_extras(row: Mapping[Hashable, Any], currency: str) -> dict[str, str]:
    """What a finding's card shows besides its texts; "" for what it lacks."""
    money, unit = row.get("money_at_stake"), _text(row, "unit")
    numbers = [row.get(name) for name in ("estimate", "low", "high")]
    estimate, low, high = numbers
    interval, strip = "", Html()
    if formats.is_known(estimate) and formats.is_known(low) and formats.is_known(high):
        interval = formats.format_interval(estimate, low, high, unit, currency)
        no_difference = 1.0 if unit == UNIT_RATIO else 0.0
        label = f"{interval}; the dashed line is no difference"
        strip = interval_strip(estimate, low, high, no_difference, label)
    return {
        "stake": formats.format_money(money, currency) if formats.is_known(money) else "",
        "evidence": _evidence_address(_text(row, "table"), "tables"),
        "interval": interval,
        "strip": strip,
    }


def _evidence_address(name: str, folder: str) -> str:
    """The address of an evidence table, given by its name or its address."""
    return name if not name or name.endswith(".csv") else f"{folder}/{name}.csv"


def recommendation_list(recommendations: Sequence[object] | pd.DataFrame, currency: str | None) -> Html:
    """Show recommendations in the order given: what, why, how much with range, money, effort, who, first step.

    Parameters
    ----------
    recommendations : sequence of dataclasses or mappings, or DataFrame
        With ``statement, evidence, measure, effect, low, high, unit, range_label, money_concerned, effort, owner,
        next_step`` and, where the evidence tables don't lie in ``tables``, their ``folder``; ``effect`` in ``unit``.
    currency : str or None
        Of the money; None where each recommendation has its own ``currency``.

    Returns
    -------
    Html
        Shown by notebooks as it is.
    """
    if not len(recommendations):
        return sentence("No recommendation holds on this data.")
    items = []
    for row in _records(recommendations):
        money = currency or row["currency"]
        size = formats.format_interval(
            row["effect"], row["low"], row["high"], row["unit"], money, row["range_label"]
        )
        # the first clause says what to do and stands out from what speaks for it
        action, *grounds = re.split(r"(?<=[:.])(?= )", row["statement"], maxsplit=1)
        facts = [
            ("How much (range)", f"{size} {row['measure']}"),
            ("Money concerned", formats.format_money(row["money_concerned"], money)),
            ("Effort", _text(row, "effort")),
            ("Who", _text(row, "owner")),
            ("First step", _text(row, "next_step")),
        ]
        evidence = _evidence_address(_text(row, "evidence"), _text(row, "folder") or "tables")
        items.append({"action": action, "grounds": "".join(grounds), "facts": facts, "evidence": evidence})
    return render("recommendations.html.jinja", recommendations=items)


def callout(kind: Literal["note", "warning", "important"], title: str, text: str) -> Html:
    """A box that interrupts; its kind is said in words too.

    Parameters
    ----------
    kind : {"note", "warning", "important"}
        How much it matters.
    title, text : str
        What it says, in short and in whole.

    Returns
    -------
    Html
        Shown by notebooks as it is.
    """
    return render("callout.html.jinja", kind=kind, kind_label=_CALLOUT_LABELS[kind], title=title, text=text)


def page_nav(market_title: str, pages: Sequence[tuple[str, str]], current: str) -> Html:
    """Links between the pages of one market.

    Parameters
    ----------
    market_title : str
        Names the group of links.
    pages : sequence of (address, label)
        In reading order; addresses are relative to the page.
    current : str
        The address of the page that shows the links.

    Returns
    -------
    Html
        Shown by notebooks as it is.
    """
    return render("page_nav.html.jinja", market_title=market_title, pages=pages, current=current)


def sentence(text: str) -> Html:
    """A paragraph of the report.

    >>> print(sentence("Six campaigns of <two> businesses."))
    <p class="ls-sentence">Six campaigns of &lt;two&gt; businesses.</p>
    """
    return render("paragraph.html.jinja", css_class="ls-sentence", text=text)


def footnote(text: str) -> Html:
    """Small print at the end of a page."""
    return render("paragraph.html.jinja", css_class="ls-note ls-made", text=text)


def headline(text: str) -> Html:
    """The first two or three sentences of a page, set larger."""
    return render("paragraph.html.jinja", css_class="ls-headline", text=text)


def banner(text: str) -> Html:
    """A line across the page that must not be missed, such as "Sample data"."""
    return render("paragraph.html.jinja", css_class="ls-banner", text=text)


def facts_line(facts: Sequence[tuple[str, str]]) -> Html:
    """A line of facts under a page's title, such as ``as of 31 Dec 2024 · EGP · data quality: good``.

    Parameters
    ----------
    facts : sequence of (label, value)
        A verdict is shown with its mark.

    Returns
    -------
    Html
        Shown by notebooks as it is.

    Examples
    --------
    >>> print(facts_line([("as of", "31 Dec 2024"), ("", "EGP")]))
    <p class="ls-facts-line">as of 31 Dec 2024 · EGP</p>
    """
    return render("facts_line.html.jinja", facts=facts, verdicts=MARKS)


def verdict_list(verdicts: Sequence[tuple[str, str, str, str]]) -> Html:
    """Verdicts on what a page rests on.

    Parameters
    ----------
    verdicts : sequence of (what, verdict, reason, address)
        The address is that of the page that shows the verdict.

    Returns
    -------
    Html
        Shown by notebooks as it is.
    """
    shown = [(what, verdict, _without_verdict(reason, verdict), at) for what, verdict, reason, at in verdicts]
    return render("verdict_list.html.jinja", verdicts=shown)


def _without_verdict(reason: str, verdict: str) -> str:
    """A reason without the verdict it begins with, as that stands before it.

    >>> _without_verdict("Not ready: too few verdicts.", "Not ready")
    'Too few verdicts.'
    """
    for separator in (": ", ". "):
        if reason.startswith(verdict + separator):
            rest = reason.removeprefix(verdict + separator)
            return rest[:1].upper() + rest[1:]
    return reason


def failure_list(failures: Sequence[Mapping[str, str]]) -> Html:
    """Boxes for markets whose run failed; nothing when none did.

    Parameters
    ----------
    failures : sequence of mappings
        With ``title, notebook, problem, remedy``.

    Returns
    -------
    Html
        Shown by notebooks as it is.
    """
    return Html().join(
        callout(
            "important", f"the run of {f['title']} failed", f"{f['notebook']}: {f['problem']}. {f['remedy']}."
        )
        for f in failures
    )
