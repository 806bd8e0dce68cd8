"""What is known of a lead when it arrives, each feature with the moment from which it is known."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from leadsmart.classification.features.encoding import Columns
from leadsmart.classification.features.feature_catalogue import (
    MISSING,
    OPTIONAL_SPECS,
    SPECS,
    FeatureSpec,
    Kind,
)
from leadsmart.classification.features.history import (
    History,
    delivery_history,
    local_times,
    places,
    prepare_history,
    universal_times,
    verdict_history,
)
from leadsmart.classification.features.labels import end_of_day
from leadsmart.classification.metrics import auc
from leadsmart.classification.texts.readings import read_messages, tell_wordings
from leadsmart.classification.texts.text import TextClassifier, language_of, normalise_texts
from leadsmart.errors import ModelError
from leadsmart.market import Market
from leadsmart.params import Params

#: Columns of a feature frame that say which lead it is; no model reads them.
META_COLUMNS: Final = ("lead_id", "market", "user_id", "campaign_id", "arrived_at", "is_first_message")
LEAK_AUC: Final = 0.95
RARE_LEVEL: Final = 20
FORM_PREFIX: Final = "form_"
#: Columns of text that no spec names.
WORDS: Final = ("lead_id", "market", "user_id", "campaign_id")
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
    reader : TextClassifier or None
        What told the newest messages' intents; None without labelled messages enough.
    """

    frame: pd.DataFrame
    specs: tuple[FeatureSpec, ...]
    reader: TextClassifier | None = None

    @property
    def registry(self) -> pd.DataFrame:
        """One row per feature: ``feature``, ``kind``, ``known``, ``field``, ``label``."""
        rows = [(s.name, s.kind, s.known, s.field, s.label.replace("|", " / ")) for s in self.specs]
        return pd.DataFrame(rows, columns=["feature", "kind", "known", "field", "label"])


@dataclass(frozen=True)
class GuardReport:
    """What the guard saw.

    Attributes
    ----------
    table : DataFrame
        One row per feature: ``feature``, ``known``, ``auc`` (of that feature alone, 0.5 and above),
        ``is_suspect``.
    suspects : tuple of str
        Features that alone tell the classes apart better than AUC 0.95.
    sentence : str
    """

    table: pd.DataFrame
    suspects: tuple[str, ...]
    sentence: str


def form_fields(columns: Iterable[str]) -> list[str]:
    """Name the columns of further form fields, in order."""
    return [c for c in columns if c.startswith(FORM_PREFIX) and c != "form_variant"]


def build_features(market: Market, reader: TextClassifier | None = None) -> Features:
    """Build the features of every lead that arrived up to `as_of`, each as known when the lead arrived.

    Parameters
    ----------
    market : Market
    reader : TextClassifier, optional
        Tells what messages ask for, to score leads by the model that it belongs to. By default messages labelled
        before each lead arrived teach it.

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
        **describe_leads(leads, prepare_history(market), market.params, reader),
        "is_first_message": ~(persons.duplicated() & persons.notna()).to_numpy(),
    }
    if reader is None and {"message", "message_intent"} <= set(leads.columns):
        messages, counts = pd.Series(columns["message"]), pd.Series(columns["is_first_message"])
        asks, reader = read_messages(messages, leads["message_intent"], leads["arrived_at"], counts)
        if reader is not None:
            columns["message_asks"] = _asked(columns["message"], asks)
    specs = [*SPECS, *(s for s in OPTIONAL_SPECS if s.name in columns)]
    specs += [
        FeatureSpec(c, "category", "arrival", c, c.removeprefix(FORM_PREFIX).replace("_", " "))
        for c in form_fields(leads)
    ]
    words = {*WORDS, *(s.name for s in specs if s.kind in ("category", "text"))}
    named = [*META_COLUMNS, *(s.name for s in specs if s.name not in META_COLUMNS)]
    frame = pd.DataFrame({c: pd.array(columns[c], dtype="str") if c in words else columns[c] for c in named})
    return Features(frame, tuple(specs), reader)


def describe_leads(
    leads: Columns, history: History, params: Params, reader: TextClassifier | None = None
) -> dict[str, Any]:
    """Compute the features of leads, however many, from a history that was made ready before.

    Arrays instead of tables: for one lead alone pandas takes ten times as long.

    Parameters
    ----------
    leads : DataFrame or mapping
        Clean leads (`vocabulary.MarketTables`), each with a moment of arrival, or their columns.
    history : History
    params : Params
    reader : TextClassifier, optional
        As in `build_features`; without one nobody tells what messages ask for.

    Returns
    -------
    dict of arrays
        The columns of a feature frame but ``is_first_message``, in the order of `leads`.
    """
    place = places(history.place, leads["campaign_id"].tolist())
    arrived = local_times(leads["arrived_at"])
    days = arrived.astype("datetime64[D]")
    return {
        "lead_id": np.asarray(leads["lead_id"], dtype=object),
        "market": np.full(len(place), params.market, dtype=object),
        "user_id": history.facts["user_id"][place],
        "campaign_id": np.asarray(leads["campaign_id"], dtype=object),
        "arrived_at": pd.array(leads["arrived_at"]),
        "channel": history.facts["channel"][place],
        **_contact(leads, params),
        **_form(leads),
        **_moment(arrived, days),
        **_campaign(universal_times(leads["arrived_at"]), history, place),
        **delivery_history(history, place, days),
        **verdict_history(history, place, days),
        **(_message(leads["message"].tolist(), reader) if "message" in leads else {}),
    }


def _contact(leads: Columns, params: Params) -> dict[str, Any]:
    flags = {
        c: np.asarray(leads[c], dtype=float)
        for c in ("has_name", "is_email_valid", "is_phone_valid", "is_repeat")
    }
    is_abroad = [region != params.phone_region for region in leads["phone_region"].tolist()]
    return {
        **flags,
        "is_phone_foreign": flags["is_phone_valid"] * is_abroad,
        "email_domain_class": _words(leads["email_domain_class"]),
        "phone_type": _words(leads["phone_type"]),
    }


def _form(leads: Columns) -> dict[str, Any]:
    fields = form_fields(leads)
    answers = [*fields, *(["message"] if "message" in leads else [])]
    filled = [np.asarray(leads[c], dtype=float) for c in ("has_name", "is_email_valid", "is_phone_valid")]
    filled += [np.array([isinstance(v, str) for v in leads[c].tolist()], dtype=float) for c in answers]
    categories = [*fields, *(["form_variant"] if "form_variant" in leads else [])]
    return {"filled_share": np.mean(filled, axis=0), **{c: _words(leads[c]) for c in categories}}


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


def _campaign(arrived: np.ndarray, history: History, place: np.ndarray) -> dict[str, Any]:
    since = (arrived - history.facts["started_at"][place]) / np.timedelta64(1, "D")
    return {"days_since_start": np.maximum(since, 0), "daily_budget": history.facts["daily_budget"][place]}


def _message(messages: list[Any], reader: TextClassifier | None) -> dict[str, Any]:
    text = normalise_texts(messages)
    asks = {} if reader is None else {"message_asks": _asked(text, tell_wordings(reader, text))}
    return {
        "has_message": np.array([t != "" for t in text], dtype=float),
        "message_words": np.array([len(t.split()) for t in text], dtype=float),
        "message_language": np.array([language_of(t) for t in messages], dtype=object),
        "message": np.array(text, dtype=object),
        **asks,
    }


def _asked(messages: Iterable[str], asks: Iterable[str]) -> np.ndarray:
    return np.array([a if m else MISSING for m, a in zip(messages, asks, strict=True)], dtype=object)


def _words(values: Any) -> np.ndarray:
    return np.array([v if isinstance(v, str) else MISSING for v in values.tolist()], dtype=object)


def without_field(features: Features, field: str) -> Features:
    """Leave out every feature of one field.

    Raises
    ------
    ModelError
        If no feature belongs to `field`.
    """
    kept = tuple(s for s in features.specs if s.field != field)
    if len(kept) == len(features.specs):
        known = sorted({s.field for s in features.specs})
        raise ModelError(f"no feature belongs to field {field!r}", remedy=f"Choose one of {', '.join(known)}")
    dropped = [s.name for s in features.specs if s.field == field and s.name not in META_COLUMNS]
    return replace(features, frame=features.frame.drop(columns=dropped), specs=kept)


def guard_features(features: Features, labels: pd.DataFrame) -> GuardReport:
    """Refuse features from after a lead's arrival; report any that alone looks too good to be true.

    Parameters
    ----------
    features : Features
    labels : DataFrame
        As `labels.label_leads` returns it.

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
                f"a feature is {problem}", rule="guard_features", column=names[0], count=len(names), examples=names,
                remedy="Leave it out, or declare in the registry from when it is known",
            )  # fmt: skip
    label = features.frame["lead_id"].map(labels.set_index("lead_id")["label"]).to_numpy(dtype=float)
    known = ~np.isnan(label)
    rows = []
    for spec in features.specs:
        if spec.kind == "text" or not known.any():
            alone = np.nan
        else:
            alone = _auc_alone(features.frame.loc[known, spec.name], label[known], spec.kind)
        rows.append((spec.name, spec.known, alone, bool(alone > LEAK_AUC)))
    table = pd.DataFrame(rows, columns=["feature", "known", "auc", "is_suspect"])
    suspects = tuple(table.loc[table["is_suspect"], "feature"])
    sentence = f"All {len(features.specs)} features are known when the lead arrives."
    if suspects:
        sentence += f" Too good to be true alone, so perhaps known later: {', '.join(suspects)}."
    return GuardReport(table=table, suspects=suspects, sentence=sentence)


def _auc_alone(values: pd.Series, label: np.ndarray, kind: Kind) -> float:
    if kind == "category":
        # rare levels count as one: the rate of a level with a single lead would be an oracle
        levels = values.mask(values.map(values.value_counts()) < RARE_LEVEL, "other")
        score = pd.Series(label).groupby(levels.to_numpy()).transform("mean").to_numpy()
    else:
        filled = values.to_numpy(dtype=float)
        score = np.where(np.isnan(filled), np.nanmedian(filled) if (~np.isnan(filled)).any() else 0.0, filled)
    value = auc(label, score)
    return float(max(value, 1 - value))
