"""How well the text classifier tells intents apart: right answers, out-of-scope texts caught, typing mistakes borne.

    python benchmarks/intent.py PATH [PATH ...] > benchmarks/intent.md

A PATH is a table (CSV, or JSON records) with the columns text, label and split: train, test and, if it has one,
validation. A folder with a CSV per split, or a JSON file with a list of [text, label] per split, is read as well; a
label column may be called category, a split val, and the label of out-of-scope texts is oos.

Without a validation split a seeded fifth of the training texts, alike in labels, finds the threshold, and the
classifier is then fitted on all of them. No out-of-scope text is ever learned from.
"""

import argparse
import json
import os
import platform
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from leadsmart.classification.texts.text import (
    NEEDS_REVIEW,
    TextClassifier,
    classify_texts,
    fit_text,
    normalise_texts,
    review_threshold,
)

OUT_OF_SCOPE = "oos"
KEEP = 0.95
SHARE_CORRUPTED, CORRUPTIONS = 0.06, 3
NAMES = {"category": "label", "intent": "label"}
SPLITS = {"val": "validation", "valid": "validation", "dev": "validation"}
TEXT = """# How well the text classifier tells intents apart

Made by `python benchmarks/intent.py PATH ...` on {machine}.

{table}

*Accuracy* counts every in-scope test text. *Answered* are those at or above the threshold, which keeps {keep:.0%} of the
in-scope validation texts; the others need review. *Out of scope caught* is the share of out-of-scope test texts below it;
none was learned from. *Corrupted*: each character of the test texts is, with a chance of {share:.0%}, replaced by a letter,
deleted, doubled by a letter behind it, or swapped with the next, each equally likely; letters are drawn from those of the
text's table. Mean of {draws} seeded draws. CPU is of fitting once and of answering, one process.
"""


def read_texts(path: Path) -> pd.DataFrame:
    """One row per text: ``text, label, split``."""
    if path.is_dir():
        table = pd.concat([_read_csv(p).assign(split=p.stem) for p in sorted(path.glob("*.csv"))])
    elif path.suffix == ".json":
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict):
            rows = [(*pair, split.removeprefix("oos_")) for split, pairs in content.items() for pair in pairs]
            table = pd.DataFrame(rows, columns=["text", "label", "split"])
        else:
            table = pd.DataFrame(content)
    else:
        table = _read_csv(path)
    table = table.rename(columns=NAMES)[["text", "label", "split"]].astype("str")
    return table.assign(split=table["split"].replace(SPLITS)).reset_index(drop=True)


def _read_csv(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype="str", keep_default_na=False)


def corrupt(texts: pd.Series, seed: int) -> pd.Series:
    """Each character hit with a chance of 6 %: replaced, deleted, a letter put behind it, or swapped with the next."""
    rng = np.random.default_rng(seed)
    letters = sorted({c for c in "".join(texts).lower() if c.isalpha()})

    def spoil(text: str) -> str:
        characters, i = list(text), 0
        while i < len(characters):
            if rng.random() < SHARE_CORRUPTED:
                kind, letter = rng.integers(4), letters[rng.integers(len(letters))]
                if kind == 0:
                    characters[i] = letter
                elif kind == 1:
                    characters[i] = ""
                elif kind == 2:
                    characters[i] += letter
                elif i + 1 < len(characters):
                    characters[i], characters[i + 1] = characters[i + 1], characters[i]
                    i += 1
            i += 1
        return "".join(characters)

    return texts.map(spoil)


def fit(table: pd.DataFrame) -> TextClassifier:
    """The project's classifier, its threshold set on validation texts."""
    known = table[table["label"] != OUT_OF_SCOPE]
    train, validation = known[known["split"] == "train"], known[known["split"] == "validation"]
    part = train
    if validation.empty:
        part, validation = train_test_split(train, test_size=0.2, stratify=train["label"], random_state=0)
    early = fit_all(part)
    threshold = review_threshold(classify_texts(early, validation["normal"].tolist()).confidence, KEEP)
    final = early if part is train else fit_all(train)
    return replace(final, threshold=threshold)


def fit_all(table: pd.DataFrame) -> TextClassifier:
    return fit_text(table["normal"].tolist(), table["label"].to_numpy(), np.full(len(table), True))


def measure(path: Path) -> dict[str, object]:
    table = read_texts(path)
    # public texts hold no contacts, and their digits tell intents apart
    table["normal"] = normalise_texts(table["text"].tolist(), keep_digits=True)
    start = time.process_time()
    model = fit(table)
    fitting = time.process_time() - start
    test = table[(table["split"] == "test") & (table["label"] != OUT_OF_SCOPE)]
    outside = table[(table["split"] == "test") & (table["label"] == OUT_OF_SCOPE)]
    start = time.process_time()
    answers = classify_texts(model, test["normal"].tolist())
    answering = time.process_time() - start
    spoiled = [
        normalise_texts(corrupt(test["text"], seed).tolist(), keep_digits=True) for seed in range(CORRUPTIONS)
    ]
    hits = [(classify_texts(model, texts).best == test["label"]).mean() for texts in spoiled]
    is_answered = answers.answer != NEEDS_REVIEW
    right = (answers.best == test["label"]).to_numpy()
    caught = (
        (classify_texts(model, outside["normal"].tolist()).answer == NEEDS_REVIEW).mean()
        if len(outside)
        else np.nan
    )
    return {
        "Table": path.name,
        "Labels": test["label"].nunique(),
        "Training texts": int(((table["split"] == "train") & (table["label"] != OUT_OF_SCOPE)).sum()),
        "Test texts": f"{len(test)} + {len(outside)}",
        "Accuracy": f"{right.mean():.4f}",
        "Answered": f"{is_answered.mean():.4f}",
        "Accuracy of answered": f"{right[is_answered].mean():.4f}",
        "Out of scope caught": "–" if np.isnan(caught) else f"{caught:.3f}",
        "Accuracy, corrupted": f"{np.mean(hits):.4f}",
        "Threshold": f"{model.threshold:.3f}",
        "CPU": f"{fitting:.0f} s fitting, {1e6 * answering / len(test):.0f} µs a text",
    }


def machine() -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("leadsmart", "scikit-learn", "numpy"))
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, {libraries}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH")
    rows = [measure(path) for path in parser.parse_args().paths]
    head = "| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0])
    lines = ["| " + " | ".join(map(str, row.values())) + " |" for row in rows]
    print(TEXT.format(
        machine=machine(), table="\n".join([head, *lines]), keep=KEEP, share=SHARE_CORRUPTED, draws=CORRUPTIONS
    ), end="")  # fmt: skip


if __name__ == "__main__":
    main()
