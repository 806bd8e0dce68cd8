"""Model files: skops, which loads no code, with the same bytes for the same model."""

import io
import json
import re
import zipfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd
import skops.io

from leadsmart.classification.estimation.estimation import Estimator
from leadsmart.classification.estimation.model import Model
from leadsmart.classification.features.encoding import Encoder
from leadsmart.classification.features.feature_catalogue import FeatureSpec
from leadsmart.classification.texts.text import TextClassifier
from leadsmart.errors import ModelError

FORMAT: Final = 2
#: Types beyond skops' own list that a model file may hold: the trees of gradient boosting, and the number
#: type that the imputer remembers.
TRUSTED_TYPES: Final = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor", "numpy.dtype")
_SCHEMA: Final = "schema.json"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def save_model(model: Model, path: Path) -> None:
    """Write a model to `path`.

    Parameters
    ----------
    model : Model
    path : Path
        Usually ``model.skops``; its folder must exist.
    """
    path.write_bytes(_reproducible(skops.io.dumps(_as_dict(model))))


def load_model(path: Path) -> Model:
    """Read a model that `save_model` wrote.

    Raises
    ------
    ModelError
        If there is no such file, it is no model of this version, or it holds a type that is not trusted.
    """
    return _from_dict(_read(path))


def _read(path: Path) -> dict[str, Any]:
    remedy = "Run the market's classification again"
    try:
        data = path.read_bytes()
        content = skops.io.loads(data, trusted=list(TRUSTED_TYPES))
    except FileNotFoundError as error:
        raise ModelError("there is no model file", remedy=remedy, file=path.name) from error
    except (skops.io.exceptions.UntrustedTypesFoundException, zipfile.BadZipFile, KeyError) as error:
        raise ModelError("not a model file that can be trusted", remedy=remedy, file=path.name) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ModelError("a model file of another version", remedy=remedy, file=path.name)
    return content


def save_intents(model: TextClassifier | None, path: Path) -> None:
    """Write a classifier of messages to `path`, usually ``message_intents.skops``; nothing where there is none."""
    if model is None:
        return
    path.write_bytes(_reproducible(skops.io.dumps({"format": FORMAT, "text": _text_as_dict(model)})))


def load_intents(path: Path) -> TextClassifier:
    """Read a classifier of messages that `save_intents` wrote.

    Raises
    ------
    ModelError
        As `load_model`.
    """
    return TextClassifier(**_read(path)["text"])


def _text_as_dict(text: TextClassifier | None) -> dict[str, Any] | None:
    if text is None:
        return None
    return {"encoder": text.encoder, "classifier": text.classifier, "threshold": text.threshold}


def _text_from_dict(content: dict[str, Any] | None) -> TextClassifier | None:
    return None if content is None else TextClassifier(**content)


def _as_dict(model: Model) -> dict[str, Any]:
    estimator = model.estimator
    facts = {
        "market": model.market,
        "target": model.target,
        "origin": model.origin,
        "specs": [asdict(s) for s in model.specs],
        "cutoff": _moment(model.cutoff),
        "period": None if model.period is None else [_moment(m) for m in model.period],
        "n_qualified": model.n_qualified,
        "n_disqualified": model.n_disqualified,
        "choice": model.choice,
        "comparison": model.comparison.to_dict("list"),
        "estimator": None,
    }
    if estimator is not None:
        facts["estimator"] = {
            "kind": estimator.kind,
            "encoder": asdict(estimator.encoder),
            "slope": estimator.slope,
            "intercept": estimator.intercept,
            "calibrated_on": estimator.calibrated_on,
            "trials": estimator.trials.to_dict("list"),
        }
    return {
        "format": FORMAT,
        "facts": json.dumps(facts, sort_keys=True),
        "classifier": None if estimator is None else estimator.classifier,
        "text": None if estimator is None else _text_as_dict(estimator.text),
        "reader": _text_as_dict(model.reader),
    }


def _from_dict(content: dict[str, Any]) -> Model:
    facts = json.loads(content["facts"])
    stored = facts.pop("estimator")
    estimator = None
    if stored is not None:
        raw = stored["encoder"]
        encoder = Encoder(
            numbers=tuple(raw["numbers"]),
            levels=tuple((name, tuple(levels)) for name, levels in raw["levels"]),
            kinds=tuple(raw["kinds"]),
            limits=tuple((low, high) for low, high in raw["limits"]),
            typical=tuple(raw["typical"]),
        )
        estimator = Estimator(
            kind=stored["kind"], encoder=encoder, text=_text_from_dict(content["text"]), classifier=content["classifier"],
            slope=stored["slope"], intercept=stored["intercept"], calibrated_on=stored["calibrated_on"],
            trials=pd.DataFrame(stored["trials"]),
        )  # fmt: skip
    model = Model(**facts, estimator=estimator, reader=_text_from_dict(content["reader"]))
    return replace(
        model,
        specs=tuple(FeatureSpec(**s) for s in facts["specs"]),
        cutoff=_read_moment(facts["cutoff"]),
        period=None if facts["period"] is None else tuple(_read_moment(m) for m in facts["period"]),
        comparison=pd.DataFrame(facts["comparison"]),
    )


def _moment(moment: pd.Timestamp) -> list[str]:
    return [moment.tz_convert("UTC").isoformat(), str(moment.tz)]


def _read_moment(stored: list[str]) -> pd.Timestamp:
    return pd.Timestamp(stored[0]).tz_convert(stored[1])


def _reproducible(data: bytes) -> bytes:
    """Number the parts of a skops file in order, without memory addresses or the time of day."""
    source = zipfile.ZipFile(io.BytesIO(data))
    schema = source.read(_SCHEMA).decode()
    numbers: dict[str, str] = {}

    def renumber(match: re.Match[str]) -> str:
        return match[1] + numbers.setdefault(match[2], str(len(numbers) + 1)) + match[3]

    schema = re.sub(r'("__id__": )(\d+)()(?=[,\s}])', renumber, schema)
    schema = re.sub(r'("file": ")(\d+)(\.\w+")', renumber, schema)
    names = {name: name for name in source.namelist() if name != _SCHEMA}
    for name in names:
        stem, _, ending = name.partition(".")
        names[name] = f"{numbers.get(stem, stem)}.{ending}"
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(names, key=lambda n: (len(names[n]), names[n])):
            archive.writestr(zipfile.ZipInfo(names[name], _EPOCH), source.read(name), zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo(_SCHEMA, _EPOCH), schema, zipfile.ZIP_DEFLATED)
    return target.getvalue()
