"""The files that the rows of the sample practice name: its images, drawn once, and its documents, dated anew."""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import date

from workbench.patients.sample.album import sample_images
from workbench.patients.sample.days import SampleDays
from workbench.patients.sample.documents import sample_documents


def sample_files(today: date, *, standing: Container[str] = ()) -> Iterator[tuple[str, bytes]]:
    """Make the files of the sample as of `today`: the path in the workspace, and the bytes.

    An image that is `standing` there already is left out: it never changes. Documents tell of their day.
    """
    days = SampleDays(today)
    for image in sample_images(days):
        if image.path not in standing:
            yield image.path, image.draw()
    yield from sample_documents(days)
