"""Cards, lists and boxes of a page: KPIs, findings, recommendations, callouts, navigation."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass

import pandas as pd

from leadsmart import formats
from leadsmart.display.markup import Html, Shown, download_link, escape, escape_name, link, verdict_mark
from leadsmart.display.palette import MARKS
from leadsmart.display.sparklines import interval_strip, sparkline
from leadsmart.vocabulary import UNIT_COUNT, UNIT_RATIO

_LEGEND = "Drawings: the estimate with its range; the dashed line is no difference."
_RANGES = "Ranges over business users are 95 % unless they are called indicative. Money concerned is not money to be gained."
_KINDS = {"note": "Note", "warning": "Warning", "important": "Important"}


def _fields(item: object) -> Mapping[str, object]:
    """A finding or recommendation as a mapping, whether it came as dataclass, mapping or row."""
    if isinstance(item, Mapping):
        return item
    return asdict(item) if is_dataclass(item) else vars(item)


def _items(items: object) -> list[Mapping[str, object]]:
    if isinstance(items, pd.DataFrame):
        return items.to_dict("records")
    return [_fields(item) for item in items]


def _filled(row: Mapping[str, object], name: str) -> bool:
    value = row.get(name)
    return isinstance(value, str) and value != ""


def _known(row: Mapping[str, object], name: str) -> bool:
    return not formats.is_missing(row.get(name))


def kpi_cards(
    cards: pd.DataFrame,
    currency: str,
    sparklines: Mapping[str, Sequence[float | None]] | None = None,
) -> Html:
    """Show KPIs as cards: value with interval, n, change with its basis, line, target and note.

    Parameters
    ----------
    cards : DataFrame
        One row per KPI, in order: ``key, label, value, unit`` and, where known, ``low, high, n, delta``
        (relative), ``delta_basis, target, target_verdict, note``.
    currency : str
        Of all money in the cards.
    sparklines : mapping, optional
        Key -> series in order of time.
    """
    cells = "".join(_kpi_card(row, currency, (sparklines or {}).get(row["key"], ())) for row in _items(cards))
    return Html(f'<dl class="ls-kpis">{cells}</dl>')


def _kpi_card(row: Mapping[str, object], currency: str, series: Sequence[float | None]) -> str:
    unit = str(row["unit"])
    if unit == UNIT_COUNT:
        value, interval = formats.format_count(row["value"]), ""
    else:
        value = formats.format_value(row["value"], unit, currency)
        whole = formats.format_interval(row["value"], row.get("low"), row.get("high"), unit, currency)
        interval = whole.removeprefix(value).strip()
    lines = [f'<dt>{escape(row["label"])}</dt><dd class="ls-kpi-value">{escape(value)}']
    if interval:
        lines.append(f' <span class="ls-interval">{escape(interval)}</span>')
    lines.append("</dd>")
    if interval and _filled(row, "range_label"):
        lines.append(f'<dd class="ls-n">{escape(row["range_label"])}</dd>')
    if _known(row, "n"):
        lines.append(f'<dd class="ls-n">n {formats.format_count(row["n"])}</dd>')
    change = ""
    if _known(row, "delta"):
        basis = str(row["delta_basis"]) if _filled(row, "delta_basis") else ""
        change = formats.format_delta(row["delta"], basis) if basis else formats.format_change(row["delta"])
    line = sparkline(series)
    if change or line:
        lines.append(f'<dd class="ls-kpi-change">{escape(change)} {line}</dd>')
    if _known(row, "target"):
        target = f"target {formats.format_value(row['target'], unit, currency)}"
        verdict = f": {row['target_verdict']}" if _filled(row, "target_verdict") else ""
        lines.append(f'<dd class="ls-kpi-target">{escape(target + verdict)}</dd>')
    if _filled(row, "note"):
        lines.append(f'<dd class="ls-note">{escape(row["note"])}</dd>')
    return f'<div class="ls-kpi">{"".join(lines)}</div>'


def _stake(row: Mapping[str, object], currency: str) -> str:
    money = row.get("money_at_stake")
    return "" if formats.is_missing(money) else f"{formats.format_money(money, currency)} at stake"


def _evidence(name: str, folder: str) -> str:
    """A link to an evidence table, given by its name or its address."""
    if not name:
        return ""
    href = name if name.endswith(".csv") else f"{folder}/{name}.csv"
    return download_link(href, "Evidence (CSV)")


def _strip(row: Mapping[str, object], currency: str) -> str:
    """The estimate of a finding with its interval, drawn beside what would mean no difference."""
    numbers = [row.get(name) for name in ("estimate", "low", "high")]
    if any(formats.is_missing(number) for number in numbers):
        return ""
    unit = str(row["unit"])
    text = formats.format_interval(*numbers, unit, currency)
    drawing = interval_strip(
        *numbers, 1.0 if unit == UNIT_RATIO else 0.0, f"{text}; the dashed line is no difference"
    )
    return f'<div class="ls-finding-picture">{drawing}<span class="ls-n">{escape(text)}</span></div>'


def finding_cards(
    findings: Iterable[object] | pd.DataFrame,
    currency: str,
    pictures: Mapping[str, Shown] | None = None,
    folder: str = "tables",
) -> Html:
    """Show findings: verdict as mark and word, title, the sentence, a small picture, money at stake, evidence.

    Parameters
    ----------
    findings : iterable of dataclasses or mappings, or DataFrame
        With ``key, title, verdict, statement, money_at_stake, table`` and, for the drawing, ``estimate, low, high,
        unit`` (others are not shown).
    currency : str
        Of the money at stake.
    pictures : mapping, optional
        Key -> small picture, in place of the drawing of the estimate.
    folder : str
        Where the evidence tables lie, relative to the page.
    """
    cards = []
    for row in _items(findings):
        picture = (pictures or {}).get(str(row["key"]))
        stake = _stake(row, currency)
        foot = " ".join(
            x
            for x in (
                f'<span class="ls-stake">{escape(stake)}</span>' if stake else "",
                _evidence(str(row.get("table") or ""), folder),
            )
            if x
        )
        cards.append(
            f'<li class="ls-card ls-finding"><div class="ls-finding-text"><p class="ls-finding-head">'
            f"{verdict_mark(str(row['verdict']))} <strong>{escape(row['title'])}</strong></p>"
            f"<p>{escape(row['statement'])}</p>{f'<p class=ls-card-foot>{foot}</p>' if foot else ''}</div>"
            f"{picture._repr_html_() if picture is not None else _strip(row, currency)}</li>"
        )
    if not cards:
        return sentence("No findings.")
    drawn = any("ls-strip" in card for card in cards)
    legend = f'<p class="ls-note">{_LEGEND}</p>' if drawn else ""
    return Html(f'<ul class="ls-list ls-findings">{"".join(cards)}</ul>{legend}')


def recommendation_list(
    recommendations: Iterable[object] | pd.DataFrame, currency: str | None, folder: str = "tables"
) -> Html:
    """Show recommendations in the order given: what, why, how much with range, money, effort, who, first step.

    Parameters
    ----------
    recommendations : iterable of dataclasses or mappings, or DataFrame
        With ``statement, evidence, measure, effect, low, high, unit, range_label, money_concerned, effort, owner,
        next_step``; ``effect`` in ``unit``, money in `currency`.
    currency : str or None
        Of the money; None where each recommendation has its own ``currency``.
    folder : str
        Where the evidence tables lie, relative to the page; a recommendation's own ``folder`` wins.
    """
    items = []
    for row in _items(recommendations):
        money = currency or str(row["currency"])
        bounds = row["effect"], row.get("low"), row.get("high")
        size = formats.format_interval(*bounds, row["unit"], money, label=row["range_label"])
        facts = [("How much (range)", f"{size} {row['measure']}")]
        facts += [("Money concerned", formats.format_money(row["money_concerned"], money))]
        facts += [
            (label, row[name])
            for label, name in (("Effort", "effort"), ("Who", "owner"), ("First step", "next_step"))
            if _filled(row, name)
        ]
        pairs = "".join(f"<div><dt>{label}</dt><dd>{escape(text)}</dd></div>" for label, text in facts)
        link_to_evidence = _evidence(str(row.get("evidence") or ""), str(row.get("folder") or folder))
        evidence = f'<p class="ls-card-foot">{link_to_evidence}</p>' if link_to_evidence else ""
        items.append(
            f'<li class="ls-card"><p>{_stress_what_to_do(str(row["statement"]))}</p>'
            f'<dl class="ls-facts">{pairs}</dl>{evidence}</li>'
        )
    if not items:
        return sentence("No recommendation holds on this data.")
    note = f'<p class="ls-note">{_RANGES}</p>'
    return Html(f'<ol class="ls-list ls-recommendations">{"".join(items)}</ol>{note}')


def _stress_what_to_do(statement: str) -> str:
    """The first clause of a recommendation, which says what to do, stands out from what speaks for it.

    >>> _stress_what_to_do("Ask for a verdict: 17 % have one.")
    '<strong>Ask for a verdict:</strong> 17 % have one.'
    """
    first, *rest = re.split(r"(?<=[:.])(?= )", statement, maxsplit=1)
    return f"<strong>{escape(first)}</strong>{escape(''.join(rest))}"


def callout(kind: str, title: str, text: str) -> Html:
    """A box that interrupts: ``note``, ``warning`` or ``important``; the kind is said in words too.

    >>> callout("warning", "No feedback", "Sales gave no verdict.")[:78]
    '<div class="ls-callout ls-callout-warning"><p class="ls-callout-title">Warning'
    """
    head = f"{_KINDS[kind]}: {title}" if title else _KINDS[kind]
    return Html(
        f'<div class="ls-callout ls-callout-{kind}"><p class="ls-callout-title">{escape(head)}</p>'
        f"<p>{escape(text)}</p></div>"
    )


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
    """
    items = "".join(
        f'<li><a href="{escape(href)}" aria-current="page">{escape_name(label)}</a></li>'
        if href == current
        else f"<li>{link(href, label)}</li>"
        for href, label in pages
    )
    return Html(
        f'<nav class="ls-pagenav" aria-label="{escape(f"Pages of {market_title}")}">'
        f'<span class="ls-pagenav-title">{escape_name(market_title)}</span><ul>{items}</ul></nav>'
    )


def sentence(text: str) -> Html:
    """A paragraph of the report.

    >>> print(sentence("Six campaigns of <two> businesses."))
    <p class="ls-sentence">Six campaigns of &lt;two&gt; businesses.</p>
    """
    return Html(f'<p class="ls-sentence">{escape(text)}</p>')


def footnote(text: str) -> Html:
    """Small print at the end of a page."""
    return Html(f'<p class="ls-note ls-made">{escape(text)}</p>')


def headline(text: str) -> Html:
    """The first two or three sentences of a page, set larger."""
    return Html(f'<p class="ls-headline">{escape(text)}</p>')


def facts_line(facts: Sequence[tuple[str, str]]) -> Html:
    """A line of facts under a page's title, such as ``as of 31 Dec 2024 · EGP · data quality: good``.

    >>> print(facts_line([("as of", "31 Dec 2024"), ("", "EGP")]))
    <p class="ls-facts-line">as of 31 Dec 2024 · EGP</p>
    """
    parts = [
        f"{escape(label)}: {verdict_mark(value)}" if value in MARKS else escape(f"{label} {value}".strip())
        for label, value in facts
    ]
    return Html(f'<p class="ls-facts-line">{" · ".join(parts)}</p>')


def banner(text: str) -> Html:
    """A line across the page that must not be missed, such as "Sample data"."""
    return Html(f'<p class="ls-banner" role="note">{escape(text)}</p>')


def verdict_list(verdicts: Sequence[tuple[str, str, str, str]]) -> Html:
    """Verdicts on what a page rests on: what, verdict, why, and the page that shows it.

    Parameters
    ----------
    verdicts : sequence of (what, verdict, reason, address)
    """
    items = "".join(
        f"<li><p><strong>{escape(what)}:</strong> {verdict_mark(verdict)}. "
        f"{escape(_without_verdict(reason, verdict))} {link(href, 'See the page')}</p></li>"
        for what, verdict, reason, href in verdicts
    )
    return Html(f'<ul class="ls-list ls-verdicts">{items}</ul>')


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
    """
    boxes = [
        callout(
            "important", f"the run of {f['title']} failed", f"{f['notebook']}: {f['problem']}. {f['remedy']}."
        )
        for f in failures
    ]
    return Html("".join(boxes))
