"""The rows of some business users only: nobody else's, anywhere."""

from collections.abc import Collection, Mapping

import pandas as pd

from leadsmart.cleaning.values.texts import clean_id, is_in, map_distinct
from leadsmart.vocabulary import AD_PERFORMANCE, CAMPAIGNS, LEADS, STATUS_EVENTS


def restrict_to_users(raw: Mapping[str, pd.DataFrame], user_ids: Collection[str]) -> dict[str, pd.DataFrame]:
    """Raw rows that belong to campaigns of some users.

    A campaign belongs to the user of its last row; what can't be traced to such a campaign, an unparsable
    line for example, may be anybody's and is left out.

    Parameters
    ----------
    raw : mapping
        Table -> raw rows of a slice.
    user_ids : collection of str

    Returns
    -------
    dict
        Table -> rows, with an index of their own.
    """
    campaigns = raw[CAMPAIGNS]
    users, ids = (map_distinct(campaigns[column], clean_id) for column in ("user_id", "id"))
    is_theirs = users.isin(list(user_ids))
    owner = pd.Series(users.to_numpy(), index=ids.to_numpy())
    owner = owner[owner.index.notna() & ~owner.index.duplicated(keep="last")]
    own_campaigns = owner.index[owner.isin(list(user_ids))]
    lead_campaigns = map_distinct(raw[LEADS]["campaign_id"], clean_id)
    is_own_lead = is_in(lead_campaigns, own_campaigns)
    own_leads = map_distinct(raw[LEADS]["id"], clean_id)[is_own_lead].dropna()
    masks = {
        CAMPAIGNS: is_theirs & ids.isin(own_campaigns),
        AD_PERFORMANCE: is_in(map_distinct(raw[AD_PERFORMANCE]["campaign_id"], clean_id), own_campaigns),
        LEADS: is_own_lead,
        STATUS_EVENTS: is_in(map_distinct(raw[STATUS_EVENTS]["lead_id"], clean_id), own_leads),
    }
    return {table: raw[table][mask].reset_index(drop=True) for table, mask in masks.items()}
