"""Which parameters of a search are about one person: their values stand in no notebook and in no job (P12)."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.domain.conditions import Operator, parse_condition
from workbench.errors import UsageError
from workbench.language import _

_OF_A_PERSON = frozenset(
    {
        "name", "patient", "patient_id", "family", "remark", "last_name", "first_name", "birth_name", "email", "phone",
        "mobile", "address_line_1", "address_line_2",
    }
)  # fmt: skip
"""Parameters, and columns of a condition, whose values are somebody's."""


def of_a_person(given: Mapping[str, str]) -> list[str]:
    """Return the parameters given, and the columns a condition compares, whose values are somebody's."""
    named = [name for name, value in given.items() if name in _OF_A_PERSON and value.strip()]
    if given.get("where", "").strip():
        for one in parse_condition(given["where"]).comparisons():
            born = one.column == "birth_date" and one.operator in (Operator.EQUAL, Operator.IN)
            if born or (one.column in _OF_A_PERSON and one.operator is not Operator.MISSING):
                named.append(one.column)
    return list(dict.fromkeys(named))


def check_of_nobody(given: Mapping[str, str]) -> None:
    """Raise `UsageError` when what a job would ask with is somebody's: it is asked under a search's name then."""
    if private := of_a_person(given):
        raise UsageError(
            _(
                "The search asks for what belongs to a person ({names}), and no job may hold it. Save the search under "
                "a name: the job finds it by its name."
            ).format(names=", ".join(private))
        )
