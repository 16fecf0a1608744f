"""What the rendering process gives is what this process would, and its troubles are told of the right row."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.beside import next_line
from tests.fakes import MemoryOutbox
from tests.rendering.conftest import renderer
from workbench.domain.accounts import Account
from workbench.domain.custom_fields import CustomKind, new_grid, placed
from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.fields import Catalogue
from workbench.domain.messages import Address, Rendered
from workbench.domain.templates import Template
from workbench.errors import RenderingFailed, SenderFailed, TemplateRefused
from workbench.language import use_language
from workbench.merging.bodies import encoded_body
from workbench.merging.catalogue import builtin_catalogue
from workbench.merging.render import CompiledTemplate, compile_template
from workbench.merging.template_file import template_from_file
from workbench.ports import Claimed
from workbench.practice.letters import LetterPress, Postman
from workbench.rendering.pipes import ThreadedPipes
from workbench.rendering.pool import RenderingPool
from workbench.rendering.process import RenderingProcess
from workbench.rendering.renderer import Renderer
from workbench.rendering.wire import Garbled, Prepared
from workbench.sending.sender import send_pending
from workbench.transports.memory import MemoryTransport

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "sample_data" / "templates").rglob("*.html"))
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

# --- the same messages --------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_every_sample_is_merged_and_marked_as_in_this_process(warm: RenderingPool, file: Path) -> None:
    template = template_from_file(file.read_text(encoding="utf-8"), name=file.stem)
    compiled = compile_template(template, builtin_catalogue())
    render = Renderer(template, builtin_catalogue(), pool=warm)
    examples = {field.code: field.example for field in builtin_catalogue().values() if field.code in compiled.codes}
    for values in (examples, dict.fromkeys(compiled.codes), {**examples, **dict.fromkeys([*examples][:2])}):
        merged, rendered = render.merge(values)
        assert rendered == compiled.render(values)
        assert render.render_marked(values) == compiled.render_marked(values)
        assert merged == compiled.encoded(values, whole=True)
        (bare,) = render.merge_all([*values], [([*values.values()], False)])
        assert (bare.subject, bare.text, bare.html) == (merged.subject, merged.text, merged.html)  # type: ignore[union-attr]


LINES = "<p>{{ a }}</p>\n\nBonjour {{ b }} {{ a }},\n{{ b }}\n à bientôt \n{{ a }}"
SHAPES = [
    LINES,
    "{{ a }}",
    "{{ a }}\n",
    "x\n{{ a }}{{ b }}\n\n",
    "\n{{ b }}",
    "<td title='{{ a }}'>\n{{ b }}</td>\n.\n",
]


@cache
def compiled_shape(shape: str) -> CompiledTemplate:
    return compile_template(Template(label="x", subject="x", html=shape, text=shape), builtin_catalogue(), columns="ab")


ANYTHING = st.text(st.sampled_from("aé =.\n\r<&\t…語\x00") | st.characters(), max_size=40)


@settings(max_examples=150, deadline=None)
@given(shape=st.sampled_from(SHAPES), first=ANYTHING, second=st.none() | ANYTHING)
def test_pieces_make_the_very_bytes_of_the_whole(shape: str, first: str, second: str | None) -> None:
    program = compiled_shape(shape)
    assert program.by_lines is not None
    values = {"a": first, "b": second}
    rendered = program.render(values)
    made = program.in_pieces(values)
    if made is None:
        return
    subject, text, html = made
    assert subject == rendered.subject
    prepared = Prepared(0, program.by_lines["text"].still, program.by_lines["html"].still)
    bodies = prepared.bodies(b"\0".join([*text, *html]))
    assert bodies == (encoded_body(rendered.text).encoded, encoded_body(rendered.html).encoded)


@pytest.mark.parametrize("own", [b"", b"a\r\n", b"a\r\n\0b\r\n\0c\r\n\0", b"a\0b\r\n\0c\r\n", b"a\r\n\0b\r\n\0\0c\r\n"])
def test_pieces_of_another_message_are_refused(own: bytes) -> None:
    prepared = Prepared(0, [b"one\r\n", b"two\r\n"], [b"", b"three\r\n", b"four\r\n"])
    assert prepared.bodies(b"a\r\n\0\0c\r\n") == (b"one\r\na\r\ntwo\r\n", b"three\r\nc\r\nfour\r\n")
    with pytest.raises(Garbled):
        prepared.bodies(own)


def test_ordinary_values_are_merged_in_pieces() -> None:
    assert compiled_shape(LINES).in_pieces({"a": "Zoé\nMartin", "b": "<b>"}) is not None


def test_a_refusal_comes_in_the_readers_language_with_its_line(warm: RenderingPool) -> None:
    divides = renderer("<p>\n{{ nom // zero }}</p>", warm, columns=("nom", "zero"))
    for language, said in (("en", "cannot be computed"), ("fr", "ne peut pas être calculé"), ("en", "cannot be")):
        use_language(language)
        with pytest.raises(TemplateRefused, match=said) as refused:
            divides.render({"nom": 1, "zero": 0})
        assert refused.value.line == 2


def test_a_practices_own_fields_are_known_to_the_process(warm: RenderingPool) -> None:
    own = Catalogue(list(builtin_catalogue().values())[:3])
    code = next(iter(own))
    template = Template(label="x", subject="x", html=f"<p>@{code} @RDVDATE</p>")
    shown = Renderer(template, own, pool=warm).render({code: "Zoé"})
    assert shown.text == "Zoé @RDVDATE\n"


def test_they_are_told_beside_the_workbench_s_and_their_texts_stay_here(warm: RenderingPool) -> None:
    born = {"girl": "née", "woman": "née", "boy": "né", "man": "né", "neutral": "né(e)"}
    grid = placed(new_grid(CustomKind.PATIENT, born, names=["NAISSANCE"]), code="", known=[], builtin=())
    catalogue = Catalogue([*builtin_catalogue().values(), grid.in_catalogue()])
    template = Template(label="x", subject="@PART_01", html="<p>@PNOM {{ NAISSANCE|upper }}</p>")
    render = Renderer(template, catalogue, pool=warm)
    assert render.render({"PNOM": "Martin", "PART_01": "née"}).text == "Martin NÉE\n"
    told = render.question(0).decode()
    assert "PART_01" in told
    assert json.loads(told)["fields"]["own"][0]["texts"] == []
    assert len(told) < 2_000, "the fields that the process knows by itself are not told again"


SOURCES = [
    "nom|upper", "nom|wordwrap(4)", "nom|title", "nom|join('-')", "nom|urlencode", "nom|striptags", "nom|int",
    "nom|sort|join", "nom|first", "nom|round", "nom|nosuch", "nom.nosuch", "nom[99]", "(nom", "nom is 1 is 2",
    "'\\N{BULLET}' ~ nom", "nom|replace('Z', 'z')", "nom|tojson", "nom|pprint",
]  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_is_needed_that_the_process_cannot_load(warm: RenderingPool, source: str) -> None:
    def told(render: Callable[[], Rendered]) -> object:
        try:
            return render()
        except TemplateRefused as refused:
            return refused.sentence

    html, values = f"<p>{{{{ {source} }}}}</p>", {"nom": "Zoé à 8 h"}
    template = Template(label="x", subject="x", html=html)
    here = told(lambda: compile_template(template, builtin_catalogue(), columns=values).render(values))
    assert told(lambda: Renderer(template, builtin_catalogue(), columns=values, pool=warm).render(values)) == here


# --- its troubles ---------------------------------------------------------------------------------------------


def saying(program: str, *, seconds: float = 1.0) -> RenderingPool:
    """A pool whose processes are a few lines of Python that pretend to render."""
    head = "import os, struct, sys, time, json\nout = lambda k, b: os.write(1, struct.pack('!IB', len(b), k) + b)\n"
    return RenderingPool((sys.executable, "-I", "-c", head + textwrap.dedent(program)), seconds=seconds)


BODY = b"<p>x</p>\\r\\n"
BAD_BODIES = {
    "a bare line feed": b"x\\n.\\ny\\r\\n",
    "a bare carriage return": b"x\\ry\\r\\n",
    "not ASCII": b"\\xe9\\r\\n",
    "no end": b"x",
    "a long line": b"x" * 999 + b"\\r\\n",
    "a boundary": b"--=_token_a--\\r\\n",
    "a null": b"\\x00\\r\\n",
}


def _literal(data: bytes) -> str:
    return repr(data).replace("\\\\", "\\")


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_body_that_could_be_more_than_a_body_never_leaves(name: str) -> None:
    body = _literal(BAD_BODIES[name])
    pool = saying(f"""
        out(1, b'')
        out(2, b'{{}}')
        head = struct.pack('!BiIIIII', 0, -1, 1, 3, len({body}), 0, 0)
        out(3, struct.pack('!II', 1, 0) + head + b's' + b'x\\r\\n' + {body})
        sys.stdin.read()
    """)
    try:
        with pytest.raises(TemplateRefused, match="cannot be a message"):
            renderer("<p>{{ nom }}</p>", pool).render({"nom": "x"})
    finally:
        pool.close()


@pytest.mark.parametrize(
    "said",
    [
        "os.write(1, b'garbage that is no frame at all')",
        "out(3, b'half')",
        "os.write(1, struct.pack('!IB', 100, 3) + b'half a frame'); sys.exit()",
        "os.write(1, struct.pack('!IB', 1 << 31, 3))",
        "out(9, b'')",
        "out(3, b'')",
        "time.sleep(60)",
        "os.abort()",
    ],
)
def test_whatever_the_process_says_instead_of_an_answer_is_that_rows_trouble(said: str) -> None:
    pool = saying(f"out(1, b''); out(2, b'{{}}')\n{said}\nsys.stdin.read()", seconds=0.4)
    try:
        began = time.monotonic()
        with pytest.raises(TemplateRefused):
            renderer("<p>{{ nom }}</p>", pool).render({"nom": "x"})
        assert time.monotonic() - began < 10
    finally:
        pool.close()


@pytest.mark.parametrize(("said", "taken"), [("1, 0", True), ("2, 0", False), ("1, 1", False), ("0, 0", False)])
def test_an_answer_to_another_question_is_never_taken_for_this_ones(said: str, taken: bool) -> None:
    pool = saying(f"""
        out(1, b'')
        out(2, b'{{}}')
        body = b'somebody else\\r\\n'
        head = struct.pack('!BiIIIII', 0, -1, 1, len(body), len(body), 0, 0)
        out(3, struct.pack('!II', {said}) + head + b's' + body + body)
        sys.stdin.read()
    """)
    try:
        (answer,) = renderer("<p>{{ nom }}</p>", pool).merge_all(["nom"], [(["x"], False)])
        assert isinstance(answer, TemplateRefused) is not taken
    finally:
        pool.close()


def test_what_was_not_put_to_the_process_does_not_get_the_next_ones_answer(warm: RenderingPool) -> None:
    render = renderer("<p>{{ nom }}</p>", warm)
    with render.work() as work:
        render.blamed_running = 3  # as far as whoever merges elsewhere got just now
        first = work.ask(["nom"], [["Ada"]])
        render.blamed_running = 0
        second = work.ask(["nom"], [["Bob"]])
        for ticket, name in ((first, b"Ada"), (second, b"Bob")):
            (answer,) = work.result(ticket)
            assert name in answer.text.encoded  # type: ignore[union-attr]


@pytest.mark.parametrize("broken", ['{"nom": "Bob"}, {"nom": "Cleo"}', '{"nom": "Bo', ""])
def test_a_row_that_the_ledger_does_not_hold_whole_gives_nobody_what_is_anothers(
    warm: RenderingPool, broken: str
) -> None:
    texts = ['{"nom": "Ada"}', broken, '{"nom": "Dora"}']
    with renderer("<p>{{ nom }}</p>", warm).work() as work, pytest.raises(RenderingFailed):
        work.result(work.ask((), texts))


def test_looking_at_one_row_that_is_too_much_again_and_again_spoils_nobody_elses(unbounded: RenderingPool) -> None:
    render = renderer("<p>{% if nom == 'x' %}{{ 'A' * 10 ** 9 }}{% endif %}{{ nom }}</p>", unbounded)
    for _look in range(2):
        with pytest.raises(TemplateRefused, match=r"memory|mémoire"):
            render.render({"nom": "x"})
        with pytest.raises(TemplateRefused, match=r"memory|mémoire"):
            render.render_marked({"nom": "x"})
    (answer,) = render.merge_all(["nom"], [(["Ada"], False)])
    assert b"Ada" in answer.text.encoded  # type: ignore[union-attr]


def test_a_process_that_cannot_begin_fails_nobody() -> None:
    pool = saying("sys.exit(1)")
    with pytest.raises(RenderingFailed):
        renderer("<p>{{ nom }}</p>", pool).render({"nom": "x"})
    absent = RenderingPool(("/nonexistent/python",))
    with pytest.raises(RenderingFailed):
        renderer("<p>{{ nom }}</p>", absent).render({"nom": "x"})


def test_a_process_that_stands_still_is_replaced(pool: RenderingPool) -> None:
    render = renderer("<p>{{ nom }}</p>", pool)
    render.render({"nom": "x"})
    process = pool.lend(render.key)
    pool.take_back(process)
    os.kill(process.pid, signal.SIGSTOP)
    assert render.render({"nom": "y"}).text == "y\n"


def test_an_interrupt_of_the_whole_group_ends_no_process(pool: RenderingPool) -> None:
    render = renderer("<p>{{ nom }}</p>", pool)
    for number in range(3):
        process = pool.lend(render.key)
        os.kill(process.pid, signal.SIGINT)  # the first one while it is still loading
        pool.take_back(process)
        assert render.render({"nom": str(number)}).text == f"{number}\n"
        assert pool.lend(render.key) is process
        pool.take_back(process)


class Threaded(RenderingPool):
    """A pool as on a system whose pipes cannot be asked what is ready, and which has no limits."""

    def _begun(self) -> RenderingProcess:
        return RenderingProcess(self._command, seconds=20.0, pipes=ThreadedPipes)


def test_pipes_with_threads_carry_a_long_list_too() -> None:
    pool = Threaded()
    render = renderer("<p>{{ nom }}</p>" + "<p>x</p>\n" * 500, pool)
    answers = [*render.merge_all(("nom",), (([f"n{number}"], True) for number in range(400)))]
    assert [answer.rendered.text.split("\n")[0] for answer in answers] == [f"n{number}" for number in range(400)]  # type: ignore[union-attr]
    process = pool.lend(render.key)
    process.kill()
    pool.close()
    until = time.monotonic() + 5
    while any(thread.name == "workbench-rendering" for thread in threading.enumerate()):
        assert time.monotonic() < until, "a thread goes on"
        time.sleep(0.01)


def test_a_process_without_limits_is_ended_for_its_memory_and_its_row_is_told() -> None:
    eats = "out(1, b''); out(2, b'{}')\nheld = b'x' * (600 << 20)\ntime.sleep(60)"
    pool = saying(eats)
    spoilt = Threaded(pool._command)
    try:
        with pytest.raises(TemplateRefused, match="memory"):
            renderer("<p>{{ nom }}</p>", spoilt).render({"nom": "x"})
    finally:
        spoilt.close()


# --- a mailing --------------------------------------------------------------------------------------------------


class Named(MemoryOutbox):
    """Deliveries whose letters say which they are."""

    def _claimed(self, number: int) -> Claimed:
        known = super()._claimed(number)
        return Claimed(
            **{name: getattr(known, name) for name in Claimed.__dataclass_fields__} | {"values": {"nom": f"n{number}"}}
        )


def press(pool: RenderingPool, html: str = "<p>{{ nom }}</p>") -> LetterPress:
    account = Account(name="reception", email="practice@cabinet.example")
    return LetterPress(
        Template(label="x", subject="Bonjour {{ nom }}", html=html),
        account,
        catalogue=builtin_catalogue(),
        columns=("nom",),
        rendering=pool,
    )


class Killing(MemoryTransport):
    """Ends every process of a pool after each so many letters, as somebody's hand or the kernel would."""

    def __init__(self, pids: Sequence[int] | None = None, every: int = 70) -> None:
        super().__init__()
        self.killed: set[int] = set()
        self.every = every

    def deliver(self, queue: object, journal: object) -> None:
        """Deliver, and kill in between."""
        take = queue.take  # type: ignore[attr-defined]

        def taken() -> object:
            if len(self.letters) % self.every == self.every - 1:
                for child in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
                    for pid in child.read_text().split():
                        command = Path(f"/proc/{pid}/cmdline")
                        if b"workbench.rendering.child" in command.read_bytes() and int(pid) not in self.killed:
                            os.kill(int(pid), signal.SIGKILL)
                            self.killed.add(int(pid))
            return take()

        queue.take = taken  # type: ignore[attr-defined]
        super().deliver(queue, journal)  # type: ignore[arg-type]


def test_a_process_killed_in_the_middle_of_a_mailing_loses_nothing_and_sends_nothing_twice(pool: RenderingPool) -> None:
    made = press(pool)
    postman = Postman(lambda _revision, _letterhead, _columns: made)
    outbox, transport = Named(300), Killing()
    report = send_pending(outbox, transport, postman.letter, expect=postman.expect, now=outbox.now)
    postman.close()
    assert len(transport.killed) >= 3
    assert report.sent == 300 == outbox.count(DeliveryStatus.SENT)
    assert sorted(letter.delivery_id for letter in transport.letters) == list(range(1, 301))
    for letter in transport.letters:
        assert f"n{letter.delivery_id}\r\n".encode() in letter.content
        assert f"To: patient{letter.delivery_id}@".encode() in letter.content


def test_a_row_that_cannot_be_merged_fails_alone(pool: RenderingPool) -> None:
    made = press(pool, "<p>{% if nom == 'n7' %}{{ nom // 2 }}{% endif %}{{ nom }}</p>")
    postman = Postman(lambda _revision, _letterhead, _columns: made)
    outbox, transport = Named(40), MemoryTransport()
    report = send_pending(outbox, transport, postman.letter, expect=postman.expect, now=outbox.now)
    postman.close()
    assert (report.sent, report.failed) == (39, 1)
    assert outbox.reasons[7].startswith("render_error:")


def test_when_nothing_can_be_merged_any_more_the_sending_stops_and_fails_nobody() -> None:
    pool = saying("out(1, b''); out(2, b'{}')\nos.abort()")
    try:
        made = press(pool)
        postman = Postman(lambda _revision, _letterhead, _columns: made)
        outbox = Named(200)
        with pytest.raises(SenderFailed):
            send_pending(outbox, MemoryTransport(), postman.letter, expect=postman.expect, now=outbox.now)
        postman.close()
        assert outbox.count(DeliveryStatus.SENT) == 0
        assert outbox.count(DeliveryStatus.FAILED) <= 3
    finally:
        pool.close()


def test_a_letter_is_the_same_expected_or_not_and_as_it_is_previewed(warm: RenderingPool) -> None:
    made = press(warm)
    (row,) = Named(1).claim(1, now=NOW.replace(year=2030))
    expecting, alone = (Postman(lambda _revision, _letterhead, _columns: made) for _which in range(2))
    expecting.expect([row])
    letter = expecting.letter(row, NOW)
    assert letter.content == alone.letter(row, NOW).content
    message = made.message(row.values, Address(email=row.address), token=row.token, date=NOW, language="fr")
    assert message.as_bytes() == letter.content
    expecting.close()
    alone.close()


# --- the end ------------------------------------------------------------------------------------------------------

LONELY = """
import sys, time
from workbench.domain.templates import Template
from workbench.merging.catalogue import builtin_catalogue
from workbench.rendering.renderer import Renderer
from workbench.rendering.pool import shared_pool
render = Renderer(Template(label="x", subject="x", html="<p>{{ nom }}</p>"), builtin_catalogue(), columns=("nom",))
render.render({"nom": "x"})
print(shared_pool().lend(render.key).pid, flush=True)
time.sleep(float(sys.argv[1]))
"""


@pytest.mark.parametrize("killed", [True, False])
def test_no_process_stays_when_the_practice_ends(killed: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LONELY, "60" if killed else "0"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as lonely:
        pid = int(next_line(lonely))
        if killed:
            lonely.kill()
        lonely.wait(10)
        until = time.monotonic() + 5
        while Path(f"/proc/{pid}/cmdline").exists() and b"rendering" in Path(f"/proc/{pid}/cmdline").read_bytes():
            assert time.monotonic() < until, "it goes on without anybody"
            time.sleep(0.02)
