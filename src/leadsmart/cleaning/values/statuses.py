"""Which statuses a market's parameters give a meaning to."""

from leadsmart.params import Params
from leadsmart.vocabulary import KNOWN_STATUSES


def known_statuses(params: Params) -> frozenset[str]:
    """Statuses of the platform, and those that a list of the parameters names.

    Parameters
    ----------
    params : Params

    Returns
    -------
    frozenset of str
    """
    stages = [*params.outcome_statuses.values(), *params.funnel_stages.values(), params.deal_statuses]
    return KNOWN_STATUSES.union(*stages)
