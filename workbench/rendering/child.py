"""The rendering process, ``python -I -m workbench.rendering.child``: it answers until its standard input ends.

It knows no database, no account and no addressee: an email type, values, and the bodies of messages. Once its limits
are set it can open nothing, write no file and begin no process; what it loads, it has loaded before.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import textwrap
import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import jinja2.debug

from workbench.domain.fields import Catalogue, DataClass, Field
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.language import _, give_catalogue, use_language
from workbench.merging.bodies import unusual_subject
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.render import CompiledTemplate, beyond_memory, compile_template, too_large
from workbench.rendering.limits import allow_seconds, close_in
from workbench.rendering.wire import (
    ANSWERED,
    CATALOGUE,
    DONE,
    FLUSHED_AT,
    HEAD,
    LARGEST_OUTPUT,
    LINE,
    NOTED,
    OPEN,
    OPENED,
    READY,
    ROWS,
    SECONDS_A_MESSAGE,
    Answer,
    Prepared,
    Shown,
    packed,
    packed_pieces,
)

IDLE = 600.0
"""Seconds without work after which the process ends by itself; the next one asked for is another."""

LOADED = (jinja2.debug, textwrap)
"""What Jinja2 would load when it is first needed: an error to explain, a filter. Nothing can be loaded then."""

_EVERY = 0.25  # seconds after which what is merged is given, and the practice known to be there still


class Server:
    """Answers what comes in at `inlet` on `outlet`."""

    def __init__(self, inlet: int, outlet: int) -> None:
        self._inlet = inlet
        self._outlet = outlet
        self._parent = os.getppid()
        self._programs: dict[int, tuple[CompiledTemplate, Prepared]] = {}

    def serve(self) -> None:
        """Say that all is ready, and answer until there is nothing more to read."""
        self._give(READY)
        while (asked := self._asked()) is not None:
            kind, payload = asked
            allow_seconds(SECONDS_A_MESSAGE)
            if kind == CATALOGUE:
                name, _nul, compiled = payload.partition(b"\0")
                give_catalogue(name.decode("ascii"), compiled)
            elif kind == OPEN:
                self._open(json.loads(payload))
            elif kind == ROWS:
                self._rows(json.loads(payload))

    # --- what is asked ------------------------------------------------------------------------------------

    def _open(self, asked: Mapping[str, Any]) -> None:
        use_language(asked["language"])
        catalogue = _catalogue(asked["fields"])
        template = Template.from_dict(asked["template"])
        told: dict[str, object] = {}
        try:
            program = compile_template(template, catalogue, columns=asked["columns"])
        except TemplateRefused as refused:
            told = {"refused": refused.sentence, "line": refused.line}
        except Exception as error:
            told = {"refused": _unforeseen(error), "line": None}
        else:
            prepared = Prepared(asked["slot"])
            if program.by_lines is not None:
                prepared = Prepared(asked["slot"], *(program.by_lines[part].still for part in ("text", "html")))
                told = {part: [still.decode("ascii") for still in getattr(prepared, part)] for part in ("text", "html")}
            self._programs[asked["slot"]] = (program, prepared)
        self._give(OPENED, json.dumps(told).encode())

    def _rows(self, asked: Mapping[str, Any]) -> None:
        use_language(asked["language"])
        program, prepared = self._programs[asked["slot"]]
        names: Sequence[str] = asked["names"]
        whole = frozenset(asked["whole"])
        careful, marked = asked["careful"], asked["marked"]
        question, place = asked["question"], asked["place"]
        if len(asked["rows"]) != asked["count"]:
            raise ValueError("rows that are not one value each")  # none of them is merged for another's row (P5)
        ready: list[bytes] = []
        size = 0
        given = time.monotonic()
        for number, row in enumerate(asked["rows"]):
            values = row if isinstance(row, dict) else dict(zip(names, row, strict=True))
            if careful:
                program.trace(values, self._note)
            answer = _answered(program, prepared, values, whole=number in whole, marked=marked)
            ready.append(answer)
            size += len(answer)
            now = time.monotonic()
            if careful or size > FLUSHED_AT or now - given > _EVERY:
                self._give(DONE, ANSWERED.pack(question, place), *ready)
                place += len(ready)
                ready, size, given = [], 0, now
                if os.getppid() != self._parent:
                    raise SystemExit
                allow_seconds(SECONDS_A_MESSAGE)
        if ready:
            self._give(DONE, ANSWERED.pack(question, place), *ready)

    def _note(self, part: int, line: int) -> None:
        self._give(LINE, NOTED.pack(part, line))

    # --- bytes in and out -----------------------------------------------------------------------------------

    def _asked(self) -> tuple[int, bytes] | None:
        if sys.platform != "win32" and not select.select([self._inlet], [], [], IDLE)[0]:
            return None
        head = self._read(HEAD.size)
        if head is None:
            return None
        size, kind = HEAD.unpack(head)
        payload = self._read(size)
        return None if payload is None else (kind, payload)

    def _read(self, size: int) -> bytes | None:
        pieces = []
        while size:
            piece = os.read(self._inlet, min(size, 1 << 20))
            if not piece:
                return None
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _give(self, kind: int, *pieces: bytes) -> None:
        rest = memoryview(b"".join((HEAD.pack(sum(map(len, pieces)), kind), *pieces)))
        while rest:
            rest = rest[os.write(self._outlet, rest) :]


def _answered(
    program: CompiledTemplate, prepared: Prepared, values: Mapping[str, object], *, whole: bool, marked: bool
) -> bytes:
    try:
        if not whole and not marked:
            own = program.in_pieces(values)
            if own is not None and not unusual_subject(own[0]):
                answer = packed_pieces(*own, prepared)
                if answer is not None:
                    return answer
        return packed(_merged(program, values, whole=whole, marked=marked))
    except TemplateRefused as refused:
        return packed(refused)
    except MemoryError:
        return packed(TemplateRefused(beyond_memory(1), line=1))
    except Exception as error:
        # Only the kind of error is named: its text could hold a patient's data (P12).
        return packed(TemplateRefused(_unforeseen(error)))


def _merged(program: CompiledTemplate, values: Mapping[str, object], *, whole: bool, marked: bool) -> Answer:
    if marked:
        return Shown(program.render_marked(values))
    merged = program.encoded(values, whole=whole)
    if merged.rendered is None and unusual_subject(merged.subject):
        merged = program.encoded(values, whole=True)
    size = len(merged.text.encoded) + len(merged.html.encoded)
    return merged if size <= LARGEST_OUTPUT else TemplateRefused(too_large(size, LARGEST_OUTPUT))


def _unforeseen(error: Exception) -> str:
    return _("This email type cannot be merged ({error}).").format(error=type(error).__name__)


def _catalogue(told: Mapping[str, Any] | None) -> Catalogue:
    builtin = builtin_catalogue()
    if told is None:
        return builtin
    return Catalogue([*(builtin.values() if told["builtin"] else ()), *map(_field, told["own"])])


def _field(told: Mapping[str, Any]) -> Field:
    lists = {name: tuple(told[name]) for name in ("source", "aliases", "texts")}
    return Field(**{**told, **lists, "data_class": DataClass(told["data_class"])})


def main() -> None:
    """Set the limits and answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever began this process is interrupted, and ends it
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    use_language("en")  # until somebody asks: the sentences of another come with the question
    outlet = os.dup(1)
    os.dup2(2, 1)  # nothing that prints can be taken for an answer
    warnings.simplefilter("ignore")  # telling them would load more, for nobody
    _make_ready()
    close_in(outlet + 1)
    Server(0, outlet).serve()


def _make_ready() -> None:
    """Merge a little of everything, so that all it takes is loaded."""
    builtin_catalogue()
    loop = "{% for n in range(2) %}{{ n }}{% endfor %}"
    html = f"<style>p {{color: red}}</style><p>{{{{ nom|upper ~ '\\n' }}}}{loop}{{{{ rows[0] }}}}</p>"
    program = compile_template(
        Template(label="x", subject="x", html=html), builtin_catalogue(), columns=("nom", "rows")
    )
    for values in ({"nom": "é\n", "rows": [1]}, {"nom": "x", "rows": []}):
        try:
            program.encoded(values, whole=True)
            program.render_marked(values)
        except TemplateRefused:
            continue


if __name__ == "__main__":
    main()
