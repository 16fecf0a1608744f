"""Tell which headings of a file were not taken: what nobody reads is not lost without a word."""

from __future__ import annotations

from collections import Counter

from workbench.language import _, n_
from workbench.patients.imports.batch import ImportBatch
from workbench.patients.imports.mapping import may_mean
from workbench.patients.words import plain


def tell_headings(batch: ImportBatch) -> None:
    """Name the headings that no column of ours was found for, and those that come more than once.

    One that the mapping leaves out on purpose is not named.
    """
    taken = set(batch.places.values())
    left_out = [ours for ours, theirs in batch.mapping.columns.items() if not theirs]
    headings = batch.table.headings
    several = Counter(plain(heading) for heading in headings if heading)
    first = {plain(heading): heading for heading in reversed(headings)}
    dropped = {plain(heading) for place, heading in enumerate(headings) if heading and place not in taken}
    unknown = [
        first[one]
        for one in dict.fromkeys(plain(heading) for heading in headings)
        if one in dropped and several[one] == 1 and not any(may_mean(batch.kind, one, ours) for ours in left_out)
    ]
    if unknown:
        sentence = n_(
            "This column of the file was not taken: {headings}. A mapping says what it is.",
            "These columns of the file were not taken: {headings}. A mapping says what they are.",
            len(unknown),
        )
        batch.find(None, "", "unknown_headings", sentence.format(headings=", ".join(unknown)))
    for one, count in several.items():
        if count > 1 and one in dropped:
            sentence = _(
                "This heading comes {count} times, and not all of its columns were taken: give each one a name of its "
                "own."
            )
            batch.find(None, first[one], "repeated_heading", sentence.format(count=count))
