"""Nobody finds a lead by its message: own names in either script and spelled-out contacts go, other words stay."""

import pandas as pd
import pytest

from leadsmart.cleaning.values.contact_patterns import scrub_text
from leadsmart.cleaning.values.own_names import Vocabulary, find_words
from leadsmart.cleaning.values.scrubbing import scrub_messages
from leadsmart.cleaning.values.sounds import read_sounds, sounds_alike

#: Latin spelling, another one, Arabic.
NAMES = [
    ("Khadija", "Khadiga", "خديجة"), ("Sherihan", "Cherihan", "شيريهان"), ("Hossam", "Hosam", "حسام"),
    ("Lotfy", "Lotfi", "لطفي"), ("Badawi", "Badawy", "بدوي"), ("Shazly", "Shazli", "الشاذلي"), ("Gohary", "Gohari", "الجوهري"),
    ("Ragab", "Rajab", "رجب"), ("Gaber", "Jaber", "جابر"), ("Halim", "Haleem", "حليم"), ("Nevine", "Nevin", "نيفين"),
    ("Hagar", "Hajar", "هاجر"), ("Thuraya", "Soraya", "ثريا"), ("Mahitab", "Maheetab", "ماهيتاب"), ("Qotb", "Kotb", "قطب"),
    ("Abdelfattah", "Abd El-Fattah", "عبد الفتاح"), ("Seifeldin", "Seif El Din", "سيف الدين"), ("Ziad", "Zeyad", "زياد"),
]  # fmt: skip
ORDINARY = [
    "I want to buy a villa in New Cairo near Palm Hills", "what is the price per meter, 3 bedrooms on the second floor",
    "is the tower by Marina ready in May", "عايز شقة في التجمع الخامس، السعر كام والمقدم عشرة في المية",
    "على امل الرد سريعا وشكرا", "مساء الخير، اي حاجة عن كمبوند نور او مدينتي", "3ayez ashtery sha2a fe el tagamo3, momken as3ar",
    "I saw you on facebook, please call me at 5 pm", "two or three rooms, budget 5 million over seven years",
]  # fmt: skip


def scrub(name: str | None, text: str) -> str:
    return scrub_messages(pd.Series([text], dtype="str"), pd.Series([name], dtype="str")).iloc[0]


def test_a_name_is_found_however_it_is_spelled():
    planted = [
        (name, form)
        for spellings in NAMES
        for name in spellings
        for form in (*spellings, spellings[0].lower(), f"{spellings[0]}nasr".lower())
    ]
    left = [(n, form) for n, form in planted if "[name]" not in scrub(f"{n} Nasr", f"مع {form} اليوم")]
    assert len(planted) > 200
    assert len(left) <= 0.05 * len(planted), left


def test_ordinary_words_stay():
    people = [
        *(name for spellings in NAMES for name in spellings),
        "Amal Noor",
        "امل نور",
        "Hope Hills",
        "Price Marina",
    ]
    pairs = [(name, text) for name in people for text in ORDINARY]
    names, texts = (pd.Series(column, dtype="str") for column in zip(*pairs, strict=True))
    after = scrub_messages(texts, names)
    lost = after.str.count(r"\[\w+\]").sum()
    assert lost <= 0.005 * texts.str.split().str.len().sum(), after[after.ne(texts)].unique()


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Mona Hope", "I hope the flat is light", "I hope the flat is light"),
        ("Mona Hope", "I'm Hope", "I'm [name]"),
        ("Mona Hope", "more details please - hope", "more details please - [name]"),
        ("علي حسن", "على العموم عايز شقة", "على العموم عايز شقة"),
        ("علي حسن", "انا علي", "انا [name]"),
        ("Noor Said", "Noor City, I am Noor", "Noor City, I am [name]"),
        ("Mohamed Ali", "Mohd Aly wants prices", "[name] [name] wants prices"),
        ("Alexander Zed", "I'm Alex", "I'm [name]"),
        ("Alexander Zed", "the alex road", "the alex road"),
        ("Mohamed", "مُحَمَّد و M o h a m e d", "[name] و [name]"),
        ("Mohamed", "Mohamned and a7med", "[name] and a7med"),
        ("Ahmed Zaki", "a7med_zaky90", "[name]_[name]"),
        ("Seif Eldin", "انا سيف الدين وعايز", "انا [name] [name] وعايز"),
        ("Sara Price", "park", "park"),
    ],
)
def test_where_a_word_stands_as_the_name(name, text, expected):
    assert scrub(name, text) == expected


def test_what_is_scrubbed_depends_on_the_lead_alone():
    texts = ["انا كريم", "karem here", "I am Karim", "cream"]
    names = ["Karim", "كريم", "Karem", "Karim"]
    together = scrub_messages(pd.Series(texts, dtype="str"), pd.Series(names, dtype="str"))
    assert together.tolist() == [scrub(name, text) for name, text in zip(names, texts, strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mona.h at gmail dot com", "[email]"),
        ("mona dot h (at) firm (dot) net", "[email]"),
        ("منى88 ات جيميل دوت كوم", "[email]"),
        ("mail mona_h gmail com", "mail [email]"),
        ("see firm dot com", "see [link]"),
        ("@mona_h on insta", "[handle] on insta"),
        ("insta mona.h", "insta [handle]"),
        ("انستا: monah", "انستا: [handle]"),
        ("zero one double zero one two three four five", "[phone]"),
        ("صفر واحد صفر صفر واحد اتنين تلاتة اربعة", "[phone]"),
        ("0, 1, 0, 0, 1, 2, 3, 4", "[phone]"),
        ("O1OO 1234567", "[phone]"),
        ("0100 one two three 4567", "[phone]"),
        ("one, two or three bedrooms", "one, two or three bedrooms"),
        ("facebook ad for 3 rooms, budget is 2 million", "facebook ad for 3 rooms, budget is 2 million"),
        ("look at the dot plan", "look at the dot plan"),
        ("2, 3 or 4 rooms, 120, 150 or 180 m, 2026", "2, 3 or 4 rooms, 120, 150 or 180 m, 2026"),
    ],
)
def test_contacts_that_are_spelled_out(text, expected):
    assert scrub_text(text) == expected
    assert scrub_text(expected) == expected


def test_similar_names_of_others_are_other_names():
    def alike(one: str, other: str) -> bool:
        return any(
            a.consonants == b.consonants and sounds_alike(a, b)
            for a in read_sounds(one)
            for b in read_sounds(other)
        )

    assert alike("mohamed", "محمد") and alike("hesham", "hisham") and alike("fathy", "فتحي")
    assert not alike("hassan", "hussein") and not alike("mona", "many") and not alike("sara", "سعر")
    assert read_sounds("имя") == ()


def test_words_are_found_once_for_all_texts():
    words = {word.folded for word in find_words("Ahmed احمد ahmd و7 a7med 2024")}
    assert "2024" not in words
    assert Vocabulary(words).find("Ahmed")[0] == {"ahmed", "احمد", "ahmd", "a7med"}
