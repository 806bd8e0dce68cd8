"""The catalogue of features: what each is, in plain words, and from when it is known."""

from dataclasses import dataclass
from typing import Final, Literal

#: What a category says where nothing was given.
MISSING: Final = "missing"

Kind = Literal["number", "amount", "rate", "flag", "category", "text"]
Known = Literal["arrival", "day before", "later"]


@dataclass(frozen=True)
class FeatureSpec:
    """A feature and when it becomes known.

    Attributes
    ----------
    name : str
        Column of the feature frame.
    kind : str
        number, amount (a number from 0 with a long tail, read on a log scale), rate (a share that is never 0 or
        1, read as log-odds), flag (0/1), category or text.
    known : str
        ``arrival``: the lead brings it. ``day before``: counted up to the day before the lead arrived.
        ``later``: only known afterwards, refused by `features.find_suspects`.
    field : str
        What a person filled in, or the history it belongs to; features of one field are judged together.
    label : str
        In plain words. For a flag "words if true|words if false", for a category "words|words if missing".
    """

    name: str
    kind: Kind
    known: Known
    field: str
    label: str


#: Features that every export allows.
SPECS: Final = (
    FeatureSpec("has_name", "flag", "arrival", "name", "gave a name|gave no name"),
    FeatureSpec("is_email_valid", "flag", "arrival", "email", "valid e-mail|no valid e-mail"),
    FeatureSpec("email_domain_class", "category", "arrival", "email", "kind of e-mail|no valid e-mail"),
    FeatureSpec("is_phone_valid", "flag", "arrival", "phone", "valid phone|no valid phone"),
    FeatureSpec("is_phone_foreign", "flag", "arrival", "phone", "phone from abroad|phone of the market's country"),
    FeatureSpec("phone_type", "category", "arrival", "phone", "kind of phone|no valid phone"),
    FeatureSpec("is_repeat", "flag", "arrival", "person", "asked before|first request"),
    FeatureSpec("filled_share", "number", "arrival", "form", "share of the form filled in"),
    FeatureSpec("hour_sin", "number", "arrival", "time", "time of day"),
    FeatureSpec("hour_cos", "number", "arrival", "time", "time of day"),
    FeatureSpec("weekday", "category", "arrival", "time", "weekday"),
    FeatureSpec("days_since_start", "amount", "arrival", "campaign", "days since the campaign began"),
    FeatureSpec("daily_budget", "amount", "arrival", "campaign", "campaign's daily budget"),
    FeatureSpec("channel", "category", "arrival", "channel", "channel"),
    FeatureSpec("market", "category", "arrival", "market", "market"),
    FeatureSpec("campaign_spend_before", "amount", "day before", "campaign", "campaign's spend so far"),
    FeatureSpec("campaign_leads_before", "amount", "day before", "campaign", "campaign's leads so far"),
    FeatureSpec("campaign_ctr_before", "number", "day before", "campaign", "campaign's CTR so far"),
    FeatureSpec("campaign_lead_rate_before", "number", "day before", "campaign", "campaign's lead rate so far"),
    FeatureSpec("user_leads_before", "amount", "day before", "user", "the business's leads so far"),
    FeatureSpec("market_qualified_rate_before", "rate", "day before", "market", "market's qualified rate so far"),
    *(
        spec
        for key, words in {
            "campaign": "campaign", "project": "project", "user": "business", "channel": "channel",
        }.items()
        for spec in (
            FeatureSpec(f"{key}_verdicts_before", "amount", "day before", key, f"verdicts on the {words} so far"),
            FeatureSpec(
                f"{key}_qualified_rate_before", "rate", "day before", key, f"qualified rate of the {words} so far"
            ),
        )
    ),
)  # fmt: skip
#: Features of columns that an export may lack.
OPTIONAL_SPECS: Final = (
    FeatureSpec("form_variant", "category", "arrival", "form_variant", "form variant"),
    FeatureSpec("has_message", "flag", "arrival", "message", "wrote a message|wrote no message"),
    FeatureSpec("message_words", "amount", "arrival", "message", "length of the message"),
    FeatureSpec("message_language", "category", "arrival", "message", "language of the message"),
    FeatureSpec("message_asks", "category", "arrival", "message", "message asks for|wrote no message"),
    FeatureSpec("message", "text", "arrival", "message", "what the message says"),
)
