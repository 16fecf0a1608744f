"""Keep of an executed notebook only what cannot hold a patient: numbers under codes of ours, written anew.

No pattern is searched for in order to let an output pass. An output is kept when it is a `MailingSummary`: its
numbers and codes are read, everything else of it is thrown away, and its words are written again from them. Every
other output is dropped, and the copy says how many were. An error keeps the name of its class and, when it is one of
ours, its sentence without what it quotes. Last, the codes that would be kept are compared with the people of the run.
What the cells themselves say, the sources, is the author's: a name written into the code stays there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.domain.summaries import SUMMARY_MIME, MailingSummary
from workbench.jobs.error_sentences import sentence_of_error
from workbench.language import n_

if TYPE_CHECKING:
    import pandas as pd

_NOTEBOOK_KEYS = ("kernelspec", "language_info")
_CELL_KEYS = ("tags", "jupyter")
_WORD = re.compile(r"[^\W\d_]{3,}")
_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True, slots=True)
class People:
    """The recipients and patients of a run, only to recognise them in what would be kept."""

    names: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()

    @classmethod
    def of(cls, results: Iterable[pd.DataFrame], patients: pd.DataFrame | None = None) -> People:
        """Return the recipients of results frames that hold identities, and the patients of a frame of the store."""
        names: set[str] = set()
        addresses: set[str] = set()
        if patients is not None:
            for column in ("last_name", "first_name"):
                names.update(*map(_words, patients[column].dropna()))
        for frame in results:
            names.update(*map(_words, frame["recipient"].unique().tolist()))
            addresses.update(str(address).casefold() for address in frame["address"].unique().tolist() if address)
        return cls(frozenset(names), frozenset(addresses))

    def named_in(self, text: str) -> bool:
        """Tell whether a name (a word of it) or an address of theirs stands in a text, in capitals or not."""
        return not self.names.isdisjoint(_words(text)) or any(address in text.casefold() for address in self.addresses)


def stripped(notebook: Any, people: People, *, keep_output: bool = False) -> int:
    """Strip an executed notebook in place and return how many outputs were not kept.

    With `keep_output` the outputs stay as they are; the state of widgets goes all the same.
    """
    notebook.metadata = _chosen(notebook.metadata, _NOTEBOOK_KEYS)
    dropped = 0
    for cell in notebook.cells:
        cell.metadata = _chosen(cell.metadata, _CELL_KEYS)
        if cell.cell_type != "code":
            continue
        if keep_output:
            for output in cell.outputs:
                output.get("data", {}).pop(_WIDGET_VIEW, None)
            continue
        kept = [output for output in (_kept(output, people) for output in cell.outputs) if output is not None]
        gone = len(cell.outputs) - len(kept)
        dropped += gone
        cell.outputs = [*kept, _note(gone)] if gone else kept
    return dropped


def _kept(output: Any, people: People) -> Any | None:
    from nbformat.v4 import new_output

    if output.output_type == "error":
        told = sentence_of_error(output.ename, output.evalue)
        name, _colon, sentence = told.partition(": ")
        return new_output("error", ename=name, evalue=sentence, traceback=[told])
    if output.output_type not in {"display_data", "execute_result"}:
        return None
    summary = MailingSummary.read(output.data.get(SUMMARY_MIME))
    if summary is None or any(people.named_in(code) for code in summary.codes):
        return None
    more = {"execution_count": output.execution_count} if output.output_type == "execute_result" else {}
    return new_output(output.output_type, data=summary.bundle(), metadata={}, **more)


def _note(count: int) -> Any:
    from nbformat.v4 import new_output

    told = n_(
        "{count} output of this cell is not kept: it could hold patients' data.",
        "{count} outputs of this cell are not kept: they could hold patients' data.",
        count,
    ).format(count=count)
    return new_output("stream", name="stdout", text=f"{told}\n")


def _chosen(metadata: Any, names: Iterable[str]) -> Any:
    return type(metadata)({name: metadata[name] for name in names if metadata.get(name)})


def _words(text: object) -> list[str]:
    return _WORD.findall(str(text).casefold())
