"""The picture of the results: every row counted, every state readable without its colour, nobody in it."""

from __future__ import annotations

import base64
import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd
from PIL import Image

from workbench.displays.plots import results_figure
from workbench.language import use_language

PARIS = ZoneInfo("Europe/Paris")


def results(*rows: tuple[str, str]) -> pd.DataFrame:
    decided = [datetime(2026, 11, 22, 8, 30, second, tzinfo=UTC) for second in range(len(rows))]
    return pd.DataFrame(
        {
            "status": [status for status, _reason in rows],
            "reason": [reason for _status, reason in rows],
            "decided_at": pd.to_datetime(pd.Series(decided), utc=True),
            "recipient": "Zoé LEFÈVRE",
            "address": "zoe@exemple.test",
        }
    )


def words_of(figure) -> str:
    return " ".join(
        text.get_text() for axes in figure.axes for text in [*axes.texts, *axes.get_yticklabels(), axes.title]
    )


def test_every_state_is_a_bar_with_its_number_and_a_hatch_of_its_own() -> None:
    figure = results_figure(
        results(
            ("sent", ""), ("sent", ""), ("failed", "smtp_550"), ("in_doubt", "reply_lost"), ("skipped", "opted_out")
        ),
        PARIS,
    )
    bars = figure.axes[0].patches
    assert [bar.get_width() for bar in bars] == [2, 1, 1, 1]
    assert len({bar.get_hatch() for bar in bars}) == 4
    assert "550" in words_of(figure)


def test_the_time_is_the_practices_own() -> None:
    figure = results_figure(results(("sent", ""), ("sent", "")), PARIS)
    hour = pd.Timestamp(figure.axes[1].lines[0].get_xdata()[0]).hour
    assert hour == 9


def test_rows_that_others_replace_are_not_in_the_list() -> None:
    figure = results_figure(results(("sent", ""), ("cancelled", "superseded"), ("cancelled", "")), PARIS)
    assert figure.alternative == "Messages by state: ✓ Messages sent 1, – Messages cancelled 1."


def test_it_shows_itself_as_a_picture_with_its_text_and_without_anybody() -> None:
    bundle = results_figure(results(("sent", "")), PARIS)._repr_mimebundle_()
    assert bundle["text/plain"] in bundle["text/html"]
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert "LEFÈVRE" not in str(bundle)
    assert "://" not in bundle["text/html"]


def test_a_mailing_without_rows_is_a_picture_too() -> None:
    assert results_figure(results(), PARIS).alternative == "Messages by state: 0."


def test_several_days_are_told_by_day_and_by_hour_with_how_many_there_are() -> None:
    frame = results(("sent", ""), ("sent", ""), ("failed", "smtp_550"), ("skipped", "opted_out"))
    moments = ["2026-11-20 23:30", "2026-11-19 08:10", "2026-11-22 08:40", "2026-11-22 08:40"]
    figure = results_figure(frame.assign(decided_at=pd.to_datetime(pd.Series(moments), utc=True)), PARIS)
    by_reason, by_day, by_hour = figure.axes
    assert "(n = 4)" in by_reason.get_title(loc="left")
    # What was left out before it left was tried on no day.
    assert "(n = 3)" in by_day.get_title(loc="left")
    hours = {round(bar.get_x() + bar.get_width() / 2) for bar in by_hour.patches if bar.get_height()}
    assert hours == {0, 9}
    assert sum(bar.get_height() for bar in by_day.patches) == 3


def test_days_and_hours_are_told_in_the_language_in_use() -> None:
    use_language("fr")
    several = results(*[("sent", "")] * 4)
    several["decided_at"] = pd.to_datetime([f"2026-11-{day}T09:00Z" for day in (20, 21, 22, 23)], utc=True)
    figure = results_figure(several, PARIS)
    figure.picture()
    assert "23 nov." in [tick.get_text() for tick in figure.axes[1].get_xticklabels()]
    figure = results_figure(results(*[("sent", "")] * 4), PARIS)
    figure.picture()
    assert figure.axes[1].xaxis.get_offset_text().get_text() == "22 nov. 2026"


def test_it_puts_on_the_colours_of_the_page_that_shows_it() -> None:
    figure = results_figure(results(("sent", ""), ("failed", "smtp_550")), PARIS)
    dark = Image.open(io.BytesIO(figure.picture(ink="#eeeeee", ground="#111111"))).convert("RGB")
    assert max(abs(colour - 17) for colour in dark.getpixel((2, 2))) <= 4
    light = Image.open(io.BytesIO(results_figure(results(("sent", "")), PARIS).picture(ink="red", ground="url(x)")))
    assert light.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
