"""What is known of a lead when it arrives, each feature with the moment from which it is known."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from leadsmart.classification.history import delivery_history, verdict_history
from leadsmart.classification.labels import end_of_day
from leadsmart.classification.metrics import auc
from leadsmart.classification.registry import MISSING, OPTIONAL_SPECS, SPECS, FeatureSpec, Kind
from leadsmart.classification.text import language_of, normalise_text
from leadsmart.errors import ModelError
from leadsmart.params import Params
from leadsmart.vocabulary import MarketTables

#: Columns of a feature frame that say which lead it is; no model reads them.
META_COLUMNS: Final = ("lead_id", "market", "user_id", "campaign_id", "arrived_at", "is_first_message")
LEAK_AUC: Final = 0.95
RARE_LEVEL: Final = 20
FORM_PREFIX: Final = "form_"


@dataclass(frozen=True)
class Features:
    """The features of a market's leads.

    Attributes
    ----------
    frame : DataFrame
        One row per lead, ordered by ``arrived_at`` and ``lead_id``: `META_COLUMNS`, then one column per
        spec. Numbers and flags are float, NaN where missing; categories and text are str.
    specs : tuple of FeatureSpec
    """

    frame: pd.DataFrame
    specs: tuple[FeatureSpec, ...]

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


def form_fields(leads: pd.DataFrame) -> list[str]:
    """Name the columns of further form fields, in order."""
    return [c for c in leads.columns if c.startswith(FORM_PREFIX) and c != "form_variant"]


def build_features(tables: MarketTables, params: Params, as_of: dt.date) -> Features:
    """Build the features of every lead that arrived up to `as_of`, each as known when the lead arrived.

    Parameters
    ----------
    tables : MarketTables
    params : Params
    as_of : date

    Returns
    -------
    Features
        Leads without a moment of arrival are left out: nothing is known "before" them.
    """
    cut = end_of_day(as_of, params.timezone)
    leads = tables.leads[tables.leads["arrived_at"] < cut]
    leads = leads.sort_values(["arrived_at", "lead_id"], kind="stable").reset_index(drop=True)
    campaigns = tables.campaigns.drop_duplicates("campaign_id")
    facts = campaigns[["campaign_id", "user_id", "project_name", "channel", "daily_budget", "started_at"]]
    leads = leads.merge(facts, on="campaign_id", how="left")
    fields = form_fields(tables.leads)
    frame = pd.concat(
        [
            _identity(leads, params),
            _contact(leads, params),
            _form(leads, fields),
            _moment(leads),
            delivery_history(leads, tables),
            verdict_history(leads, tables, params),
            *([_message(leads)] if "message" in leads else []),
        ],
        axis=1,
    )
    specs = [*SPECS, *(s for s in OPTIONAL_SPECS if s.name in frame)]
    specs += [
        FeatureSpec(c, "category", "arrival", c, c.removeprefix(FORM_PREFIX).replace("_", " "))
        for c in fields
    ]
    columns = [*META_COLUMNS, *(s.name for s in specs if s.name not in META_COLUMNS)]
    return Features(frame=frame[columns], specs=tuple(specs))


def _identity(leads: pd.DataFrame, params: Params) -> pd.DataFrame:
    identity = leads[["lead_id", "user_id", "campaign_id", "arrived_at", "channel"]].assign(
        market=params.market
    )
    known = leads["person_hash"].notna()
    return identity.assign(is_first_message=~(leads["person_hash"].duplicated() & known))


def _contact(leads: pd.DataFrame, params: Params) -> pd.DataFrame:
    flags = {c: leads[c].astype(float) for c in ("has_name", "is_email_valid", "is_phone_valid", "is_repeat")}
    is_local = (leads["phone_region"] == params.phone_region).fillna(False).astype(bool)
    return pd.DataFrame(
        {
            **flags,
            "is_phone_foreign": (leads["is_phone_valid"].astype(bool) & ~is_local).astype(float),
            "email_domain_class": _words(leads["email_domain_class"]),
            "phone_type": _words(leads["phone_type"]),
        }
    )


def _form(leads: pd.DataFrame, fields: list[str]) -> pd.DataFrame:
    filled = [leads["has_name"], leads["is_email_valid"], leads["is_phone_valid"]]
    filled += [leads[c].notna() for c in (*fields, *(["message"] if "message" in leads else []))]
    form = {"filled_share": np.mean([f.astype(float) for f in filled], axis=0)}
    form |= {c: _words(leads[c]) for c in [*fields, *(["form_variant"] if "form_variant" in leads else [])]}
    return pd.DataFrame(form, index=leads.index)


def _moment(leads: pd.DataFrame) -> pd.DataFrame:
    arrived = leads["arrived_at"]
    angle = 2 * np.pi * (arrived.dt.hour + arrived.dt.minute / 60) / 24
    since = (arrived - leads["started_at"]).dt.total_seconds() / 86_400
    return pd.DataFrame(
        {
            "hour_sin": np.sin(angle),
            "hour_cos": np.cos(angle),
            "weekday": arrived.dt.day_name().astype("str"),
            "days_since_start": since.clip(lower=0),
            "daily_budget": leads["daily_budget"].astype(float),
        }
    )


def _message(leads: pd.DataFrame) -> pd.DataFrame:
    text = normalise_text(leads["message"])
    return pd.DataFrame(
        {
            "has_message": (text != "").astype(float),
            "message_words": text.str.split().str.len().astype(float),
            "message_language": language_of(leads["message"]),
            "message": text,
        }
    )


def _words(values: pd.Series) -> pd.Series:
    return values.astype("str").fillna(MISSING)


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
