"""Contacts are checked, classified and replaced; nothing of them is left in any result."""

import stat

import pandas as pd
import platformdirs
import pytest
from cleaning.builders_cleaning import (
    KEY,
    clean,
    make_event,
    make_lead,
    make_params,
    make_tables,
    write_export,
)

from leadsmart.cleaning.values import contacts, keys
from leadsmart.cleaning.values.contact_patterns import holds_contact, scrub_text
from leadsmart.cleaning.values.platform_tests import find_test_leads
from leadsmart.cleaning.values.scrubbing import scrub_messages
from leadsmart.errors import InputError


def column(*values: str | None) -> pd.Series:
    return pd.Series(values, dtype="str")


def test_phones():
    found = contacts.check_phones(
        column(
            "+20 100 123 4567",
            "0100-123-4567",
            "٠١٠٠١٢٣٤٥٦٧",
            "2.01001E+12",
            "123",
            None,
            "+1 650 253 0000",
            "n/a",
            "00201001234567",
        ),
        "EG",
        KEY,
    )
    assert found["phone_type"].tolist() == [
        "mobile", "mobile", "mobile", "lost", "invalid", "missing", "fixed line or mobile", "missing", "mobile",
    ]  # fmt: skip
    assert found["phone_region"].fillna("").tolist() == ["EG", "EG", "EG", "", "", "", "US", "", "EG"]
    assert found["phone_hash"].nunique() == 2
    assert found.loc[[0, 1, 2, 8], "phone_hash"].nunique() == 1
    assert found["phone_hash"].isna().tolist() == [False, False, False, True, True, True, False, True, False]
    assert found["phone_hash"].dropna().str.fullmatch("[0-9a-f]{16}").all()


def test_a_number_without_country_code_is_read_in_the_markets_region():
    assert contacts.check_phones(column("0501234567"), "SA", KEY)["phone_region"].tolist() == ["SA"]
    assert contacts.check_phones(column("0501234567"), "EG", KEY)["phone_region"].tolist() == ["EG"]


def test_emails():
    found = contacts.check_emails(
        column(
            "Mona@Gmail.com ",
            "mona@gmail.com",
            "info@palmhills.com.eg",
            "a@example.com",
            "a b@c.com",
            "a@b",
            "-",
            None,
            "a..b@gmail.com",
            "منى@مثال.إختبار",
        ),
        KEY,
    )
    assert found["email_domain_class"].tolist() == [
        "free", "free", "business", "placeholder", "invalid", "invalid", "missing", "missing", "invalid", "business",
    ]  # fmt: skip
    assert found["is_email_valid"].tolist() == [True] * 4 + [False] * 5 + [True]
    assert found["email_hash"].nunique() == 4
    assert found.loc[0, "email_hash"] == found.loc[1, "email_hash"]


def test_hashes_depend_on_the_key_and_the_kind():
    assert contacts.keyed_hash("name", "mona", b"1") != contacts.keyed_hash("name", "mona", b"2")
    assert contacts.hash_names(column("Mona  Ali", "mona ali"), KEY).nunique() == 1


def test_the_key_is_made_once_and_private(monkeypatch, tmp_path, capsys):
    monkeypatch.delenv(keys.KEY_VARIABLE, raising=False)
    monkeypatch.setattr(platformdirs, "user_config_dir", lambda *args, **kwargs: str(tmp_path / "config"))
    key = keys.load_key()
    path = tmp_path / "config" / "contact.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys.load_key() == key
    assert len(key) == 64
    assert [p.name for p in path.parent.iterdir()] == ["contact.key"]
    path.chmod(0o644)
    with pytest.raises(InputError, match="others may read") as error:
        keys.load_key()
    path.chmod(0o600)
    path.write_text("short")
    with pytest.raises(InputError, match="damaged"):
        keys.load_key()
    monkeypatch.setenv(keys.KEY_VARIABLE, "stated from outside")
    assert keys.load_key() == b"stated from outside"
    assert key.decode() not in str(error.value) + "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail me: a.b+c@mail.co.uk!", "mail me: [email]!"),
        ("a.b (at) mail (dot) com", "[email]"),
        ("call 0100 123 4567", "call [phone]"),
        ("call (010) 0123-4567 now", "call [phone] now"),
        ("رقمي ٠١٠٠١٢٣٤٥٦٧", "رقمي [phone]"),
        ("+20-100-123-4567/68", "[phone]"),
        ("www.site.com/x and https://t.me/mona", "[link] and [link]"),
        ("unit 123456", "unit [number]"),
        ("budget 5,000,000", "budget [number]"),
        ("2 bedrooms, 150 m, 2024", "2 bedrooms, 150 m, 2024"),
        ("كام سعر المتر؟", "كام سعر المتر؟"),
    ],
)
def test_scrubbed_text(text, expected):
    assert scrub_text(text) == expected
    assert scrub_text(expected) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Mona Hassan", "I am MONA hassan, thanks", "I am [name] [name], thanks"),
        ("Mona Hassan", "monahassan here, Mona's phone", "[name] here, [name] phone"),
        ("أحمد علي", "انا احمد على", "انا [name] [name]"),
        ("أحمد", "واحمد قال", "[name] قال"),
        ("José", "jose", "[name]"),
        ("Li Wu", "Li", "Li"),
        ("Phone Email", "call 01001234567", "call [phone]"),
        ("Ann", "annual plan", "annual plan"),
        (None, "Mona", "Mona"),
        ("Mona", None, None),
    ],
)
def test_own_names(name, text, expected):
    found = scrub_messages(column(text), column(name)).iloc[0]
    assert (None if pd.isna(found) else found) == expected


def test_short_texts_that_hold_a_contact():
    assert holds_contact("QUALIFIED a@b.com")
    assert holds_contact("201001234567")
    assert not holds_contact("Phase 2 - 2024/25")


def test_two_clients_have_keys_of_their_own(monkeypatch):
    monkeypatch.setenv(keys.KEY_VARIABLE, "k" * 32)

    def key(audience: str, users: list[str] | None) -> bytes:
        return keys.contact_key(make_params(audience=audience, user_ids=users))

    assert key("internal", None) == key("internal", ["7"]) == b"k" * 32
    one, other = key("client", ["203", "466"]), key("client", ["203"])
    assert len({one, other, key("client", ["20", "3466"]), b"k" * 32}) == 4
    assert key("client", ["466", "203", "203"]) == one
    monkeypatch.setenv(keys.KEY_VARIABLE, "x" * 32)
    assert key("client", ["203", "466"]) != one


PLANTED = ["Zulaikha", "Quartermain", "zulaikha.q@planted.com", "01009876543", "1009876543", "زليخة"]


def test_no_contact_is_left_anywhere(tmp_path):
    tables = make_tables()
    contact = {"name": "Zulaikha Quartermain", "email": "zulaikha.q@planted.com", "phone": "01009876543"}
    tables["leads"] += [
        make_lead(
            "5001",
            "1",
            **contact,
            message="I'm Zulaikha (0100 987 6543), zulaikha.q@planted.com",
            city="Quartermain",
        ),
        make_lead("5002", "1", **contact | {"name": "زليخة"}, message="انا زليخه", city="01009876543"),
        make_lead("5003", "1", **contact, lead_status="zulaikha.q@planted.com"),
        # shifted by one field
        make_lead(
            "5004",
            "1",
            name="x",
            email="Zulaikha",
            phone="zulaikha.q@planted.com",
            lead_status="01009876543",
            added_date="QUALIFIED",
        ),
        make_lead("01009876543", "999", **contact, lead_status="Quartermain", added_date="01009876543"),
        make_lead("1", "Zulaikha", **contact),
        make_lead("zulaikha.q@planted.com", "1", **contact),
    ]
    tables["status_events"] += [
        make_event("5001", status="zulaikha.q@planted.com"),
        make_event("1001", created_at="01009876543"),
    ]
    tables["campaigns"][0]["project_name"] = "Alpha zulaikha.q@planted.com 01009876543"
    tables["project_markets"].append(
        {"project_name": "Alpha zulaikha.q@planted.com 01009876543", "market": "new-cairo"}
    )
    tables["ad_performance"][0]["reach"] = "01009876543"
    tables["ad_performance"][1]["spend"] = "01009876543 "
    folder = write_export(tmp_path / "export", tables)
    path = folder / "campaign_leads.csv"
    path.write_text(path.read_text() + "5005,Zulaikha Quartermain,zulaikha.q@planted.com,01009876543\n")
    for market in ("new-cairo", "unassigned"):
        cleaned = clean(folder, tmp_path / "cache", market, form_fields=["city"], safe_form_fields=["city"])
        frames = [*cleaned.tables, *cleaned.quarantine.values()]
        frames += [
            getattr(cleaned, n)
            for n in (
                "ledger",
                "completeness",
                "assumptions",
                "feedback",
                "unknown_statuses",
                "likely_duplicates",
                "unread_columns",
            )
        ]
        everything = "\n".join(frame.to_csv() for frame in frames) + cleaned.verdict_reason
        for planted in PLANTED:
            assert planted.casefold() not in everything.casefold(), (market, planted)


@pytest.mark.parametrize(
    ("name", "email", "phone"),
    [
        ("[deleted]", "deleted@anonymized.invalid", "+20 000 0000000"),
        ("Deleted User", "gdpr@company.example", "000-0000"),
        ("محذوف", "redacted-user-17@crm.example", "xxxxxxx"),
        ("XXX", "xxx@xxx.xx", "[redacted]"),
    ],
)
def test_what_stands_for_an_erased_contact_is_empty(name, email, phone):
    written = pd.DataFrame(
        {"name": [name, "Mona Ali"], "email": [email, "m@a.co"], "phone": [phone, "01001234567"]}, dtype="str"
    )
    left, is_placeholder = contacts.erase_placeholders(written)
    assert left.loc[0].isna().all()
    assert left.loc[1].tolist() == written.loc[1].tolist()
    assert is_placeholder.tolist() == [True, False]


def test_people_whose_contacts_look_a_little_like_placeholders_keep_them():
    written = pd.DataFrame(
        {"name": ["Xavier Hidden"], "email": ["hidden.treasure@gmail.com"], "phone": ["+201000000100"]},
        dtype="str",
    )
    assert not contacts.erase_placeholders(written)[1].any()


def test_a_contact_of_more_than_twenty_leads_is_no_persons():
    def erased(leads: int) -> int:
        shared = pd.DataFrame(
            {"name": [f"Mona {i}" for i in range(leads)], "email": None, "phone": "0100 123 4567"}
        )
        return int(contacts.erase_placeholders(shared.astype("str").replace("None", pd.NA))[1].sum())

    assert [erased(3), erased(20), erased(21)] == [0, 0, 21]


def test_leads_of_testing_tools_are_told_from_people_called_test():
    leads = pd.DataFrame(
        {
            "name": [
                "<test lead: dummy data for full_name>",
                "FirstName LastName",
                "Mona",
                "Mona",
                "Test Tester",
            ],
            "email": ["test@meta.com", "test@example.com", "test@fb.com", "m@a.co", "test@gmail.com"],
            "phone": ["", "", "", "", "01001234567"],
            "is_test": ["", "", "", "TRUE", "false"],
        },
        dtype="str",
    )
    assert find_test_leads(leads).tolist() == [True, True, True, True, False]
