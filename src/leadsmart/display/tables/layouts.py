"""Which columns each table of the report shows on screen; the download has all of them."""

from leadsmart.display.tables.columns import DATE, DELTA, SPARKLINE, STATUS, VERDICT, Column
from leadsmart.vocabulary import UNIT_AUC, UNIT_COUNT, UNIT_DAYS, UNIT_MONEY, UNIT_POINTS, UNIT_SHARE

LEDGER = (
    Column("table_name", "Table"),
    Column("action", "What happened"),
    Column("rule_name", "Rule"),
    Column("rows", "Rows", UNIT_COUNT),
    Column("spend", "Spend", UNIT_MONEY),
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
    Column("user_id", "Business user"),
    Column("leads", "Leads", UNIT_COUNT),
    Column("coverage", "Verdict coverage", UNIT_SHARE, n="verdicts"),
    Column("qualified", "Qualified", UNIT_COUNT),
    Column("disqualified", "Disqualified", UNIT_COUNT),
    Column("only_one_kind", "Only ever says"),
)
FEEDBACK_KINDS = (
    Column("kind", "Verdicts given"),
    Column("users", "Business users", UNIT_COUNT),
    Column("leads", "Leads", UNIT_COUNT),
    Column("share", "Share of leads", UNIT_SHARE),
)
UNKNOWN_STATUSES = (
    Column("table_name", "Table"),
    Column("status", "Status"),
    Column("rows", "Rows", UNIT_COUNT),
)
LIKELY_DUPLICATES = (
    Column("project_name", "Project"),
    Column("campaigns", "Campaigns", UNIT_COUNT),
    Column("similar_to", "Looks like"),
    Column("similar_campaigns", "Campaigns there", UNIT_COUNT),
    Column("reason", "Why"),
)

# --- insights ---------------------------------------------------------------------------------------

_CPL = Column("cpl", "CPL", UNIT_MONEY, "cpl_low", "cpl_high")
_COVERAGE = Column(
    "verdict_coverage", "Verdicts", UNIT_SHARE, "verdict_coverage_low", "verdict_coverage_high"
)
_RATE = Column(
    "qualified_rate", "Qualified", UNIT_SHARE, "qualified_rate_low", "qualified_rate_high", n="verdicts"
)
_QUALITY = (
    Column("spend", "Spend", UNIT_MONEY),
    Column("leads", "Leads", UNIT_COUNT),
    _CPL,
    _COVERAGE,
    _RATE,
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
CAMPAIGNS = (Column("campaign_id", "Campaign"), Column("project_name", "Project"), *_QUALITY)
PROJECTS = (Column("project_name", "Project"), *_QUALITY, _CPQL)
CHANNELS = (Column("channel", "Channel"), *_QUALITY, _CPQL)
USERS = (Column("user_id", "Business user"), *_QUALITY, Column("feedback", "Feedback"))
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
    Column("leads", "Leads", UNIT_COUNT, instead="suppressed"),
)
WEEKS = (
    Column("week", "Week from", DATE),
    Column("spend", "Spend", UNIT_MONEY),
    Column("leads", "Leads", UNIT_COUNT),
    _CPL,
    Column("ctr", "CTR", UNIT_SHARE, "ctr_low", "ctr_high"),
    _COVERAGE,
    _RATE,
)
TREND = (
    Column("spend", "Spend", UNIT_MONEY),
    Column("leads", "Leads", UNIT_COUNT),
    _CPL,
    Column("qualified_rate", "Qualified rate", UNIT_SHARE, "qualified_rate_low", "qualified_rate_high"),
)
DECISIONS = (
    Column("campaign_id", "Campaign"),
    Column("project_name", "Project"),
    Column("decision", "Decision"),
    Column("monthly_spend", "Spend per 28 days", UNIT_MONEY),
    Column("cpql", "CPQL", UNIT_MONEY, "cpql_low", "cpql_high", n="qualified"),
    Column("verdict_coverage", "Verdicts", UNIT_SHARE, n="verdicts"),
    Column("reason", "Why"),
)
FUNNEL = (
    Column("stage", "Stage"),
    Column("leads", "Leads", UNIT_COUNT),
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
    Column("user_id", "Business user"),
    Column("leads", "Leads with history", UNIT_COUNT),
    Column("median_days", "Median wait", UNIT_DAYS),
    Column("within_1_days", "Within 1 day", UNIT_SHARE),
    Column("within_7_days", "Within 7 days", UNIT_SHARE),
    Column("within_30_days", "Within 30 days", UNIT_SHARE),
)
QUALIFICATION = (
    Column("user_id", "Business user"),
    Column("leads", "Leads with history", UNIT_COUNT),
    Column("qualified_within_7_days", "Qualified in 7 days", UNIT_SHARE),
    Column("qualified_within_30_days", "In 30 days", UNIT_SHARE),
    Column("qualified_within_60_days", "In 60 days", UNIT_SHARE),
    Column("disqualified_within_60_days", "Disqualified in 60 days", UNIT_SHARE),
)
QUALIFICATION_CHANNELS = (Column("channel", "Channel"), *QUALIFICATION[1:])
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
    Column("qualified", "Qualified", UNIT_COUNT),
    Column("verdict_coverage", "Verdicts", UNIT_SHARE, n="verdicts"),
    Column("qualified_rate", "Qualified rate", UNIT_SHARE, "qualified_rate_low", "qualified_rate_high"),
    Column("cpql", "CPQL", UNIT_MONEY),
)
RANKED = (
    Column("campaign_id", "Campaign"),
    Column("project_name", "Project"),
    Column("user_id", "Business user"),
    Column("shrunk_rate", "Qualified, shrunk", UNIT_SHARE, "shrunk_low", "shrunk_high", n="verdicts"),
    Column("user_rate", "Same user, all campaigns", UNIT_SHARE),
    Column("cpql_shrunk", "CPQL, shrunk", UNIT_MONEY, "cpql_shrunk_low", "cpql_shrunk_high"),
    Column("spend", "Spend", UNIT_MONEY),
)
AD_SETS = (
    Column("ad_set_id", "Ad set"),
    Column("campaign_id", "Campaign"),
    Column("spend", "Spend", UNIT_MONEY),
    Column("impressions", "Impressions", UNIT_COUNT),
    Column("clicks", "Clicks", UNIT_COUNT),
    Column("ctr", "CTR", UNIT_SHARE, "ctr_low", "ctr_high"),
    Column("cpc", "CPC", UNIT_MONEY),
    Column("cpm", "CPM", UNIT_MONEY),
)
LESSONS = (
    Column("project_name", "Project"),
    Column("user_id", "Business user"),
    Column("campaigns", "Campaigns", UNIT_COUNT),
    Column("spend", "Spend", UNIT_MONEY),
    Column("cpl", "CPL", UNIT_MONEY, n="leads"),
    Column("cpql", "CPQL", UNIT_MONEY, "cpql_low", "cpql_high", n="qualified"),
    Column("verdict_coverage", "Verdicts", UNIT_SHARE, n="verdicts"),
    Column("lesson", "Lesson"),
)
CONTACT_CHANNELS = (Column("channel", "Channel"), *CONTACT[1:])
VARIANTS = (
    Column("form_variant", "Variant"),
    Column("leads", "Leads", UNIT_COUNT, instead="suppressed"),
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
    Column("qualified_rate", "Qualified", UNIT_SHARE, "qualified_rate_low", "qualified_rate_high"),
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
    Column("campaign_id", "Campaign"),
    Column("project_name", "Project"),
    Column("ctr", "CTR", UNIT_SHARE),
    Column("channel_ctr", "CTR, channel's median", UNIT_SHARE),
    Column("lead_rate", "Leads per click", UNIT_SHARE, n="clicks"),
    Column("channel_lead_rate", "Channel's others", UNIT_SHARE),
    Column("spend", "Spend", UNIT_MONEY),
    Column("excess_cost", "Beyond channel's CPL", UNIT_MONEY),
)
BOTTLENECKS = (
    Column("stage", "From"),
    Column("next_stage", "To"),
    Column("leads", "Leads", UNIT_COUNT),
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
    Column("leads", "Leads", UNIT_COUNT, instead="suppressed"),
    Column("qualified_rate", "Qualified", UNIT_SHARE),
    Column("predicted", "Predicted", UNIT_SHARE),
    Column("auc", "AUC", UNIT_AUC, "auc_low", "auc_high"),
)
BANDS = (
    Column("band", "Band"),
    Column("leads", "Leads", UNIT_COUNT),
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
    Column("qualified", "Qualified", UNIT_COUNT),
)

# --- overview ---------------------------------------------------------------------------------------

MARKETS = (
    Column("title", "Market", link="page"),
    Column("leads", "Leads", UNIT_COUNT),
    Column("leads_delta", "Leads, change", DELTA),
    Column("leads_by_week", "Leads by week", SPARKLINE),
    Column("spend", "Spend", UNIT_MONEY, currency="currency"),
    Column("cpql", "CPQL", UNIT_MONEY, currency="currency"),
    Column("data_verdict", "Data", VERDICT),
    Column("model_verdict", "Lead score", VERDICT),
)
UNASSIGNED_PROJECTS = (
    Column("project_name", "Project"),
    Column("campaigns", "Campaigns", UNIT_COUNT),
    Column("leads", "Leads", UNIT_COUNT),
    Column("spend", "Spend", UNIT_MONEY),
)
MOVES = (
    Column("title", "Market"),
    Column("figure", "Figure"),
    Column("before_text", "Before"),
    Column("now_text", "Now"),
    Column("moved_by", "What differs"),
)
INPUTS = (Column("file", "File"), Column("rows", "Rows", UNIT_COUNT), Column("sha256", "sha256, first 12"))
