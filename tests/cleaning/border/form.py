"""Columns that nobody declared, and personal data where nobody expects them."""

from collections.abc import Callable, Mapping
from typing import Final

from cleaning.border.damage import REFUSED, RIGHT, SAID, Case, nothing, several
from cleaning.border.export import Damage, Tables

OWNERS: Final = ("Heba Mansour", "Karim Adel", "Nadia Fouad", "Yasser Amin", "Rana Samir")


def column_of(name: str, make: Callable[[int, str], str]) -> Damage:
    def damage(t: Tables) -> None:
        t["leads"][name] = [make(i, status) for i, status in enumerate(t["leads"]["lead_status"])]

    return damage


#: Declares a lead column as a form field.
def declared(*names: str) -> Mapping[str, str]:
    return {"form_fields": f"[{', '.join(names)}]"}


FORM: Final = [
    Case("undeclared columns of a CRM",
         several(column_of("Deal Stage", lambda i, s: s), column_of("Close Reason", lambda i, s: "no budget" if "NOT" in s else ""), column_of("Account Manager", lambda i, s: OWNERS[i % 5])),
         (SAID,), "(?i)deal.stage"),
    Case("a header that is somebody's address", column_of("mona.sabry@example.org", lambda i, s: str(i)), (RIGHT, SAID)),
    Case("a header that is a phone", column_of("+201001234567", lambda i, s: "x"), (RIGHT, SAID)),
    Case("a declared form field", column_of("budget", lambda i, s: ("under 3M", "3M-5M", "over 8M")[i % 3]), params=declared("budget")),
    Case("a declared field in Arabic", column_of("unit_type", lambda i, s: ("شقة", "فيلا", "دوبلكس")[i % 3]), params=declared("unit_type")),
    Case("declared: who handles the lead", column_of("lead_owner", lambda i, s: OWNERS[i % 5]), (REFUSED,), "lead_owner", declared("lead_owner")),
    Case("declared: who handles it, in Arabic", column_of("rep", lambda i, s: ("هبة منصور", "كريم عادل", "نادية فؤاد", "ياسر أمين")[i % 4]), (REFUSED,), "rep", declared("rep")),
    Case("declared: an address", column_of("work_mail", lambda i, s: f"person{i}@company.example"), (REFUSED,), "work_mail", declared("work_mail")),
    Case("declared: a profile", column_of("profile", lambda i, s: f"https://www.linkedin.com/in/person-{i}"), (REFUSED,), "profile", declared("profile")),
    Case("declared: a phone", column_of("second_number", lambda i, s: f"010{10_000_000 + 7 * i}"), (REFUSED,), "second_number", declared("second_number")),
    Case("declared: the person's own name", several(lambda t: t["leads"].__setitem__("signed", t["leads"]["name"])), (REFUSED,), "signed", declared("signed")),
    Case("declared, and not there", nothing, (RIGHT, SAID, REFUSED), "", declared("budget")),
]  # fmt: skip
