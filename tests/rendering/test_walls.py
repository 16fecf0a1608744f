"""What no bound inside the process stops, its walls do: the row is told with its line, and the others go on."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from tests.rendering.conftest import UNBOUNDED, renderer
from workbench.errors import TemplateRefused
from workbench.merging.bodies import Merged
from workbench.rendering.pool import RenderingPool
from workbench.rendering.renderer import MOST_BLAMED_RUNNING, GivenUp

BOMBS = {
    "a text times a number": "{{ 'A' * 10**9 }}",
    "centred": "{{ 'A'|center(1000000000) }}",
    "a format": "{{ '%1000000000d' % 1 }}",
    "a method of a text": "{{ 'A'.ljust(2000000000) }}",
    "loops in loops": "{% for a in range(10**6) %}{% for b in range(10**6) %}{% endfor %}{% endfor %}",
    "a number": "{{ 7 ** (10**9 * nom|length) }}",
    "lists": "{% set x = [1] * 10**9 %}",
    "joined": "{{ " + " ~ ".join(["('a' * (10**8 * nom|length))"] * 10) + " }}",
    "shown": "{{ 'a' * (10**8 * nom|length) }}" * 10,
    "a sum": "{{ range(10**12)|sum }}",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_without_any_bound_is_told_with_its_line_and_the_practice_is_well(
    unbounded: RenderingPool, name: str
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    bomb = renderer(f"<p>\n{{% if nom == 'x' %}}\n{BOMBS[name]}\n{{% endif %}}{{{{ nom }}}}</p>", unbounded)
    answers = [*bomb.merge_all(("nom",), ((row, False) for row in (["a"], ["x"], ["b"])))]
    assert isinstance(answers[1], TemplateRefused)
    assert answers[1].line == 3, answers[1].sentence
    assert "3" in answers[1].sentence
    assert [isinstance(answer, Merged) for answer in answers] == [True, False, True]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KB


def test_a_template_at_which_it_ends_again_and_again_is_given_up_for_everybody() -> None:
    spoilt = RenderingPool(UNBOUNDED, seconds=0.4)
    bomb = renderer("<p>{{ range(10**12)|sum }}{{ nom }}</p>", spoilt)
    answers = [*bomb.merge_all(("nom",), (([str(number)], False) for number in range(1000)))]
    spoilt.close()
    assert len(answers) == 1000
    given_up = {answer.sentence for answer in answers if isinstance(answer, GivenUp)}
    assert len(given_up) == 1
    assert sum(isinstance(answer, GivenUp) for answer in answers) == 1000 - MOST_BLAMED_RUNNING
    assert all(isinstance(answer, TemplateRefused) for answer in answers)


def test_a_template_that_cannot_even_be_prepared_is_refused(unbounded: RenderingPool) -> None:
    with pytest.raises(TemplateRefused, match="prepare"):
        renderer("<p>{{ 7 ** (10 ** 9) }}</p>", unbounded).render({"nom": "x"})


def test_the_process_can_open_nothing_and_begin_nothing(warm: RenderingPool) -> None:
    render = renderer("<p>{{ nom }}</p>", warm)
    render.render({"nom": "x"})
    process = warm.lend(render.key)
    try:
        limits = Path(f"/proc/{process.pid}/limits").read_text().splitlines()
        most = {line[:26].strip(): line[26:].split()[0] for line in limits[1:]}
        assert most["Max address space"] == str(512 << 20)
        assert most["Max core file size"] == most["Max file size"] == most["Max processes"] == "0"
        assert most["Max open files"] == "4"
        assert Path(f"/proc/{process.pid}/environ").read_bytes() == b""
    finally:
        warm.take_back(process)
