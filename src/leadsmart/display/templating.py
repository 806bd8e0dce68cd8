"""Jinja's templates of what a page shows: every value in them is escaped, unless it is markup already."""

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from leadsmart.display.markup import Html, is_same_site, isolate_name, link, mark_verdict

#: Packages with a folder of templates. A template lies in the package that draws it, so that a page without pictures
#: is up to date after a change of how pictures look.
_PACKAGES = ("leadsmart.display", "leadsmart.display.figures", "leadsmart.display.tables")

_ENVIRONMENT = Environment(
    loader=ChoiceLoader([PackageLoader(package) for package in _PACKAGES]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters |= {"name": isolate_name, "link_to": link, "verdict": mark_verdict}
_ENVIRONMENT.tests["same_site"] = is_same_site


def render(template: str, **values: object) -> Html:
    """Fill in one of the templates.

    Parameters
    ----------
    template : str
        Name of its file.
    **values : object
        What the template needs; it fails on a name that it lacks.

    Returns
    -------
    Html
        Shown by notebooks as it is.
    """
    return Html(_ENVIRONMENT.get_template(template).render(values))
