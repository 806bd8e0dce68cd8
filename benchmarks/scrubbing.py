"""How much of a lead's name and contacts is left in its message, and how many innocent words are lost.

    python benchmarks/scrubbing.py            # a minute; writes benchmarks/scrubbing.md
    python benchmarks/scrubbing.py --tuning   # what rules may be tuned on; prints what is left, writes nothing

Each name of `scrubbing_names.txt` is planted in messages as the lead wrote it into the form, in another spelling, in
the other script, misspelled, shortened and run together. Rules were tuned on the names of odd lines; the figures are
those of the others. What spelled-out contacts and texts are made of was seen by whoever wrote the rules.
"""

import argparse
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from leadsmart.cleaning.values.contact_patterns import scrub_text
from leadsmart.cleaning.values.scrubbing import PLACEHOLDERS, scrub_messages
from leadsmart.sample.messages import INTENTS, draw_messages

NAMES = Path(__file__).with_name("scrubbing_names.txt")
TABLE = Path(__file__).with_suffix(".md")
TEXT = """# What is left of names and contacts in messages

Made by `python benchmarks/scrubbing.py`, on names that no rule was tuned on.

| planted | texts | found |
|---|---:|---:|
{rows}

Innocent words lost: {share}, over ordinary messages in Arabic, English and chat letters, each with the name of every
person, among them names that are words (Amal, Noor, Hadaya, Hope, Price) and places (New Cairo, Palm Hills).

What remains possible: a name that no column holds, a third person's name, a short form that is no part of the name and
not in the list, a common word that is the lead's name and stands as an ordinary word.
"""
SHORTEST_CUT = 6
LATIN = ("I am {}, call me", "This is {} and I want prices", "my name is {}", "price please - {}", "{} here, send me the brochure", "ana {} we 3ayez a3raf el se3r", "hello, {} from maadi asked yesterday")  # fmt: skip
ARABIC = ("انا {} وعايز اعرف السعر", "معاك {} من المعادي", "اسمي {}", "ممكن التفاصيل - {}", "{} بيسأل عن الشقة", "السلام عليكم، {} مهتم بالمشروع")  # fmt: skip
#: Texts in which nothing is a contact and nobody is named.
INNOCENT = (
    "Interested in New Cairo, near Palm Hills October", "is Mountain View or Hyde Park cheaper per meter?",
    "I saw you on facebook and want details", "please call me at 5 pm", "at 9 am on Friday, gate number 3",
    "two or three bedrooms, one or two bathrooms", "budget from 3 to 5 million, 10% down, 8 years",
    "delivery 2026 or 2027, phase 2", "unit 150 m on the second floor", "I hope to hear from you soon",
    "light and quiet apartment with a garden", "gift for my wife, a villa in Sheikh Zayed", "Noor City by the lake",
    "the price on the website is different, why", "can I pay 25% now and 75% at delivery", "dot the contract please",
    "السلام عليكم عايز شقة في التجمع الخامس", "كمبوند نور في العاصمة الادارية", "على امل الرد سريعا",
    "اريد هدايا المعرض", "رمضان كريم، ممكن تفاصيل", "عندي امل ان السعر يقل", "شقة غرفتين وصالة وحمام واحد",
    "مقدم عشرة في المية وتقسيط ست سنين", "فيلا في الشيخ زايد او اكتوبر", "الدور الاول او الثاني علوي",
    "مساحة مية وخمسين متر", "محتاج اعرف مواعيد المعاينة يوم الجمعة الساعة خمسة", "السعر من ٣ ل ٥ مليون",
    "ممكن صور الوحدة وخريطة الموقع", "انا مهتم بالاستثمار في مدينتي", "هل يوجد خصم للكاش", "بحر ولا جنينة",
    "3ayez sha2a fe el tagamo3", "momken tafaseel el mashroo3", "kam el mo2adam w el 2est", "shokran gedan",
)  # fmt: skip
SPELLED = (
    "{u} at gmail dot com", "{u} (at) yahoo (dot) com", "{u}@gmail.com", "{u} @ hotmail . com", "{u} AT outlook DOT com",
    "{u} ات جيميل دوت كوم", "{u} at gmail.com", "my mail {u} gmail.com", "{u}[at]company[dot]net", "instagram: {u}",
    "insta {u}", "@{u}", "facebook.com/{u}", "https://t.me/{u}", "انستا: {u}", "telegram is {u}", "wa.me/2{p}",
    "{p}", "{spaced}", "{dotted}", "{arabic}", "{english_words}", "{arabic_words}", "{groups}", "{commas}", "{letter_o}",
)  # fmt: skip
ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
WORDS = ["صفر", "واحد", "اتنين", "تلاتة", "اربعة", "خمسة", "ستة", "سبعة", "تمانية", "تسعة"]


def read_names(is_tuning: bool) -> list[tuple[str, list[str], list[str]]]:
    """Latin spelling, others in Latin letters, and those in Arabic, of one half of the names."""
    lines = NAMES.read_text(encoding="utf-8").split("\n")
    rows = [line.split("|") for line in lines if line]
    return [(a, b.split(","), c.split(",")) for a, b, c in rows[not is_tuning :: 2]]


def misspell(word: str, rng: random.Random) -> str:
    """A letter left out, doubled, exchanged with the next, or another one."""
    i = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:i] + word[i + 1 :]
    if kind == 1:
        return word[:i] + word[i] + word[i:]
    if kind == 2:
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    letters = "abcdefghijklmnopqrstuvwxyz" if word.isascii() else "ابتثجحخدرزسشصضطعغفقكلمنهوي"
    return word[:i] + rng.choice(letters) + word[i + 1 :]


def variants(names: list[tuple[str, list[str], list[str]]], seed: int) -> Iterator[tuple[str, str, str, str]]:
    """Kind, name as given in the form, what stands in the message, and the message."""
    rng = random.Random(seed)
    for i, (latin, others, arabic) in enumerate(names):
        last, _, last_arabic = names[(i + 7) % len(names)]
        given, given_arabic = f"{latin} {last}", f"{arabic[0]} {last_arabic[0]}"
        planted = [
            ("as written", given, latin.lower()),
            ("as written", given_arabic, arabic[0]),
            *(("another spelling", given, other) for other in others),
            *(("another spelling", given_arabic, other) for other in arabic[1:]),
            *(("other script", given, other) for other in arabic),
            *(("other script", given_arabic, other) for other in (latin, *others)),
            ("full name, other script", given, given_arabic),
            ("full name, other script", given_arabic, given),
            ("run together", given, (latin + last).replace(" ", "").lower()),
            ("run together", given, f"{latin}_{last}".replace(" ", "_").lower()),
        ]
        for kind, name, word in (("misspelled", given, latin), ("misspelled", given_arabic, arabic[0])):
            if len(word) > 5 and " " not in word:
                planted.append((kind, name, misspell(word, rng)))
        if len(latin) >= SHORTEST_CUT:
            yield "shortened", given, latin[:4], f"I'm {latin[:4]}, call me"
        for kind, name, word in planted:
            message = rng.choice(LATIN if word[0].isascii() else ARABIC)
            yield kind, name, word, message.format(word)


def spelled_out(seed: int) -> list[tuple[str, list[str]]]:
    """Texts, and what must not be in them afterwards."""
    rng, found = random.Random(seed), []
    for i in range(10):
        user = f"{rng.choice('mnkrst')}{rng.choice(('essy', 'onkey', 'ister'))}.{rng.choice(('fox', 'zed', 'cat'))}{10 + i}"
        phone = "01" + "".join(rng.choice("0123456789") for _ in range(9))
        values = {
            "u": user, "p": phone, "spaced": " ".join(phone), "dotted": ".".join(phone),
            "arabic": phone.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
            "english_words": " ".join(ENGLISH[int(d)] for d in phone), "arabic_words": " ".join(WORDS[int(d)] for d in phone),
            "groups": f"{phone[:4]} {phone[4:7]} {phone[7:]}", "commas": ", ".join(phone), "letter_o": phone.replace("0", "O"),
        }  # fmt: skip
        for form in SPELLED:
            written = form.format(**values)
            rest = [user] if "{u}" in form else [re.sub(r"^.*/", "", written)]
            found.append((f"please contact me {written} thanks", rest))
    return found


def innocent_texts(seed: int) -> list[str]:
    drawn, _ = draw_messages(seed, np.arange(3_000) % len(INTENTS))
    return sorted({*INNOCENT, *(text for text in drawn.tolist() if text)})


def count_words(text: str) -> int:
    return sum(1 for word in text.split() if any(map(str.isalnum, word)))


def count_lost(text: str) -> int:
    return sum(text.count(placeholder) for placeholder in PLACEHOLDERS)


def measure(is_tuning: bool) -> tuple[pd.DataFrame, list[str], list[str], float]:
    names = read_names(is_tuning)
    rows = pd.DataFrame(variants(names, seed=3), columns=["kind", "name", "planted", "text"])
    scrubbed = scrub_messages(rows["text"].astype("str"), rows["name"].astype("str"))
    rows["is_found"] = [
        not any(
            len(part) > 2 and part.casefold() in text.casefold().split()
            for part in re.split(r"[\s_]+", planted)
        )
        for planted, text in zip(rows["planted"], scrubbed.str.replace(r"[,_]", " ", regex=True), strict=True)
    ]
    left = [f"{r.kind}: {r.name!r} in {r.text!r}" for r in rows[~rows["is_found"]].itertuples(index=False)]
    contacts = spelled_out(5 if is_tuning else 6)
    kept = [text for text, rest in contacts if any(part in scrub_text(text) for part in rest)]
    table = rows.groupby("kind")["is_found"].agg(["size", "mean"])
    table.loc["all names"] = [len(rows), rows["is_found"].mean()]
    table.loc["spelled-out contacts"] = [len(contacts), 1 - len(kept) / len(contacts)]

    words = [f"{a} {names[(i + 3) % len(names)][0]}" for i, (a, _, _) in enumerate(names)]
    words += [f"{c[0]} {names[(i + 3) % len(names)][2][0]}" for i, (_, _, c) in enumerate(names)]
    words += [
        "Amal Noor",
        "امل نور",
        "Hadaya Hope",
        "Karim Price",
        "كريم هدى",
        "Hope Hills",
        "Rehab Zayed",
        "May Rose",
    ]
    texts = innocent_texts(4)
    messages = pd.Series([text for text in texts for _ in words], dtype="str")
    people = pd.Series([word for _ in texts for word in words], dtype="str")
    start = time.perf_counter()
    after = scrub_messages(messages, people)
    seconds = time.perf_counter() - start
    lost = pd.DataFrame({"name": people, "text": messages, "after": after, "lost": after.map(count_lost)})
    share = lost["lost"].sum() / messages.map(count_words).sum()
    worst = (
        lost[lost["lost"] > 0].groupby(["text", "after"])["name"].agg(["size", "first"]).sort_values("size")
    )
    examples = [f"{n}x {after} ({name})" for (_, after), n, name in worst.tail(30).itertuples()]
    print(f"{len(texts)} innocent texts x {len(words)} names: {share:.3%} of the words lost, {seconds:.1f} s")
    return table, left + kept, examples, share


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--tuning", action="store_true", help="the half of the names that rules were tuned on"
    )
    options = parser.parse_args()
    table, left, lost, share = measure(options.tuning)
    lines = [f"| {kind} | {n:,.0f} | {found:.1%} |" for kind, n, found in table.itertuples()]
    print(*lines, f"{share:.3%} of innocent words lost", sep="\n")
    if options.tuning:
        print(*left, *lost, sep="\n")
    else:
        TABLE.write_text(TEXT.format(rows="\n".join(lines), share=f"{share:.3%}"), encoding="utf-8")


if __name__ == "__main__":
    main()
