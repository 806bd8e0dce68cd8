"""Statuses, test leads, erased people and days without delivery, as CRMs have them."""

from typing import Final

import pandas as pd
from cleaning.border.damage import (
    REFUSED,
    RIGHT,
    SAID,
    TOLD,
    Case,
    add_column,
    each,
    nothing,
    several,
    some,
)
from cleaning.border.export import Damage, Tables


def add_test_leads(count: int, **values: str) -> Damage:
    def damage(t: Tables) -> None:
        rows = t["leads"].iloc[:count].copy()
        rows["id"] = [str(990_000 + i) for i in range(count)]
        t["leads"] = pd.concat([t["leads"], rows.assign(lead_status="NEW_LEAD", **values)], ignore_index=True)

    return damage


def erase(every: int, **values: str) -> Damage:
    def damage(t: Tables) -> None:
        rows = t["leads"].index[t["leads"].index % every == 0]
        for column, value in values.items():
            t["leads"].loc[rows, column] = value

    return damage


def own_status(value: str) -> Damage:
    return lambda t: t["leads"].__setitem__("lead_status", value)


def no_delivery(value: str) -> Damage:
    """Days before each ad set's first, without a figure: nothing was delivered."""

    def damage(t: Tables) -> None:
        rows = t["insights"]
        first = rows.groupby("ad_set_id", as_index=False).first()
        days = (pd.to_datetime(first["created_at"]) - pd.Timedelta(days=1)).dt.strftime("%Y-%m-%d 00:00:00")
        blank = dict.fromkeys(["reach", "spend", "clicks", "impressions"], value)
        t["insights"] = pd.concat(
            [rows, first.assign(created_at=days, **blank)[rows.columns]], ignore_index=True
        )
        # the campaign ran, and delivered nothing
        starts = pd.to_datetime(t["campaigns"]["start_time"]) - pd.Timedelta(days=1)
        t["campaigns"]["start_time"] = starts.dt.strftime("%Y-%m-%d %H:%M:%S")

    return damage


def forget_history(t: Tables) -> None:
    t["events"] = t["events"].iloc[:0]


def cut_history(t: Tables) -> None:
    t["events"] = t["events"][t["events"]["status"].eq("NEW_LEAD")]


def again(*, newer_first: bool) -> Damage:
    """Each lead stands twice in the file: as it came, and as it is."""

    def damage(t: Tables) -> None:
        versions = [t["leads"].assign(lead_status="NEW_LEAD"), t["leads"]]
        t["leads"] = pd.concat(versions[::-1] if newer_first else versions, ignore_index=True)

    return damage


CRM: Final = [
    Case("Meta's test leads", add_test_leads(25, name="<test lead: dummy data for full_name>", email="test@fb.com", phone="<test lead: dummy data for phone_number>"), (RIGHT, SAID)),
    Case("Meta's test leads, their address alone", add_test_leads(25, email="test@meta.com", phone=""), (RIGHT, SAID)),
    Case("Meta's test leads with a first name", add_test_leads(20, name="<test lead: dummy data for first_name>", email="", phone=""), (RIGHT, SAID)),
    Case("Google's test leads in a column", several(add_column("leads", "is_test", "false"), add_test_leads(20, is_test="true", name="FirstName LastName", email="test@example.com", phone="+16505550123")), (RIGHT, SAID)),
    Case("people called Test", each("leads", "name", lambda x: x.replace("Mona", "Testa"))),
    Case("contacts replaced by one placeholder", erase(5, name="redacted", email="gdpr@company.com", phone="")),
    Case("contacts replaced by zeros", erase(4, name="Deleted", email="", phone="+200000000000")),
    Case("contacts replaced in Arabic", erase(4, name="محذوف", email="", phone="0000000000")),
    Case("contacts replaced by an address of their own", erase(4, email="removed-user@acme-crm.example.org")),
    Case("contacts replaced by the office's phone", erase(4, phone="+20225551234")),
    Case("contacts crossed out", erase(4, name="xxxxx", email="xxxxx@xxxxx.xx", phone="xxxxxxxxxx")),
    Case("contacts emptied", erase(4, name="", email="", phone="")),
    Case("one blank name for erased people", erase(4, name="GDPR Request", email="", phone="")),
    Case("the leads' own column left as created", own_status("CREATED"), (SAID, RIGHT)),
    Case("the leads' own column left as new", own_status("NEW_LEAD"), (SAID, RIGHT)),
    Case("the leads' own column blank", own_status(""), (SAID, RIGHT)),
    Case("a history that holds arrivals alone", nothing, (RIGHT, SAID), base=cut_history),
    Case("no history", lambda t: {k: v for k, v in t.items() if k != "events"}, (SAID,), "lead_status_changes", base=forget_history),
    Case("a history without rows", nothing, (SAID,), "lead_status_changes", base=forget_history),
    Case("a history without a byte", lambda t: t | {"events": ""}, (SAID, REFUSED), "lead_status_changes", base=forget_history),
    Case("blank figures on days without delivery", no_delivery("")),
    Case("NULL on days without delivery", no_delivery("NULL")),
    Case("dashes on days without delivery", no_delivery("-")),
    Case("zeros on days without delivery", no_delivery("0")),
    Case("spend missing where there was delivery", some("insights", "spend", lambda _: "", 15), (TOLD, REFUSED), "spend"),
    Case("another system's statuses", each("leads", "lead_status", lambda x: {"QUALIFIED": "Hot", "NOT_QUALIFIED": "Cold"}.get(x, "Open")), (TOLD, REFUSED, SAID), "lead_status|status"),
    Case("numbered statuses", each("leads", "lead_status", lambda x: f"3 - {x}"), (TOLD, REFUSED, SAID), "lead_status|status"),
    Case("several statuses in a cell", each("leads", "lead_status", lambda x: f"{x}; FOLLOW_UP"), (TOLD, REFUSED, SAID), "lead_status|status"),
    Case("a third of the statuses unknown", each("leads", "lead_status", lambda x: "SQL" if x == "QUALIFIED" else x), (TOLD, REFUSED, SAID), "lead_status|status|SQL"),
    Case("headers in capitals", lambda t: {k: v.rename(columns=str.upper) for k, v in t.items()}),
    Case("headers with blanks and dashes", lambda t: {k: v.rename(columns=lambda c: c.replace("_", " ").title()) for k, v in t.items()}),
    Case("each lead again, the newer row last", again(newer_first=False), (RIGHT, SAID)),
    Case("each lead again, the newer row first", again(newer_first=True), (RIGHT, SAID, REFUSED)),
    Case("no event names a status", each("events", "status", lambda _: ""), (REFUSED, TOLD), "status"),
]  # fmt: skip
