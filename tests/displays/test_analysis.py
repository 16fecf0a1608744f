"""What the analysis says to a person: figures and sentences, sure or not, in either language, about nobody."""

from __future__ import annotations

import re
from datetime import date

import pandas as pd
import pytest

from workbench.displays.analysis_plots import days_figure, reasons_figure, reminders_figure
from workbench.displays.formatters import effect_bundle
from workbench.displays.nobody import tells_of_nobody
from workbench.displays.reminder_words import effect_sentences
from workbench.language import use_language
from workbench.practice.reminder_effect import ReminderEffect


def effect(*groups: tuple[bool, int, int], **given: object) -> ReminderEffect:
    """A comparison within one hour: reminded or not, how many were missed, of how many."""
    rows = [
        {"reminded": reminded, "missed": place < missed}
        for reminded, missed, number in groups
        for place in range(number)
    ]
    visits = pd.DataFrame(rows, columns=["reminded", "missed"]).astype(bool)
    visits = visits.assign(
        weekday=0, hour=9, practitioner=pd.Categorical(["Dr Molaire"] * len(visits)), nature="CTRL", via="workbench",
        patient_id="1042",
    )  # fmt: skip
    told = {"left_out": {"called_off": 0, "no_outcome": 0, "made_late": 0, "uncertain": 0}, "made_before": 2}
    return ReminderEffect(
        start=date(2026, 1, 1), end=date(2026, 6, 30), visits=visits,
        **{**told, "called_off": ((1, 10), (2, 10)), **given},
    )  # fmt: skip


def said(*groups: tuple[bool, int, int], **given: object) -> str:
    return "\n".join(effect_sentences(effect(*groups, **given)))


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        (((True, 20, 400), (False, 60, 400)), "Fewer appointments are missed"),
        (((True, 60, 400), (False, 20, 400)), "look for why"),
        (((True, 20, 400), (False, 21, 400)), "do not show that a reminder changes anything"),
        (((True, 0, 400), (False, 20, 29)), "show nothing, in either direction"),
        (((True, 20, 400),), "nothing is compared"),
        ((), "nothing is compared"),
    ],
)
def test_the_sentence_follows_the_interval_and_the_number(groups: tuple[tuple[bool, int, int], ...], told: str) -> None:
    text = said(*groups)
    assert told in text
    assert "This is no trial" in text


def test_small_groups_and_what_is_left_out_are_said() -> None:
    text = said((True, 1, 12), (False, 2, 40), left_out={**dict.fromkeys(("no_outcome", "uncertain"), 0),
                                                        "called_off": 3, "made_late": 1})  # fmt: skip
    assert "(1 of 12; 95% interval: 1.5% to 35.4%), too few to say anything" in text
    assert "Not compared: 3 called off or moved beforehand, 1 made fewer than 2 days before." in text
    assert "10.0% with a reminder, 20.0% without" in text


def test_it_is_said_in_french_too() -> None:
    use_language("fr")
    text = said((True, 20, 400), (False, 60, 400))
    assert "essai" in text
    assert re.search(r"5,0\s%", text)
    assert "appointment" not in text


def test_a_notebook_keeps_the_sentences_and_nobody() -> None:
    compared = effect((True, 20, 400), (False, 60, 400))
    bundle = effect_bundle(compared)
    assert "1042" not in str(bundle)
    assert bundle["text/plain"].splitlines()[0] in bundle["text/html"]
    assert tells_of_nobody(compared.rates("hour"))
    assert tells_of_nobody(compared.differences("practitioner"))
    assert not tells_of_nobody(compared.visits)


@pytest.mark.parametrize("by", ["", "hour", "weekday", "practitioner"])
def test_a_mark_has_its_interval_its_number_and_its_name(by: str) -> None:
    figure = reminders_figure(effect((True, 20, 400), (False, 5, 20)), by)
    axes = figure.axes[0]
    assert sorted(text.get_text() for text in axes.texts) == ["20", "400"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["without a reminder", "with a reminder"]
    pale = [container.lines[0].get_alpha() for container in axes.containers if len(container.lines[0].get_xdata())]
    assert pale == [0.35, 1.0]
    assert "with a reminder 5.0%" in figure.alternative
    assert len(figure.picture()) > 1000


def test_nothing_to_draw_is_a_picture_too() -> None:
    assert len(reminders_figure(effect(), "hour").picture()) > 1000
    nothing = pd.DataFrame({"day": pd.Series(dtype="datetime64[us]"), "status": [], "count": pd.Series(dtype="int64")})
    assert days_figure(nothing).alternative == "Messages, by day: 0."


def reasons(*rows: tuple[str, str, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["status", "reason", "count"]).astype({"count": "int64"})
    return frame.assign(share=frame["count"] / 200)


def test_each_reason_is_a_bar_a_sentence_and_its_part_of_all_messages() -> None:
    figure = reasons_figure(reasons(("skipped", "no_address", 30), ("failed", "smtp_550", 10), ("in_doubt", "", 2)))
    axes = figure.axes[0]
    assert [bar.get_width() for bar in axes.patches] == [30, 10, 2]
    assert [text.get_text() for text in axes.texts] == ["30 (15.0%)", "10 (5.0%)", "2 (1.0%)"]
    assert "– No e-mail address in the file. 30 (15.0%)" in figure.alternative
    assert len({bar.get_hatch() for bar in axes.patches}) == 3
    assert len(figure.picture()) > 1000
    use_language("fr")
    told = reasons_figure(reasons(("skipped", "no_address", 30))).alternative
    assert "Aucune adresse" in told
    assert "Messages that" not in told


def test_many_reasons_are_told_together_and_none_is_a_picture_too() -> None:
    figure = reasons_figure(reasons(*(("failed", f"smtp_{550 + number}", 1) for number in range(15))))
    assert [bar.get_width() for bar in figure.axes[0].patches] == [*[1] * 12, 3]
    assert "Other reasons 3 (1.5%)" in figure.alternative
    nothing = reasons_figure(reasons())
    assert nothing.alternative.endswith("by reason: 0.")
    assert len(nothing.picture()) > 1000


def test_many_days_are_told_by_week() -> None:
    days = pd.date_range("2026-01-01", periods=100, freq="D").as_unit("us")
    frame = pd.DataFrame({"day": [*days, *days], "status": ["sent"] * 100 + ["outside"] * 100, "count": 1})
    figure = days_figure(frame)
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert max(heights) == 7
    assert sum(heights) == 200
    assert "by week" in figure.alternative
    assert "by day" in days_figure(frame[frame["day"] < "2026-02-01"]).alternative
