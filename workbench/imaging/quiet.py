"""Keep what the readers of images warn of to ourselves: a warning is about a file that somebody else made."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

# Python's list of what is warned of belongs to the whole process: two threads that change it at once would leave it
# changed.
_alone = threading.Lock()


@contextmanager
def quietly(*refused: type[Warning]) -> Iterator[None]:
    """Warn of nothing meanwhile; what is `refused` is raised instead. One thread at a time."""
    with _alone, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for kind in refused:
            warnings.simplefilter("error", kind)
        yield
