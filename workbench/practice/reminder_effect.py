"""Whether appointments that were announced again are missed less often: counted, with intervals, like with like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.domain.rates import Difference, Rate, matched, newcombe, wilson
from workbench.errors import UnknownName
from workbench.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUPS = ("lead", "hour", "weekday", "practitioner", "nature", "notice", "channel")
"""What rates can be told by: `notice` and `channel` of those alone that were reminded."""

OF_THE_REMINDED = ("notice", "channel")

COMPARED = (*(name for name in GROUPS if name not in OF_THE_REMINDED), "patient_id")
"""What two appointments may have in common when they are compared."""

STRATA = ("weekday", "hour", "practitioner")
"""What two appointments have in common when they are compared, unless it is said otherwise."""

LEFT_OUT = ("no_outcome", "called_off", "made_late", "uncertain")
"""Why an appointment is not compared: nobody wrote down what became of it; it was called off or moved beforehand; it
was made too late to be announced again; nobody knows whether its reminder arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderEffect:
    """The appointments of a period that are compared, and what the comparison says.

    It is no trial: nobody drew lots for who is reminded. What is compared and what is not stands in its sentences.

    Attributes
    ----------
    start, end
        The first and the last day.
    visits
        The appointments that are compared (``workbench.domain.frames.VISIT_COLUMNS``).
    left_out
        How many are not, by reason (`LEFT_OUT`).
    called_off
        How many were called off beforehand, with a reminder and without: (count, number) each.
    made_before
        Days before which an appointment was made at the latest.
    """

    start: date
    end: date
    visits: pd.DataFrame = field(repr=False)
    left_out: Mapping[str, int]
    called_off: tuple[tuple[int, int], tuple[int, int]]
    made_before: int

    @property
    def reminded(self) -> Rate:
        """How often an appointment was missed that was announced again."""
        return wilson(*self._counted(self.visits[self.visits["reminded"]]))

    @property
    def not_reminded(self) -> Rate:
        """How often one was missed that was not."""
        return wilson(*self._counted(self.visits[~self.visits["reminded"]]))

    @property
    def difference(self) -> Difference:
        """The share missed with a reminder less the one without, whoever, whenever (Newcombe's interval)."""
        with_one, without = self.reminded, self.not_reminded
        return newcombe((with_one.count, with_one.number), (without.count, without.number))

    def matched(self, by: Sequence[str] = STRATA) -> Difference:
        """Return the same difference between appointments that have all of `by` in common, put together.

        Parameters
        ----------
        by
            Among ``weekday hour practitioner lead nature patient_id``; the first three by default. With ``patient_id``
            each patient is compared with himself. Appointments whose like was always reminded, or never, compare
            nothing and are left out.

        Raises
        ------
        UnknownName
            For anything else.
        """
        unknown = [name for name in by if name not in COMPARED]
        if unknown or not by:
            raise _unknown("".join(unknown[:1]), COMPARED)
        groups = self.visits.groupby([*by, "reminded"], observed=True, dropna=False)["missed"]
        counted: Any = groups.agg(["sum", "size"]).unstack("reminded", fill_value=0)
        both = pd.MultiIndex.from_product([["sum", "size"], [True, False]])
        counted = counted.reindex(columns=both, fill_value=0)
        numbers = [counted[column].tolist() for column in ((n, w) for w in (True, False) for n in ("sum", "size"))]
        return matched(zip(*numbers, strict=True))

    def rates(self, by: str = "") -> pd.DataFrame:
        """Return how often appointments were missed, with a reminder and without, and how sure that is.

        Parameters
        ----------
        by
            ``lead`` (days from making the appointment to the appointment) ``hour weekday practitioner nature``, or of
            the reminded alone ``notice`` (hours from the reminder to the appointment) and ``channel``; all together
            by default.

        Returns
        -------
        DataFrame
            Key: the column called as `by`, and ``reminded``. ``number`` of them, ``missed`` of these, ``rate`` with
            Wilson's 95 % interval ``low`` to ``high``, and ``few``: fewer than 30, too few to say anything.

        Raises
        ------
        UnknownName
            For another `by`.
        """
        found = [
            {**group, "reminded": reminded, "number": rate.number, "missed": rate.count, "rate": rate.share,
             "low": rate.low, "high": rate.high, "few": rate.few}
            for group, part in self._parts(by)
            for reminded, rate in (
                (some, wilson(*self._counted(part[part["reminded"] == some]))) for some in (True, False)
            )
            if rate.number or not by
        ]  # fmt: skip
        return self._told(found, by, ["reminded", "number", "missed", "rate", "low", "high", "few"])

    def differences(self, by: str) -> pd.DataFrame:
        """Return by how much more or less often appointments were missed with a reminder, group by group.

        Parameters
        ----------
        by
            ``lead hour weekday practitioner`` or ``nature``.

        Returns
        -------
        DataFrame
            Key: the column called as `by`. ``difference`` (with less without; below zero, fewer were missed) with
            Newcombe's 95 % interval ``low`` to ``high``; how many were ``reminded`` and ``not_reminded``; and ``few``.

        Raises
        ------
        UnknownName
            For another `by`.
        """
        if by in OF_THE_REMINDED or not by:
            raise _unknown(by, COMPARED[:-1])
        found = []
        for group, part in self._parts(by):
            one = newcombe(self._counted(part[part["reminded"]]), self._counted(part[~part["reminded"]]))
            found.append(
                {**group, "difference": one.value, "low": one.low, "high": one.high, "reminded": one.first,
                 "not_reminded": one.second, "few": one.few}
            )  # fmt: skip
        return self._told(found, by, ["difference", "low", "high", "reminded", "not_reminded", "few"])

    def _parts(self, by: str) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
        if by and by not in GROUPS:
            raise _unknown(by, GROUPS)
        if not by:
            yield {}, self.visits
            return
        visits = self.visits[self.visits["reminded"]] if by in OF_THE_REMINDED else self.visits
        for value, part in visits.groupby(by, observed=True):
            yield {by: value}, part

    def _told(self, found: list[dict[str, Any]], by: str, columns: list[str]) -> pd.DataFrame:
        frame = pd.DataFrame(found, columns=[*([by] if by else []), *columns])
        return frame.astype({by: self.visits[by].dtype}) if by else frame

    def _counted(self, visits: pd.DataFrame) -> tuple[int, int]:
        return int(visits["missed"].sum()), len(visits)


def _unknown(name: str, known: Sequence[str]) -> UnknownName:
    return UnknownName(
        _("Appointments are not told by « {name} »; they are by: {known}.").format(name=name, known=", ".join(known))
    )
