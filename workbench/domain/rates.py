"""How often something happens, and how sure one may be of it: intervals for shares, and for differences of shares.

The formulas are those of the literature; none needs more than arithmetic.

* `wilson`: the score interval of one share. E. B. Wilson, JASA 22 (1927) 209-212; recommended by R. G. Newcombe,
  Statistics in Medicine 17 (1998) 857-872, method 3.
* `newcombe`: the difference of two independent shares, from their score intervals. R. G. Newcombe, Statistics in
  Medicine 17 (1998) 873-890, method 10.
* `matched`: the difference within strata put together with the weights of Mantel and Haenszel, its variance after
  T. Sato, S. Greenland and J. M. Robins, Biometrics 45 (1989) 1323-1324, which holds for few large strata as for many
  small ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

CONFIDENCE = 0.95
FEW = 30
"""Below so many in one of two groups, a share says next to nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of `number`, with the interval that its true value lies in, as far as chance goes."""

    count: int
    number: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share itself; nothing of nothing is not a number."""
        return self.count / self.number if self.number else float("nan")

    @property
    def few(self) -> bool:
        """Whether they are too few to say anything."""
        return self.number < FEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The difference of two shares, the first less the second, with its interval.

    `strata` of them were compared, with `first` and `second` cases in the two groups.
    """

    value: float
    low: float
    high: float
    strata: int
    first: int
    second: int

    @property
    def few(self) -> bool:
        """Whether one of the groups is too small to say anything."""
        return min(self.first, self.second) < FEW

    @property
    def shown(self) -> bool:
        """Whether the interval leaves zero out: chance alone would seldom do that."""
        return self.low > 0 or self.high < 0


def wilson(count: int, number: int, *, confidence: float = CONFIDENCE) -> Rate:
    """Return the share of `count` among `number` with Wilson's score interval; of none, it may be anything."""
    if not 0 <= count <= number:
        raise ValueError("a count lies between nothing and the number")
    if not number:
        return Rate(count=0, number=0, low=0.0, high=1.0)
    z = _quantile(confidence)
    middle, spread = count + z * z / 2, z * sqrt(z * z / 4 + count * (number - count) / number)
    below, above = (middle - spread) / (number + z * z), (middle + spread) / (number + z * z)
    # At the ends the interval touches them exactly; arithmetic would miss by a hair.
    return Rate(
        count=count,
        number=number,
        low=0.0 if count == 0 else max(0.0, below),
        high=1.0 if count == number else min(1.0, above),
    )


def newcombe(first: tuple[int, int], second: tuple[int, int], *, confidence: float = CONFIDENCE) -> Difference:
    """Return the difference of two shares, each a (count, number), with Newcombe's interval."""
    one, other = wilson(*first, confidence=confidence), wilson(*second, confidence=confidence)
    if not one.number or not other.number:
        return Difference(value=float("nan"), low=-1.0, high=1.0, strata=1, first=one.number, second=other.number)
    value = one.share - other.share
    return Difference(
        value=value,
        low=value - sqrt((one.share - one.low) ** 2 + (other.high - other.share) ** 2),
        high=value + sqrt((one.high - one.share) ** 2 + (other.share - other.low) ** 2),
        strata=1,
        first=one.number,
        second=other.number,
    )


def matched(strata: Iterable[tuple[int, int, int, int]], *, confidence: float = CONFIDENCE) -> Difference:
    """Return the difference of two shares within strata, put together.

    Parameters
    ----------
    strata
        Of each: count and number of the first group, count and number of the second. A stratum that lacks one of the
        groups compares nothing, and is left out.
    """
    weights = weighted = p = q = 0.0
    compared = first = second = 0
    for one, ones, other, others in strata:
        if not ones or not others:
            continue
        both = ones + others
        weights += ones * others / both
        weighted += (one * others - other * ones) / both
        p += (ones * ones * other - others * others * one + ones * others * (others - ones) / 2) / both**2
        q += (one * (others - other) + other * (ones - one)) / (2 * both)
        compared, first, second = compared + 1, first + ones, second + others
    if not compared:
        return Difference(value=float("nan"), low=-1.0, high=1.0, strata=0, first=0, second=0)
    value = weighted / weights
    spread = _quantile(confidence) * sqrt(max(0.0, value * p + q)) / weights
    return Difference(
        value=value,
        low=max(-1.0, value - spread),
        high=min(1.0, value + spread),
        strata=compared,
        first=first,
        second=second,
    )


def _quantile(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)
