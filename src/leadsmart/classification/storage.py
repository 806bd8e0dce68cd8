"""Model files: skops, which loads no code, with the same bytes for the same model."""

import contextlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd
import skops.io

from leadsmart.classification.estimation.estimation import Estimator
from leadsmart.classification.estimation.model import Model
from leadsmart.classification.features.encoding import Encoder
from leadsmart.classification.features.feature_catalogue import FeatureSpec
from leadsmart.classification.texts.terms import Vocabulary
from leadsmart.classification.texts.text import TextClassifier
from leadsmart.errors import ModelError

FORMAT: Final = 3
#: Types beyond skops' own list that a model file may hold: the trees of gradient boosting, and the number
#: type that the imputer remembers.
TRUSTED_TYPES: Final = ("sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor", "numpy.dtype")
_REMEDY: Final = "Run the market's classification again"
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
    estimator = model.estimator
    facts = {
        **asdict(replace(model, estimator=None, intent_classifier=None)),
        "estimator": None if estimator is None else asdict(replace(estimator, text=None, classifier=None)),
    }
    _write(
        path,
        facts=json.dumps(facts, default=_jsonable, sort_keys=True),
        classifier=None if estimator is None else estimator.classifier,
        text=None if estimator is None else _text_as_dict(estimator.text),
        intents=_text_as_dict(model.intent_classifier),
    )


def load_model(path: Path) -> Model:
    """Read a model that `save_model` wrote.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Model

    Raises
    ------
    ModelError
        If there is no such file, it is no model of this version, or it holds a type that is not trusted.
    """
    with _refusing(path):
        return _as_model(_read(path))


def _as_model(content: dict[str, Any]) -> Model:
    facts = json.loads(content["facts"])
    estimator = None
    if stored := facts["estimator"]:
        encoder = Encoder(**{name: _as_tuple(value) for name, value in stored["encoder"].items()})
        fitted = {
            "encoder": encoder,
            "text": _text_from_dict(content["text"]),
            "classifier": content["classifier"],
        }
        estimator = Estimator(**{**stored, **fitted, "trials": pd.DataFrame(stored["trials"])})
    period = facts["period"]
    read = {
        "estimator": estimator,
        "specs": tuple(FeatureSpec(**spec) for spec in facts["specs"]),
        "cutoff": _moment(facts["cutoff"]),
        "period": (_moment(period[0]), _moment(period[1])) if period else None,
        "comparison": pd.DataFrame(facts["comparison"]),
        "leaks": tuple(facts["leaks"]),
        "intent_classifier": _text_from_dict(content["intents"]),
    }
    return Model(**{**facts, **read})


def save_intents(model: TextClassifier | None, path: Path) -> None:
    """Write a classifier of messages; nothing where there is none.

    Parameters
    ----------
    model : TextClassifier or None
    path : Path
        Usually ``message_intents.skops``; its folder must exist.
    """
    if model is not None:
        _write(path, text=_text_as_dict(model))


def load_intents(path: Path) -> TextClassifier | None:
    """Read a classifier of messages that `save_intents` wrote.

    Parameters
    ----------
    path : Path

    Returns
    -------
    TextClassifier or None

    Raises
    ------
    ModelError
        As `load_model`.
    """
    with _refusing(path):
        return _text_from_dict(_read(path)["text"])


@contextlib.contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Whatever a damaged or forged file breaks is one error."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        raise ModelError("not a model file that can be trusted", remedy=_REMEDY, file=path.name) from error


def _write(path: Path, **content: Any) -> None:
    path.write_bytes(_reproducible(skops.io.dumps({"format": FORMAT, **content})))


def _read(path: Path) -> dict[str, Any]:
    try:
        content = skops.io.loads(path.read_bytes(), trusted=list(TRUSTED_TYPES))
    except FileNotFoundError as error:
        raise ModelError("there is no model file", remedy=_REMEDY, file=path.name) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ModelError("a model file of another version", remedy=_REMEDY, file=path.name)
    return content


def _text_as_dict(text: TextClassifier | None) -> dict[str, Any] | None:
    if text is None:
        return None
    terms = json.dumps({v.kind: v.terms for v in text.vocabularies}, ensure_ascii=False)
    idf = {v.kind: v.idf for v in text.vocabularies}
    return {"terms": terms, "idf": idf, "classifier": text.classifier, "threshold": text.threshold}


def _text_from_dict(content: dict[str, Any] | None) -> TextClassifier | None:
    if content is None:
        return None
    terms = json.loads(content["terms"])
    vocabularies = tuple(Vocabulary(kind, tuple(terms[kind]), idf) for kind, idf in content["idf"].items())
    return TextClassifier(vocabularies, content["classifier"], content["threshold"])


def _jsonable(value: Any) -> Any:
    """A moment with its zone, or a table, as JSON has it."""
    if isinstance(value, pd.Timestamp):
        return [value.tz_convert("UTC").isoformat(), str(value.tz)]
    return value.to_dict("list")


def _moment(stored: list[str]) -> pd.Timestamp:
    return pd.Timestamp(stored[0]).tz_convert(stored[1])


def _as_tuple(value: Any) -> Any:
    return tuple(_as_tuple(part) for part in value) if isinstance(value, list) else value


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
