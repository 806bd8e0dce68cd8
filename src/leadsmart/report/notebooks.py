"""The notebooks as steps: which there are, and which of them each reads."""

CLEANING, INSIGHTS, CLASSIFICATION, SUMMARY = "01_cleaning", "02_insights", "03_classification", "04_summary"
EXPLORE = "05_explore"
POOLED, OVERVIEW = "pooled_model", "overview"

#: Steps that run once per market, in order.
MARKET_STEPS = (CLEANING, INSIGHTS, EXPLORE, CLASSIFICATION, SUMMARY)

#: Steps of the same market that a step reads. `pooled_model` and `overview` read all markets.
NEEDS: dict[str, tuple[str, ...]] = {
    CLEANING: (),
    INSIGHTS: (CLEANING,),
    EXPLORE: (CLEANING, INSIGHTS),
    CLASSIFICATION: (CLEANING, POOLED),
    SUMMARY: (CLEANING, INSIGHTS, CLASSIFICATION),
    POOLED: (),
    OVERVIEW: (),
}

#: Per step that runs once for all: the step of every market that it reads.
NEEDS_OF_ALL = {POOLED: CLEANING, OVERVIEW: SUMMARY}

PAGE_TITLES = {
    SUMMARY: "Summary",
    CLEANING: "Data quality",
    INSIGHTS: "Insights",
    EXPLORE: "Explore",
    CLASSIFICATION: "Lead classifier",
    POOLED: "Pooled model",
    OVERVIEW: "All markets",
}
