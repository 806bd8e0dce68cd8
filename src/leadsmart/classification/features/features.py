"""What is known of a lead when it arrives, each feature with the moment from which it is known."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from leadsmart.classification.features.encoding import LeadColumns
from leadsmart.classification.features.feature_catalogue import (
    MISSING,
    OPTIONAL_SPECS,
    SPECS,
    FeatureSpec,
    Kind,
)
from leadsmart.classification.features.history import (
    MarketHistory,
    build_history,
    delivery_history,
    local_times,
    rows_of,
    universal_times,
    verdict_history,
)
from leadsmart.classification.features.labels import end_of_day
from leadsmart.classification.metrics import auc
from leadsmart.classification.texts.text import TextClassifier, language_of, normalise_texts
from leadsmart.classification.texts.walk_forward import predict_forward, predict_likely
from leadsmart.errors import ModelError
from leadsmart.market import Market
from leadsmart.params import Params

ID_COLUMNS: Final = ("lead_id", "market", "user_id", "campaign_id")
#: Columns of a feature frame that say which lead it is; no model reads them.
META_COLUMNS: Final = (*ID_COLUMNS, "arrived_at", "is_first_message")
#: A feature whose AUC alone is above this looks like a leak.
LEAK_AUC: Final = 0.95
#: Leads below which a category's level counts as "other" there: the rate of a level with one lead is its label.
RARE_LEVEL: Final = 20
FORM_PREFIX: Final = "form_"
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Features:
    """The features of a market's leads.

    Attributes
    ----------
    frame : DataFrame
        One row per lead, ordered by ``arrived_at`` and ``lead_id``: `META_COLUMNS`, then one column per
        spec. Numbers and flags are float, NaN where missing; categories and text are str.
    specs : tuple of FeatureSpec
    intent_classifier : TextClassifier or None
        Predicted the newest messages' intents; None without labelled messages enough.
    """

    frame: pd.DataFrame
    specs: tuple[FeatureSpec, ...]
    intent_classifier: TextClassifier | None = None


def form_fields(columns: Iterable[Any]) -> list[str]:
    """Name the columns of further form fields, in order."""
    return [str(c) for c in columns if str(c).startswith(FORM_PREFIX) and c != "form_variant"]


def build_features(market: Market) -> Features:
    """Build the features of every lead that arrived up to `as_of`, each as known when the lead arrived.

    Parameters
    ----------
    market : Market

    Returns
    -------
    Features
        Leads without a moment of arrival are left out: nothing is known "before" them.
    """
    cut = end_of_day(market.as_of, market.params.timezone)
    leads = market.tables.leads[market.tables.leads["arrived_at"] < cut]
    leads = leads.sort_values(["arrived_at", "lead_id"], kind="stable", ignore_index=True)
    persons = leads["person_hash"]
    columns = {
        **compute_features(leads, build_history(market), market.params),
        "is_first_message": ~(persons.duplicated() & persons.notna()).to_numpy(),
    }
    intent_classifier = None
    if {"message", "message_intent"} <= set(leads.columns):
        messages, is_first = pd.Series(columns["message"]), pd.Series(columns["is_first_message"])
        asks, intent_classifier = predict_forward(
            messages, leads["message_intent"], leads["arrived_at"], is_first
        )
        if intent_classifier is not None:
            columns["message_asks"] = _where_written(columns["message"], asks)
    specs = [*SPECS, *(s for s in OPTIONAL_SPECS if s.name in columns)]
    specs += [
        FeatureSpec(c, "category", "arrival", c, c.removeprefix(FORM_PREFIX).replace("_", " "))
        for c in form_fields(leads)
    ]
    of_text = {*ID_COLUMNS, *(s.name for s in specs if s.kind in ("category", "text"))}
    named = [*META_COLUMNS, *(s.name for s in specs if s.name not in META_COLUMNS)]
    frame = pd.DataFrame(
        {c: pd.array(columns[c], dtype="str") if c in of_text else columns[c] for c in named}
    )
    return Features(frame, tuple(specs), intent_classifier)


def compute_features(
    leads: LeadColumns,
    history: MarketHistory,
    params: Params,
    intent_classifier: TextClassifier | None = None,
) -> dict[str, Any]:
    """Compute the features of leads, however many, from a history that was built before.

    Arrays instead of tables: for one lead alone pandas takes ten times as long.

    Parameters
    ----------
    leads : DataFrame or mapping
        Clean leads (`market_tables.MarketTables`), each with a moment of arrival, or their columns.
    history : MarketHistory
    params : Params
    intent_classifier : TextClassifier, optional
        Predicts what messages ask for; without one there is no such feature.

    Returns
    -------
    dict of arrays
        The columns of a feature frame but ``is_first_message``, in the order of `leads`.
    """
    row = rows_of(history.rows, leads["campaign_id"].tolist())
    arrived = local_times(leads["arrived_at"])
    days = arrived.astype("datetime64[D]")
    return {
        "lead_id": np.asarray(leads["lead_id"], dtype=object),
        "market": np.full(len(row), params.market, dtype=object),
        "user_id": history.facts["user_id"][row],
        "campaign_id": np.asarray(leads["campaign_id"], dtype=object),
        "arrived_at": pd.array(leads["arrived_at"]),
        "channel": history.facts["channel"][row],
        **_contact(leads, params),
        **_form(leads),
        **_moment(arrived, days),
        **_campaign(universal_times(leads["arrived_at"]), history, row),
        **delivery_history(history, row, days),
        **verdict_history(history, row, days),
        **(_message(leads["message"].tolist(), intent_classifier) if "message" in leads else {}),
    }


def _contact(leads: LeadColumns, params: Params) -> dict[str, Any]:
    flags = {
        c: np.asarray(leads[c], dtype=float)
        for c in ("has_name", "is_email_valid", "is_phone_valid", "is_repeat")
    }
    is_abroad = [region != params.phone_region for region in leads["phone_region"].tolist()]
    return {
        **flags,
        "is_phone_foreign": flags["is_phone_valid"] * is_abroad,
        "email_domain_class": _category(leads["email_domain_class"]),
        "phone_type": _category(leads["phone_type"]),
    }


def _form(leads: LeadColumns) -> dict[str, Any]:
    fields = form_fields(leads)
    answers = [*fields, *(["message"] if "message" in leads else [])]
    filled = [np.asarray(leads[c], dtype=float) for c in ("has_name", "is_email_valid", "is_phone_valid")]
    filled += [np.array([isinstance(v, str) for v in leads[c].tolist()], dtype=float) for c in answers]
    categories = [*fields, *(["form_variant"] if "form_variant" in leads else [])]
    return {"filled_share": np.mean(filled, axis=0), **{c: _category(leads[c]) for c in categories}}


def _moment(arrived: np.ndarray, days: np.ndarray) -> dict[str, Any]:
    minutes = (arrived - days) // np.timedelta64(1, "m")
    angle = 2 * np.pi * (minutes // 60 + minutes % 60 / 60) / 24
    # 1 January 1970 was a Thursday
    weekday = (days.astype(np.int64) + WEEKDAYS.index("Thursday")) % 7
    return {
        "hour_sin": np.sin(angle),
        "hour_cos": np.cos(angle),
        "weekday": np.array(WEEKDAYS, dtype=object)[weekday],
    }


def _campaign(arrived: np.ndarray, history: MarketHistory, row: np.ndarray) -> dict[str, Any]:
    since = (arrived - history.facts["started_at"][row]) / np.timedelta64(1, "D")
    return {"days_since_start": np.maximum(since, 0), "daily_budget": history.facts["daily_budget"][row]}


def _message(messages: Sequence[Any], intent_classifier: TextClassifier | None) -> dict[str, Any]:
    texts = normalise_texts(messages)
    found = {
        "has_message": np.array([t != "" for t in texts], dtype=float),
        "message_words": np.array([len(t.split()) for t in texts], dtype=float),
        "message_language": np.array([language_of(t) for t in messages], dtype=object),
        "message": np.array(texts, dtype=object),
    }
    if intent_classifier is not None:
        found["message_asks"] = _where_written(texts, predict_likely(intent_classifier, texts))
    return found


def _where_written(messages: Iterable[str], intents: Iterable[str]) -> np.ndarray:
    pairs = zip(messages, intents, strict=True)
    return np.array([intent if message else MISSING for message, intent in pairs], dtype=object)


def _category(values: Any) -> np.ndarray:
    return np.array([v if isinstance(v, str) else MISSING for v in values.tolist()], dtype=object)


def find_suspects(features: Features, labels: pd.DataFrame) -> tuple[str, ...]:
    """Refuse features from after a lead's arrival; name those that alone look too good to be true.

    Parameters
    ----------
    features : Features
    labels : DataFrame
        As `labels.label_leads` returns it.

    Returns
    -------
    tuple of str
        Features that alone tell the classes apart better than AUC 0.95.

    Raises
    ------
    ModelError
        If a feature is declared as known later, or a column is declared nowhere.
    """
    late = [s.name for s in features.specs if s.known not in ("arrival", "day before")]
    declared = {s.name for s in features.specs}
    undeclared = [c for c in features.frame.columns if c not in declared and c not in META_COLUMNS]
    for names, problem in ((late, "known only after the lead's arrival"), (undeclared, "declared nowhere")):
        if names:
            raise ModelError(
                f"a feature is {problem}", rule="find_suspects", column=names[0], count=len(names), examples=names,
                remedy="Leave it out, or declare in the feature catalogue from when it is known",
            )  # fmt: skip
    label = features.frame["lead_id"].map(labels.set_index("lead_id")["label"]).to_numpy(dtype=float)
    known = ~np.isnan(label)
    if not known.any():
        return ()
    frame, label = features.frame[known], label[known]
    specs = [s for s in features.specs if s.kind != "text"]
    return tuple(s.name for s in specs if _auc_alone(frame[s.name], label, s.kind) > LEAK_AUC)


def _auc_alone(values: pd.Series, label: np.ndarray, kind: Kind) -> float:
    if kind == "category":
        # rare levels count as one: the rate of a level with a single lead would be an oracle
        levels = values.mask(values.map(values.value_counts()) < RARE_LEVEL, "other")
        score = pd.Series(label).groupby(levels.to_numpy()).transform("mean").to_numpy()
    else:
        filled = values.to_numpy(dtype=float)
        score = np.where(np.isnan(filled), np.nanmedian(filled) if (~np.isnan(filled)).any() else 0.0, filled)
    value = auc(label, score)
    return max(value, 1 - value)
