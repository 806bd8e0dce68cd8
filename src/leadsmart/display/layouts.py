"""Which columns each table of the report shows on screen; the download has all of them."""

from leadsmart.display.columns import DATE, DELTA, SPARKLINE, TEXT, VERDICT, Column
from leadsmart.vocabulary import UNIT_AUC, UNIT_COUNT, UNIT_DAYS, UNIT_MONEY, UNIT_RATIO, UNIT_SHARE

LEDGER = (
    Column("table", "Table"),
    Column("action", "What happened"),
    Column("rule", "Rule"),
    Column("rows", "Rows", UNIT_COUNT),
    Column("spend", "Spend", UNIT_MONEY),
)
COMPLETENESS = (
    Column("field", "Field"),
    Column("share_valid", "Valid", UNIT_SHARE, n="n"),
    Column("share_filled", "Filled", UNIT_SHARE),
)
COMPLETENESS_BY_GROUP = (
    Column("table", "Table"),
    Column("field", "Field"),
    Column("by", "By"),
    Column("group", "Group"),
    Column("share_valid", "Valid", UNIT_SHARE, n="n"),
    Column("share_filled", "Filled", UNIT_SHARE),
)
ASSUMPTIONS = (
    Column("assumption", "Assumption"),
    Column("verdict", "Verdict", VERDICT),
    Column("evidence", "Evidence"),
    Column("n", "Rows looked at", UNIT_COUNT),
)
FEEDBACK = (
    Column("user_id", "Business user"),
    Column("leads", "Leads", UNIT_COUNT),
    Column("coverage", "Verdict coverage", UNIT_SHARE, n="verdicts"),
    Column("qualified", "Qualified", UNIT_COUNT),
    Column("disqualified", "Disqualified", UNIT_COUNT),
    Column("only_one_kind", "Only ever says"),
)
UNKNOWN_STATUSES = (Column("table", "Table"), Column("status", "Status"), Column("rows", "Rows", UNIT_COUNT))
LIKELY_DUPLICATES = (
    Column("project_name", "Project"),
    Column("campaigns", "Campaigns", UNIT_COUNT),
    Column("similar_to", "Looks like"),
    Column("similar_campaigns", "Campaigns there", UNIT_COUNT),
    Column("reason", "Why"),
)
