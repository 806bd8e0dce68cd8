"""Which columns each table of the report shows on screen; the download has all of them."""

from leadsmart.catalogue.kpis import Place, kpis_in
from leadsmart.display.tables.catalogue_columns import dimension_columns, kpi_column, kpi_columns
from leadsmart.display.tables.columns import DATE, DELTA, SPARKLINE, STATUS, VERDICT, Column
from leadsmart.vocabulary import UNIT_AUC, UNIT_COUNT, UNIT_DAYS, UNIT_MONEY, UNIT_POINTS, UNIT_SHARE


def week_columns() -> tuple[Column, ...]:
    """The columns of the table of weeks: the KPIs that the catalogue shows there."""
    kpis = kpis_in(Place.WEEKS, first=("spend", "leads", "cpl"))
    return (
        Column("week", "Week from", DATE),
        *(kpi_column(k.name, n="verdicts" if k.name == "qualified_rate" else None) for k in kpis),
    )


LEDGER = (
    Column("table_name", "Table"),
    Column("action", "What happened"),
    Column("rule_name", "Rule"),
    Column("rows", "Rows", UNIT_COUNT),
    kpi_column("spend"),
)
COMPLETENESS_BY_GROUP = (
    Column("table_name", "Table"),
    Column("field_name", "Field"),
    Column("by", "By"),
    Column("group", "Group"),
    Column("share_valid", "Valid", UNIT_SHARE, n="n", instead="suppressed"),
    Column("share_filled", "Filled", UNIT_SHARE),
)
ASSUMPTIONS = (
    Column("assumption", "Assumption"),
    Column("verdict", "Verdict", VERDICT),
    Column("evidence", "Evidence"),
    Column("n", "Rows looked at", UNIT_COUNT),
)
FEEDBACK = (
    *dimension_columns("user_id"),
    kpi_column("leads"),
    Column("coverage", "Verdict coverage", UNIT_SHARE, n="verdicts"),
    kpi_column("qualified"),
    Column("disqualified", "Disqualified", UNIT_COUNT),
    Column("only_one_kind", "Only ever says"),
)
FEEDBACK_KINDS = (
    Column("kind", "Verdicts given"),
    Column("users", "Business users", UNIT_COUNT),
    kpi_column("leads"),
    Column("share", "Share of leads", UNIT_SHARE),
)
UNKNOWN_STATUSES = (
    Column("table_name", "Table"),
    Column("status", "Status"),
    Column("rows", "Rows", UNIT_COUNT),
)
UNREAD_COLUMNS = (
    Column("header", "Column"),
    Column("file", "File"),
    Column("filled", "Rows filled", UNIT_COUNT),
    Column("distinct", "Distinct values", UNIT_COUNT),
    Column("people", "Looks like"),
)
LIKELY_DUPLICATES = (
    *dimension_columns("project_name"),
    Column("campaigns", "Campaigns", UNIT_COUNT),
    Column("similar_to", "Looks like"),
    Column("similar_campaigns", "Campaigns there", UNIT_COUNT),
    Column("reason", "Why"),
)

# --- insights ---------------------------------------------------------------------------------------

_QUALITY = (
    *kpi_columns("spend", "leads", "cpl", "verdict_coverage"),
    kpi_column("qualified_rate", n="verdicts"),
    Column(
        "shrunk_rate",
        "Qualified, shrunk",
        UNIT_SHARE,
        "shrunk_low",
        "shrunk_high",
        "ranked_verdicts",
        is_optional=True,
    ),
)
_CPQL = Column(
    "cpql_shrunk", "CPQL, shrunk", UNIT_MONEY, "cpql_shrunk_low", "cpql_shrunk_high", is_optional=True
)
CAMPAIGNS = (*dimension_columns("campaign_id", "project_name"), *_QUALITY)
PROJECTS = (*dimension_columns("project_name"), *_QUALITY, _CPQL)
CHANNELS = (*dimension_columns("channel"), *_QUALITY, _CPQL)
USERS = (*dimension_columns("user_id"), *_QUALITY, Column("feedback", "Feedback"))
ONE_USER_OUT = (
    Column("label", "Figure"),
    Column("value_text", "All business users"),
    Column("without_text", "Without one"),
    Column("user_id", "Left out"),
    Column("share", "Its share of the n", UNIT_SHARE),
)
HOURS = (
    Column("weekday", "Weekday"),
    Column("hour", "Hour from"),
    kpi_column("leads", instead="suppressed"),
)
TREND = (
    *kpi_columns("spend", "leads", "cpl"),
    kpi_column("qualified_rate", "Qualified rate"),
)
DECISIONS = (
    *dimension_columns("campaign_id", "project_name"),
    Column("decision", "Decision"),
    Column("monthly_spend", "Spend per 28 days", UNIT_MONEY),
    kpi_column("cpql", n="qualified"),
    kpi_column("verdict_coverage", n="verdicts", with_range=False),
    Column("reason", "Why"),
)
FUNNEL = (
    Column("stage", "Stage"),
    kpi_column("leads"),
    Column("step_rate", "Went on", UNIT_SHARE, "step_rate_low", "step_rate_high"),
    Column("stopped", "Stopped here", UNIT_COUNT),
    Column("without_history", "Without history", UNIT_COUNT),
)
TRANSITIONS = (
    Column("from_status", "From", STATUS),
    Column("to_status", "To", STATUS),
    Column("changes", "Changes", UNIT_COUNT),
    Column("share", "Of those leaving", UNIT_SHARE),
    Column("median_days", "Median wait", UNIT_DAYS),
)
CONTACT = (
    *dimension_columns("user_id"),
    Column("leads", "Leads with history", UNIT_COUNT),
    Column("median_days", "Median wait", UNIT_DAYS),
    Column("within_1_days", "Within 1 day", UNIT_SHARE),
    Column("within_7_days", "Within 7 days", UNIT_SHARE),
    Column("within_30_days", "Within 30 days", UNIT_SHARE),
)
QUALIFICATION = (
    *dimension_columns("user_id"),
    Column("leads", "Leads with history", UNIT_COUNT),
    Column("qualified_within_7_days", "Qualified in 7 days", UNIT_SHARE),
    Column("qualified_within_30_days", "In 30 days", UNIT_SHARE),
    Column("qualified_within_60_days", "In 60 days", UNIT_SHARE),
    Column("disqualified_within_60_days", "Disqualified in 60 days", UNIT_SHARE),
)
QUALIFICATION_CHANNELS = (*dimension_columns("channel"), *QUALIFICATION[1:])
HAND_OVERS = (
    Column("status", "Status", STATUS),
    Column("leads", "Leads that entered", UNIT_COUNT),
    Column("moved_within_7_days", "Moved on in 7 days", UNIT_SHARE),
    Column("moved_within_30_days", "In 30 days", UNIT_SHARE),
    Column("median_days", "Median wait of those", UNIT_DAYS),
    Column("still_there", "Still there", UNIT_COUNT),
    Column("stuck", "For over 30 days", UNIT_COUNT),
    Column("user_id", "Most at user", n="stuck_at_user"),
)
HEALTH_RULES = (
    Column("title", "Check"),
    Column("status", "Status"),
    Column("alerts", "Alerts", UNIT_COUNT),
    Column("open", "Still open", UNIT_COUNT),
    Column("watched", "Watched"),
    Column("money_at_risk", "Money at risk, largest alert", UNIT_MONEY),
)
HEALTH_WATCHED = (
    Column("series", "Where"),
    Column("days", "Days", UNIT_COUNT),
    Column("clicks_a_day", "Clicks a day", UNIT_COUNT),
    Column("leads_a_day", "Leads a day", UNIT_COUNT),
    Column("clicks_without_leads_told", "A day without leads"),
    Column("ctr_drop_told", "A drop of CTR"),
    Column("spend_spikes_told", "A spend spike"),
    Column("cpl_jump_told", "A jump of CPL"),
)
HEALTH = (
    Column("title", "Check"),
    Column("series", "Where"),
    Column("status", "Status"),
    Column("detail", "What"),
    Column("money_at_risk", "Money at risk", UNIT_MONEY),
    Column("next_step", "Next step"),
)
DEFINITIONS = (
    Column("definition", "Lead definition"),
    kpi_column("qualified"),
    kpi_column("verdict_coverage", n="verdicts", with_range=False),
    kpi_column("qualified_rate", "Qualified rate"),
    kpi_column("cpql", with_range=False),
)
RANKED = (
    *dimension_columns("campaign_id", "project_name", "user_id"),
    Column("shrunk_rate", "Qualified, shrunk", UNIT_SHARE, "shrunk_low", "shrunk_high", n="verdicts"),
    Column("user_rate", "Same user, all campaigns", UNIT_SHARE),
    Column("cpql_shrunk", "CPQL, shrunk", UNIT_MONEY, "cpql_shrunk_low", "cpql_shrunk_high"),
    kpi_column("spend"),
)
AD_SETS = (
    *dimension_columns("ad_set_id", "campaign_id"),
    *kpi_columns("spend", "impressions", "clicks", "ctr", "cpc", "cpm"),
)
LESSONS = (
    *dimension_columns("project_name", "user_id"),
    Column("campaigns", "Campaigns", UNIT_COUNT),
    kpi_column("spend"),
    kpi_column("cpl", n="leads", with_range=False),
    kpi_column("cpql", n="qualified"),
    kpi_column("verdict_coverage", n="verdicts", with_range=False),
    Column("lesson", "Lesson"),
)
CONTACT_CHANNELS = (*dimension_columns("channel"), *CONTACT[1:])
VARIANTS = (
    Column("form_variant", "Variant"),
    kpi_column("leads", instead="suppressed"),
    Column("completion_rate", "Complete", UNIT_SHARE, "completion_low", "completion_high"),
    Column(
        "completion_difference",
        "Against others of the same users",
        UNIT_POINTS,
        "completion_difference_low",
        "completion_difference_high",
        is_optional=True,
    ),
    Column("verdict_coverage", "Verdicts", UNIT_SHARE, "verdict_low", "verdict_high", n="verdicts"),
    kpi_column("qualified_rate"),
    Column(
        "qualified_difference",
        "Against others of the same users",
        UNIT_POINTS,
        "qualified_difference_low",
        "qualified_difference_high",
        is_optional=True,
    ),
)
VARIANCE = (
    Column("level", "Between"),
    Column("standard_deviation", "Standard deviation", UNIT_SHARE),
    Column("share", "Share of the variance", UNIT_SHARE),
)
ENGAGEMENT = (
    *dimension_columns("campaign_id", "project_name"),
    kpi_column("ctr", with_range=False),
    Column("channel_ctr", "CTR, channel's median", UNIT_SHARE),
    kpi_column("lead_rate", "Leads per click", n="clicks"),
    Column("channel_lead_rate", "Channel's others", UNIT_SHARE),
    kpi_column("spend"),
    Column("excess_cost", "Beyond channel's CPL", UNIT_MONEY),
)
BOTTLENECKS = (
    Column("stage", "From"),
    Column("next_stage", "To"),
    kpi_column("leads"),
    Column("best_rate", "Best quarter", UNIT_SHARE),
    Column("rest_rate", "Others", UNIT_SHARE),
    Column("relative_difference", "Relative difference", UNIT_SHARE, "relative_low", "relative_high"),
    Column("lost_leads", "Leads lost", UNIT_COUNT),
    Column("money_at_stake", "Money at stake", UNIT_MONEY),
)
HYPOTHESES = (
    Column("title", "Finding"),
    Column("question", "Question"),
    Column("n", "n", UNIT_COUNT),
    Column("method", "How it was tested"),
)

# --- classification ---------------------------------------------------------------------------------

LABELS = (
    Column("kind", "Leads"),
    Column("leads", "Count", UNIT_COUNT),
    Column("share", "Share", UNIT_SHARE),
)
RULES = (
    Column("rule", "Rule"),
    Column("found", "Found"),
    Column("needed", "Needed"),
    Column("is_met", "Met"),
    Column("decides", "Decides"),
)
LEAKS = (
    Column("field", "Field"),
    Column("kind", "What it is"),
    Column("evidence", "Evidence"),
)
FIGURES = (
    Column("label", "Measure"),
    Column("value", "Score", UNIT_AUC, "low", "high"),
    Column("dummy", "Everybody the same", UNIT_AUC),
)
SPLITS = (
    Column("split", "Leads held back"),
    Column("auc", "AUC", UNIT_AUC, "auc_low", "auc_high"),
    Column("n_train", "Learned from", UNIT_COUNT),
    Column("n_test", "Judged on", UNIT_COUNT),
)
GROUPS = (
    Column("by", "By"),
    Column("group", "Group"),
    kpi_column("leads", instead="suppressed"),
    kpi_column("qualified_rate", with_range=False),
    Column("predicted", "Predicted", UNIT_SHARE),
    Column("auc", "AUC", UNIT_AUC, "auc_low", "auc_high"),
)
BANDS = (
    Column("band", "Band"),
    kpi_column("leads"),
    Column("predicted", "Predicted", UNIT_SHARE, is_optional=True),
    Column("observed", "Qualified", UNIT_SHARE, "low", "high"),
)
CALLS = (
    Column("called", "Share called", UNIT_SHARE),
    Column("leads", "Leads called", UNIT_COUNT),
    Column("lowest_probability", "Call from probability", UNIT_SHARE, is_optional=True),
    Column("found", "Of the qualified, found", UNIT_SHARE, "found_low", "found_high"),
    Column("qualified_rate", "Qualified among called", UNIT_SHARE),
    Column("calls_saved", "Calls saved", UNIT_SHARE, "calls_saved_low", "calls_saved_high"),
)
GAPS = (
    Column("label", "Field"),
    Column("share_missing", "Missing", UNIT_SHARE),
    Column("auc_with", "AUC with it", UNIT_AUC),
    Column("auc_without", "AUC without it", UNIT_AUC),
    Column("cost", "Cost of doing without", UNIT_AUC, "cost_low", "cost_high"),
    Column("auc_lacking", "AUC where it is missing", UNIT_AUC, n="n_lacking", instead="suppressed"),
)
MESSAGE_INTENTS = (
    Column("message_intent", "Intent"),
    Column("labelled", "Labelled messages", UNIT_COUNT),
    Column("recall", "Told right", UNIT_SHARE, n="tested"),
    Column("precision", "Right when told", UNIT_SHARE),
)
TOLD_INTENTS = (
    Column("lead_id", "Lead"),
    Column("message_intent", "Message asks for"),
    Column("confidence", "Confidence", UNIT_SHARE),
)
SCORED = (
    Column("lead_id", "Lead"),
    Column("grade", "Grade", is_optional=True),
    Column("probability", "Probability", UNIT_SHARE, is_optional=True),
    Column("intent", "Intent"),
    Column("age_days", "Age in days", UNIT_COUNT),
    Column("reasons", "Why"),
)
EXTRACTS = (
    Column("market", "Market"),
    Column("leads", "Labelled leads", UNIT_COUNT),
    kpi_column("qualified"),
)

# --- overview ---------------------------------------------------------------------------------------

MARKETS = (
    Column("title", "Market", link="page"),
    kpi_column("leads"),
    Column("leads_delta", "Leads, change", DELTA),
    Column("leads_by_week", "Leads by week", SPARKLINE),
    kpi_column("spend", currency="currency"),
    kpi_column("cpql", currency="currency", with_range=False),
    Column("data_verdict", "Data", VERDICT),
    Column("model_verdict", "Lead score", VERDICT),
)
UNASSIGNED_PROJECTS = (
    *dimension_columns("project_name"),
    Column("campaigns", "Campaigns", UNIT_COUNT),
    *kpi_columns("leads", "spend"),
)
UNKNOWN_CAMPAIGNS = (Column("campaign_id", "Campaign"), *kpi_columns("leads", "qualified", "spend"))
JOINS = (
    Column("file", "File"),
    Column("rows", "Rows read", UNIT_COUNT),
    Column("readable", "Readable", UNIT_COUNT),
    Column("replaced", "Replaced", UNIT_COUNT),
    Column("joined", "Joined", UNIT_COUNT),
    Column("lost_share", "Lost", UNIT_SHARE, n="lost"),
    Column("why", "Of the lost"),
)
MOVES = (
    Column("title", "Market"),
    Column("figure", "Figure"),
    Column("before_text", "Before"),
    Column("now_text", "Now"),
    Column("moved_by", "What differs"),
)
INPUTS = (Column("file", "File"), Column("rows", "Rows", UNIT_COUNT), Column("sha256", "sha256, first 12"))
NOTES = (Column("file", "File"), Column("table", "Read as"), Column("text", "What was noticed"))
