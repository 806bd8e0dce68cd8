"""Errors that say where, what, how many, for example which, and what to do next."""

from collections.abc import Iterable, Sequence
from typing import Any

MAX_EXAMPLES = 5
#: Longest text of others that a message quotes whole.
MAX_QUOTED = 80


class LeadSmartError(Exception):
    """A problem the user can act on.

    Parameters
    ----------
    problem : str
        What is wrong, one sentence without a full stop.
    remedy : str
        What to do next, one sentence without a full stop; a question keeps its mark.
    file, rule, column : str, optional
        Where it was found.
    count : int, optional
        How many rows or values are affected.
    examples : iterable, optional
        Offending values; the first five are shown. Never contacts of a person.
    """

    def __init__(
        self,
        problem: str,
        *,
        remedy: str,
        file: str | None = None,
        rule: str | None = None,
        column: str | None = None,
        count: int | None = None,
        examples: Iterable[object] = (),
    ) -> None:
        self.problem, self.remedy = problem, remedy
        self.file, self.rule, self.column, self.count = file, rule, column, count
        self.examples: Sequence[str] = [shorten(str(x)) for x in examples][:MAX_EXAMPLES]
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The whole message on one line."""
        places = {"rule": self.rule, "column": self.column}
        where = ", ".join(f"{name} {value}" for name, value in places.items() if value is not None)
        parts = [
            f"{self.file}: " if self.file else "",
            self.problem,
            f" ({where})" if where else "",
            "" if self.count is None else f"; {self.count:,} affected",
            f"; for example {', '.join(map(repr, self.examples))}" if self.examples else "",
        ]
        end = "" if self.remedy.endswith(("?", ".")) else "."
        return f"{''.join(parts)}. {self.remedy}{end}"

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Not by __init__, as an exception usually is: that one needs more than the message.
        return (type(self).__new__, (type(self), *self.args), vars(self))


def shorten(text: str) -> str:
    """A text of any length as messages quote it.

    >>> len(shorten("9" * 5_000))
    80
    """
    return text if len(text) <= MAX_QUOTED else f"{text[: MAX_QUOTED - 1]}…"


class ParameterError(LeadSmartError):
    """A parameter is unknown, of the wrong type or contradicts another."""


class InputError(LeadSmartError):
    """An input file is missing, unreadable, empty or lacks a column."""


class LedgerError(LeadSmartError):
    """Rows or spend of the exits do not add up to the raw file."""


class NotebookError(LeadSmartError):
    """A notebook failed, or does what it may not.

    Parameters
    ----------
    problem : str
    public_problem : str, optional
        What pages may say where the problem itself may quote data; by default the problem.
    **details
        As for `LeadSmartError`.
    """

    def __init__(self, problem: str, *, public_problem: str | None = None, **details: Any) -> None:
        super().__init__(problem, **details)
        self.public_problem = public_problem or problem


class RunningError(LeadSmartError):
    """Another run is at work on the same outputs."""


class RenderError(LeadSmartError):
    """The site could not be built."""


class ModelError(LeadSmartError):
    """A model cannot be fitted, loaded or trusted, for example because a feature is known too late."""


class InputProblems(LeadSmartError):
    """Everything that is wrong with parameters and inputs, at once.

    Parameters
    ----------
    problems : sequence of LeadSmartError
        At least one.
    """

    def __init__(self, problems: Sequence[LeadSmartError]) -> None:
        self.problems = list(problems)
        noun = "problem" if len(self.problems) == 1 else "problems"
        super().__init__(
            f"{len(self.problems)} {noun} in parameters or inputs",
            remedy="Mend what is listed and run `leadsmart check` again",
        )


def raise_problems(problems: Sequence[LeadSmartError]) -> None:
    """Raise all problems as one error, where there are any.

    Parameters
    ----------
    problems : sequence of LeadSmartError

    Raises
    ------
    InputProblems
        If there is one.
    """
    if problems:
        raise InputProblems(problems)
