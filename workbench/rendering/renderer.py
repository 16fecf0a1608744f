"""Merge the rows of one email type in a rendering process: ask ahead, fetch later, and know which row was too much.

Merging is pure: what a process that ended had not answered is merged again in another. The row at which it ends
twice is told as that row's trouble, with the author's line; the other rows go on.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TypeGuard

from workbench.domain.fields import Catalogue
from workbench.domain.messages import Rendered
from workbench.domain.templates import Template
from workbench.errors import RenderingFailed, TemplateRefused
from workbench.language import _, compiled_catalogue, language
from workbench.merging.bodies import Merged
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.render import PARTS, beyond_memory, part_name
from workbench.rendering.pool import RenderingPool, shared_pool
from workbench.rendering.process import OutOfTime, ProcessEnded, RenderingProcess
from workbench.rendering.wire import (
    ANSWERED,
    CATALOGUE,
    DONE,
    LINE,
    NOTED,
    OPEN,
    OPENED,
    ROWS,
    Answer,
    Garbled,
    Prepared,
    Shown,
    unpacked,
)

ROWS_AT_ONCE = 32
"""Rows of one question: few enough that the first answers come soon, enough that questions cost little."""

MOST_BLAMED_RUNNING = 3
"""Rows one after the other that may end the process; then the email type itself is given up."""

MOST_BLAMED = 30
"""Rows in all of which the same is true: each costs seconds."""

_MOST_ENDED_OUTSIDE = 5  # times without an answer in between: somebody does not want it to run
_PREPARING = 4.0  # times as long as one message may take; the processor's time is limited as for one
_SLOTS = 8  # email types that one process keeps ready


class GivenUp(TemplateRefused):
    """An email type at which the process ended too often; it is about all rows, not about the one asked for."""


@dataclass(slots=True, eq=False)
class Ticket:
    """Rows that were asked for, and the answers so far.

    Each row is its values in the order of `names`, or, without names, the text of a JSON object of them.
    """

    number: int
    names: Sequence[str]
    rows: Sequence[Sequence[object]] | Sequence[str]
    whole: frozenset[int]
    marked: bool
    careful: bool = False
    answers: list[Answer] = field(default_factory=list)


class Renderer:
    """Merges one email type, in a process of the pool.

    Parameters
    ----------
    template, catalogue, columns
        As for `merging.render.compile_template`, which accepted them.
    pool
        Where the processes come from; this program's own by default.
    """

    def __init__(
        self,
        template: Template,
        catalogue: Catalogue,
        *,
        columns: Iterable[str] | None = (),
        pool: RenderingPool | None = None,
    ) -> None:
        self.pool = pool or shared_pool()
        self._told = {
            "template": template.to_dict(),
            "columns": None if columns is None else [*columns],
            "fields": _told_fields(catalogue),
        }
        self.key = hashlib.sha256(json.dumps(self._told, sort_keys=True).encode()).hexdigest()
        self.blamed_running = 0
        self.blamed = 0
        self.pool.warm()

    @contextmanager
    def work(self, *, alone: bool = False) -> Iterator[Work]:
        """Have a process for oneself; what was asked for and not fetched is forgotten at the end.

        A row that is looked at `alone` says nothing of the others, however often it is too much.
        """
        work = Work(self, alone=alone)
        try:
            yield work
        finally:
            work.close()

    def render(self, values: Mapping[str, object]) -> Rendered:
        """Merge one row.

        Raises
        ------
        TemplateRefused
            When these values cannot be merged.
        RenderingFailed
            When no process can be had.
        """
        return self.merge(values)[1]

    def merge(self, values: Mapping[str, object]) -> tuple[Merged, Rendered]:
        """Merge one row as it leaves, and as text; raises as `render`."""
        with self.work(alone=True) as work:
            (answer,) = work.result(work.ask([*values], [[*values.values()]], whole=(0,)))
        if isinstance(answer, TemplateRefused):
            raise answer
        assert isinstance(answer, Merged)  # noqa: S101 - it was asked for
        assert answer.rendered is not None  # noqa: S101
        return answer, answer.rendered

    def render_marked(self, values: Mapping[str, object]) -> Rendered:
        """Merge one row with marks round the merged values, for the eye alone (`merging.marks`); raises as `render`."""
        with self.work(alone=True) as work:
            (answer,) = work.result(work.ask([*values], [[*values.values()]], marked=True))
        if isinstance(answer, TemplateRefused):
            raise answer
        assert isinstance(answer, Shown)  # noqa: S101 - it was asked for
        return answer.rendered

    def merge_all(
        self, names: Sequence[str], rows: Iterable[tuple[Sequence[object], bool]]
    ) -> Generator[Merged | TemplateRefused]:
        """Merge rows in their order, a little ahead of whoever fetches them; each says whether it is wanted as text."""
        coming = iter(rows)
        with self.work() as work:
            tickets: deque[Ticket] = deque()
            while True:
                while len(tickets) < 2 and (some := [*itertools.islice(coming, ROWS_AT_ONCE)]):
                    whole = [number for number, (_row, wanted) in enumerate(some) if wanted]
                    tickets.append(work.ask(names, [row for row, _wanted in some], whole=whole))
                if not tickets:
                    return
                for answer in work.result(tickets.popleft()):
                    assert not isinstance(answer, Shown)  # noqa: S101 - none was asked for
                    yield answer

    def question(self, slot: int) -> bytes:
        """Return what a process is told to prepare this email type."""
        return json.dumps({**self._told, "slot": slot, "language": language()}).encode()

    def given_up(self) -> GivenUp | None:
        """Return the refusal of all rows once too many of them ended the process."""
        if self.blamed_running < MOST_BLAMED_RUNNING and self.blamed < MOST_BLAMED:
            return None
        return GivenUp(
            _(
                "Merging this email type had to be broken off {count} times: it takes too long or too much memory. "
                "Nobody else is merged with it; make it simpler."
            ).format(count=self.blamed)
        )


class Work:
    """A process for oneself: rows are asked for, and fetched in the same order."""

    def __init__(self, renderer: Renderer, *, alone: bool = False) -> None:
        self._renderer = renderer
        self._alone = alone
        self._questions = 0
        self._process: RenderingProcess | None = None
        self._asked: deque[Ticket] = deque()
        self._noted: tuple[int, int] | None = None
        self._ended_outside = 0

    def ask(
        self,
        names: Sequence[str],
        rows: Sequence[Sequence[object]] | Sequence[str],
        *,
        whole: Iterable[int] = (),
        marked: bool = False,
    ) -> Ticket:
        """Ask for rows of values (see `Ticket`); `whole` are the places of those that are wanted as text, too.

        Returns at once, but for the time a process takes to begin. Raises `RenderingFailed` and `TemplateRefused`.
        """
        self._questions += 1
        ticket = Ticket(self._questions, names, rows, frozenset(whole), marked)
        self._asked.append(ticket)
        if self._renderer.given_up() is None:
            self._put(ticket)
        return ticket

    def result(self, ticket: Ticket) -> list[Answer]:
        """Return what became of the rows of a ticket, in their order."""
        while len(ticket.answers) < len(ticket.rows):
            given_up = self._renderer.given_up()
            if given_up is not None:
                self._drop()
                ticket.answers += [given_up] * (len(ticket.rows) - len(ticket.answers))
                break
            try:
                self._hear()
            except (ProcessEnded, OutOfTime, Garbled) as trouble:
                self._begin_again(trouble)
        if ticket in self._asked:
            self._asked.remove(ticket)
        return ticket.answers

    def close(self) -> None:
        """Give the process back; when it still owes answers, end it."""
        process, self._process = self._process, None
        if process is not None:
            if any(len(ticket.answers) < len(ticket.rows) for ticket in self._asked):
                process.kill()
            else:
                self._renderer.pool.take_back(process)
        self._asked.clear()

    # --- asking -----------------------------------------------------------------------------------------------

    def _put(self, ticket: Ticket) -> None:
        process = self._ready()
        begun = len(ticket.answers)
        asked = {
            "question": ticket.number,
            "place": begun,
            "slot": process.programs[self._renderer.key].slot,
            "language": language(),
            "names": ticket.names,
            "whole": [number - begun for number in ticket.whole if number >= begun],
            "marked": ticket.marked,
            "careful": ticket.careful,
        }
        rows = ticket.rows[begun:]
        asked["count"] = len(rows)
        if ticket.careful and _texts(rows) and not all(map(_is_object, rows)):
            raise RenderingFailed(_("The ledger holds values that cannot be read; nothing was merged."))
        # What the ledger keeps is passed on as it stands, unread.
        told = f"[{','.join(rows)}]" if _texts(rows) else json.dumps(rows, default=_plain)
        process.put(ROWS, f'{json.dumps(asked)[:-1]}, "rows": {told}}}'.encode())

    def _ready(self) -> RenderingProcess:
        """Return the process, which knows this email type and the language in use."""
        attempts = 0
        while True:
            if self._process is None:
                self._process = self._renderer.pool.lend(self._renderer.key)
            try:
                self._prepare(self._process)
            except (ProcessEnded, OutOfTime, Garbled) as trouble:
                begun = self._process.begun
                self._drop()
                attempts += 1
                if begun and not (isinstance(trouble, ProcessEnded) and trouble.outside):
                    raise TemplateRefused(
                        _("This email type takes too long, or too much memory, to prepare; make it simpler.")
                    ) from trouble
                if attempts > 2:
                    raise RenderingFailed(
                        _("The process that merges the messages ended before it began; nothing was merged.")
                    ) from trouble
            else:
                return self._process

    def _prepare(self, process: RenderingProcess) -> None:
        spoken, key = language(), self._renderer.key
        if spoken not in process.languages:
            process.put(CATALOGUE, spoken.encode("ascii") + b"\0" + compiled_catalogue(spoken))
            process.languages.add(spoken)
        if key in process.programs:
            return
        slot = len(process.programs)
        if slot >= _SLOTS:
            slot = process.programs.pop(next(iter(process.programs))).slot
        process.put(OPEN, self._renderer.question(slot))
        kind, payload = process.frame(patience=_PREPARING)
        if kind != OPENED:
            raise Garbled("an answer to another question")
        process.programs[key] = Prepared.told(slot, payload)

    # --- hearing ----------------------------------------------------------------------------------------------

    def _hear(self) -> None:
        process = self._process
        if process is None:  # it was given up by whoever went on after a trouble
            raise ProcessEnded(None, outside=True)
        kind, payload = process.frame()
        if kind == LINE and len(payload) == NOTED.size:
            self._noted = NOTED.unpack(payload)
            return
        ticket = next((one for one in self._asked if len(one.answers) < len(one.rows)), None)
        if kind != DONE or ticket is None or len(payload) < ANSWERED.size:
            raise Garbled("an answer to no question")
        if ANSWERED.unpack_from(payload) != (ticket.number, len(ticket.answers)):
            raise Garbled("an answer to another question")  # nobody gets what was merged for somebody else (P5)
        answers = [*unpacked(payload[ANSWERED.size :], process.programs[self._renderer.key], marked=ticket.marked)]
        if not answers or len(ticket.answers) + len(answers) > len(ticket.rows):
            raise Garbled("more answers than questions")
        ticket.answers += answers
        self._noted = None
        self._ended_outside = 0
        if not self._alone:
            self._renderer.blamed_running = 0

    def _begin_again(self, trouble: ProcessEnded | OutOfTime | Garbled) -> None:
        """Blame the row that was merged when the process ended, if it is known, and ask for the rest anew."""
        self._drop()
        open_tickets = [one for one in self._asked if len(one.answers) < len(one.rows)]
        suspect = open_tickets[0]
        if isinstance(trouble, ProcessEnded) and trouble.outside:
            self._ended_outside += 1
            if self._ended_outside >= _MOST_ENDED_OUTSIDE:
                raise RenderingFailed(
                    _("The process that merges the messages was ended {count} times by something else.").format(
                        count=self._ended_outside
                    )
                )
        elif suspect.careful:
            # Row by row by now: the first without an answer is the one.
            suspect.answers.append(self._blame(trouble))
            if not self._alone:
                self._renderer.blamed += 1
                self._renderer.blamed_running += 1
        else:
            suspect.careful = True
        self._noted = None
        if self._renderer.given_up() is None:
            for ticket in self._asked:
                if len(ticket.answers) < len(ticket.rows):
                    self._put(ticket)

    def _blame(self, trouble: ProcessEnded | OutOfTime | Garbled) -> TemplateRefused:
        """Return the refusal of a row at which the process ended, with the line that was noted last."""
        if isinstance(trouble, Garbled):
            return TemplateRefused(_("What was merged for this message cannot be a message."))
        slow = isinstance(trouble, OutOfTime) or trouble.out_of_time
        if self._noted is None:
            return TemplateRefused(
                _("Merging this message takes too long.")
                if slow
                else _("Merging this message takes more memory than one message may.")
            )
        part, line = self._noted
        if slow:
            detail = _("this takes too long to merge")
            sentence = _("Line {line}: this cannot be merged: {detail}").format(line=line, detail=detail)
        else:
            sentence = beyond_memory(line)
        return TemplateRefused(part_name(part % len(PARTS)) + sentence, line=line)

    def _drop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()


def _told_fields(catalogue: Catalogue) -> dict[str, object] | None:
    """Return what a process is told of the fields: those alone that it does not know by itself."""
    builtin = builtin_catalogue()
    if catalogue is builtin:
        return None
    own = [field for code, field in catalogue.items() if builtin.get(code) is not field]
    whole = len(catalogue) - len(own) == len(builtin)
    told = own if whole else [*catalogue.values()]
    # Which of its texts a field says was chosen before: the process compiles, and gets values.
    return {"builtin": whole, "own": [{**asdict(one), "texts": ()} for one in told]}


def _texts(rows: Sequence[Sequence[object]] | Sequence[str]) -> TypeGuard[Sequence[str]]:
    return bool(rows) and isinstance(rows[0], str)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _plain(value: object) -> object:
    """Return what a value that JSON does not know is shown as: a number of pandas, a day, an amount."""
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)
