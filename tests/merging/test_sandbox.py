"""What a template may use: no text, list or loop that it makes can fill the memory or run for ever."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.errors import TemplateRefused
from workbench.merging.budget import LARGEST_VALUE, MOST_ROUNDS, Budget, weight

CHILD = Path(__file__).with_name("rendering_child.py")
SECONDS = 5.0
MEGABYTES = 300
A = "a" * 1000


class Child:
    """The process that renders; ended, and begun again for the next, when it does not answer in time."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def begun(self) -> subprocess.Popen[str]:
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, str(CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            assert self._line(self.process, seconds=60) is not None
        return self.process

    def asked(self, html: str, *, subject: str = "x", values: dict[str, object] | None = None) -> dict[str, object]:
        process = self.begun()
        assert process.stdin is not None
        process.stdin.write(json.dumps({"subject": subject, "html": html, "values": values or {}}) + "\n")
        process.stdin.flush()
        line = self._line(process, seconds=SECONDS)
        if not line:
            self.end()
            pytest.fail("it ran out of time" if line is None else "it ran out of memory")
        told: dict[str, object] = json.loads(line)
        return told

    def _line(self, process: subprocess.Popen[str], *, seconds: float) -> str | None:
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            return process.stdout.readline() if selector.select(seconds) else None

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    rendering = Child()
    yield rendering
    rendering.end()


def doubled(operation: str, times: int = 27, first: str = f"'{A}'") -> str:
    return f"{{% set x = {first} %}}" + f"{{% set x = {operation} %}}" * times + "{{ x|length }}"


def nested(value: str, step: str, times: int = 9) -> str:
    for _time in range(times):
        value = step.format(value)
    return f"{{{{ {value}|length }}}}"


def looped(inside: str, depth: int = 3) -> str:
    letters = "bcdefg"[:depth]
    begin = "".join(f"{{% for {letter} in range(1000) %}}" for letter in letters)
    return begin + inside + "{% endfor %}" * depth


BIG = doubled("x ~ x", 10).replace("{{ x|length }}", "")  # one million characters, which is allowed
TENFOLD = "'aaaaaaaaaa'"
BOMBS = {
    "joined with itself": doubled("x ~ x"),
    "joined many times at once": BIG + "{% set y = " + " ~ ".join(["x"] * 5000) + " %}",
    "added to itself": doubled("x + x"),
    "a block that holds it twice": "{% set x %}" + A + "{% endset %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 27,
    "a block filled by loops": BIG + "{% set y %}" + looped("{{ x }}") + "{% endset %}",
    "a filtered block filled by loops": BIG + "{% filter upper %}" + looped("{{ x }}") + "{% endfilter %}",
    "silent loops in loops": looped("{% if b > 2000 %}x{% endif %}"),
    "loops that look for a text": BIG + looped("{% if 'ab' ~ b in x %}x{% endif %}", 2),
    "loops with a condition": "{% for b in range(1000) if b > 2000 %}{% endfor %}" * 300,
    "loops over doubled lists": doubled("x + x", 30, "[1]"),
    "replace in replace": nested(TENFOLD, "({}|replace('a', " + TENFOLD + "))"),
    "the method replace in itself": nested(TENFOLD, "{}.replace('a', " + TENFOLD + ")"),
    "replace nothing": BIG + "{{ x|replace('', x)|length }}",
    "the method replace nothing": BIG + "{{ x.replace('', x)|length }}",
    "many texts kept": BIG + "".join(f"{{% set y{n} = x|replace('a', 'b') %}}" for n in range(500)) + "{{ y0|length }}",
    "pieces kept": BIG + "".join(f"{{% set y{n} = x[1:] %}}" for n in range(500)) + "{{ y0|length }}",
    "a text between each two letters": BIG + "{{ x[:50000]|join(x)|length }}",
    "joined by loops": BIG + "{{ range(1000)|map('string')|join(x)|length }}",
    "a list of replaced texts": BIG + "{{ ([x]|map('replace', 'a', 'b')|list)|length }}" * 100,
    "a list in a list": doubled("[x, x, x, x]", 40, "['a']") + "{{ x }}",
    "a pair in a pair": doubled("(x, x)", 60, "(1, 2)") + "{{ x == x }}{{ [x]|unique|list|length }}",
    "a mapping in a mapping": doubled("{'a': x, 'b': x}", 60, "{'a': 1}") + "{{ x }}",
    "escaped again and again": "{% set x = '<&>' %}" + "{% set x = (x ~ x)|forceescape %}" * 25 + "{{ x }}",
    "written for an address again and again": "{% set x = 'é' %}" + "{% set x = (x ~ x)|urlencode %}" * 25 + "{{ x }}",
    "every letter an item": BIG + "{% set y = x|list %}" * 50 + "{{ y|length }}",
    "split": BIG.replace("a" * 10, "a " * 5) + "{% set y = x.split(' ') %}" * 50 + "{{ y|length }}",
    "lists added up": "{{ (range(1000)|map('string')|map('list')|sum(start=[]))|length }}" * 50,
    "round to very many places": "{{ 1|round(1000000000, 'ceil') }}",
    "round to very many noughts": "{{ 7|round(-1000000000) }}",
    "a power of a power": "{{ ((((9 ** 18) ** 18) ** 18) ** 18) ** 18 }}",
    "a number of very many digits": "{{ " + "9" * 5000 + " }}",
    "a number of very many digits in base 16": "{{ 0x" + "f" * 100_000 + " ** 2 }}",
    "a number read in base 2": doubled("x ~ x", 10, "'" + "1" * 1000 + "'") + "{{ x|int(base=2) // 3 }}",
    "comments taken out": "{% set x %}" + "{{ '<!--' }}-->" * 20 + "{% endset %}" + "{% set x = x ~ x %}" * 13
    + "{{ (x|striptags)|length }}",
    "shown again and again": BIG + "{{ x }}" * 500,
    "loops too deep for Python": "".join(f"{{% for v{n} in [1] %}}" for n in range(30)) + "x" + "{% endfor %}" * 30,
    "brackets too deep": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "a switch that is computed": "{% autoescape " + nested(TENFOLD, "({}|replace('a', " + TENFOLD + "))")[3:-2]
    + " %}x{% endautoescape %}{{ nosuch }}",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_at_once_and_takes_no_memory(child: Child, name: str) -> None:
    told = child.asked(f"<p>{BOMBS[name]}</p>")
    assert "refused" in told, told
    assert told["cause"] != "MemoryError"
    assert told["megabytes"] < MEGABYTES


@pytest.mark.parametrize("name", ["joined with itself", "silent loops in loops", "replace in replace"])
def test_a_bomb_in_a_subject_is_refused_too(child: Child, name: str) -> None:
    assert "refused" in child.asked("<p>x</p>", subject=BOMBS[name])


@pytest.mark.parametrize(
    "html",
    [
        "<p>{% for part in rows %}{{ part|upper }}{% endfor %}</p>",
        "<p>{{ rows|join(text) }}</p>",
        "<p>{{ text|replace('a', text) }}</p>",
        "<p>" + "{{ text }}" * 500 + "</p>",
        "<p>" + "{{ text|upper }}" * 500 + "</p>",
    ],
)
def test_large_values_of_a_table_are_bounded_as_well(child: Child, html: str) -> None:
    told = child.asked(html, values={"text": "ab" * 50_000, "rows": ["ab" * 5000] * 5000})
    assert "refused" in told
    assert told["megabytes"] < 2 * MEGABYTES


def test_a_refused_bomb_is_told_with_its_line(compiled) -> None:
    html = "<p>\n{% set x = 'aaaaaaaaaa' %}\n" + "{% set x = x|replace('a', x) %}" * 9 + "\n{{ x }}</p>"
    with pytest.raises(TemplateRefused, match=r"Line 3: .*this text grows beyond 2 MB") as refused:
        compiled(html).render({})
    assert refused.value.line == 3


@pytest.mark.parametrize(
    ("html", "named"),
    [("{{ 'A'.ljust(9) }}", "ljust"), ("{{ '{:>9}'.format('A') }}", "format"), ("{{ x.pop() }}", "pop")],
)
def test_what_cannot_be_called_is_told_by_its_name_and_nothing_of_the_program(compiled, html: str, named: str) -> None:
    with pytest.raises(TemplateRefused) as refused:
        compiled(html, columns=["x"]).render({"x": "a"})
    assert refused.value.sentence.endswith(f"« {named} » cannot be used in an email type")


def test_a_filter_that_does_not_exist_is_named_once(compiled) -> None:
    with pytest.raises(TemplateRefused, match=r"there is no such filter: center$"):
        compiled("{{ 'a'|center(9) }}")


def test_nothing_is_computed_while_a_template_is_compiled(compiled) -> None:
    began = time.perf_counter()
    compiled("<p>" + BOMBS["replace in replace"] + BOMBS["the method replace in itself"] + "</p>", columns=["x"])
    assert time.perf_counter() - began < 1


def test_each_message_begins_with_a_whole_budget(compiled) -> None:
    template = compiled("<p>{% for a in range(300) %}{% for b in range(200) %}{% endfor %}{% endfor %}x</p>")
    for _message in range(5):
        assert template.render({}).text == "x\n"


def test_loops_know_their_length_and_their_end(compiled) -> None:
    loop = "{{ loop.index }}/{{ loop.length }}{% if loop.last %}.{% else %}, {% endif %}"
    for items in ("rows", "rows|map('upper')", "rows if rows", "rows|reverse"):
        template = compiled(
            f"<p>{{% for row in {items} %}}{loop}{{% else %}}nobody{{% endfor %}}</p>", columns=["rows"]
        )
        assert template.render({"rows": ["a", "b"]}).text == "1/2, 2/2.\n"
        if items == "rows":
            assert template.render({"rows": []}).text == "nobody\n"


def test_what_an_author_needs_still_works(compiled) -> None:
    cases: dict[str, str] = {
        "{{ 'a' + 'b' }}": "ab",
        "{{ 'a' ~ 1 ~ '<' }}": "a1<",
        "{{ ['b', 'a']|sort|join(', ') }}": "a, b",
        "{{ [1, 2, 3]|sum }}": "6",
        "{{ rows|sum(attribute='price') }}": "5",
        "{{ rows|map(attribute='name')|join('; ') }}": "x; y",
        "{{ rows|join(', ', attribute='name') }}": "x, y",
        "{{ rows|selectattr('price', 'gt', 2)|map(attribute='name')|first }}": "y",
        "{{ 'a-b'.split('-')[1] }}{{ 'abc'[1:] }}": "bbc",
        "{{ 'a b'.replace(' ', '_') }}{{ 'a b'|replace(' ', '') }}": "a_bab",
        "{{ 2.345|round(1) }} {{ '12'|int + 1 }} {{ 7 // 2 }}": "2.3 13 3",
        "{% set t %}<b>{{ name }}</b>{% endset %}{{ t|striptags }}": "Zoé",
        "{% filter upper %}a{{ name }}{% endfilter %}": "AZOÉ",
        "{% with a = name ~ '!' %}{{ a }}{% endwith %}": "Zoé!",
        "{{ {'a': name}['a'] }}{{ (name, 1)[0] }}": "ZoéZoé",
    }
    values: dict[str, object] = {
        "name": "Zoé",
        "rows": [{"name": "x", "price": 2}, {"name": "y", "price": 3}],
    }
    for source, expected in cases.items():
        assert compiled(f"<p>{source}</p>", columns=values).render(values).text == f"{expected}\n", source


def refused(act: Callable[[], object]) -> bool:
    try:
        act()
    except Exception as error:
        return type(error).__name__ == "SecurityError"
    return False


def test_a_budget_counts_rounds_and_characters_together() -> None:
    budget = Budget()
    assert sum(1 for _item in budget.counted(range(MOST_ROUNDS - 1))) == MOST_ROUNDS - 1
    assert refused(lambda: list(budget.counted([1, 2])))
    budget.renew()
    for _text in range(10):
        budget.charge(LARGEST_VALUE)
    assert refused(lambda: budget.charge(1))


def test_the_weight_of_a_value_counts_all_it_holds_and_ends_when_it_is_too_much() -> None:
    assert weight("abc") == 3
    assert weight(["abc", {"d": "ef"}]) > weight("abcdef")
    value: object = "x"
    for _level in range(60):
        value = [value, value]
    began = time.perf_counter()
    assert weight(value) > LARGEST_VALUE
    assert time.perf_counter() - began < 1
