"""What a notebook keeps of a frame: counts and headings; never a name, an address, or a message."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

import workbench as wb
from workbench.displays import formatters
from workbench.displays.formatters import register
from workbench.displays.frames import cells_of, results_html
from workbench.displays.stages import stage_of, stage_words
from workbench.domain.mailings import STAGES
from workbench.practice import Practice
from workbench.wiring import open_practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    from workbench.wiring import init_workspace

    with open_practice(init_workspace(tmp_path_factory.mktemp("shown") / "W", demo=True)) as opened:
        yield opened


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Let somebody sit at the notebook; what they see live is kept in this list."""
    seen: list[Any] = []
    monkeypatch.setattr(formatters, "someone_can_click", lambda: True)
    return seen


@pytest.fixture
def shell(watched: list[Any]) -> Iterator[InteractiveShell]:
    def live_view(thing: Any) -> dict[str, Any]:
        watched.append(thing)
        return {"live": "view"}

    made = InteractiveShell()
    register(made, live_view=live_view)
    yield made
    made.history_manager.end_session()
    InteractiveShell.clear_instance()


def kept(shell: InteractiveShell, thing: object) -> dict[str, Any]:
    data, _metadata = shell.display_formatter.format(thing)
    return data


def tomorrow(practice: Practice, day: str = "tomorrow") -> pd.DataFrame:
    return practice.search("appointments", start=day, end=day, state="upcoming")


def test_rows_of_people_are_seen_live_and_kept_as_a_count(
    practice: Practice, shell: InteractiveShell, watched: list[Any]
) -> None:
    rdv = tomorrow(practice)
    found = kept(shell, rdv)
    assert watched == [rdv] or watched[0] is rdv
    assert found["live"] == "view"
    assert "50 rows" in found["text/html"]
    for name in rdv["patient"]:
        assert name not in str(found)


@pytest.mark.parametrize("part", ["rdv[['patient', 'phone']]", "rdv['email']", "mailing.fields()", "mailing.recipients",
                                  "practice.results(mailing, identities=True)", "rdv.iloc[:0]"])  # fmt: skip
def test_parts_and_values_of_people_are_not_kept_either(practice: Practice, shell: InteractiveShell, part: str) -> None:
    rdv = tomorrow(practice)
    mailing = practice.mailing(rdv, REMINDER)
    mailing.queue()
    thing = eval(part, {"rdv": rdv, "mailing": mailing, "practice": practice})
    found = kept(shell, thing)
    surnames = {name.split()[0] for name in rdv["patient"]} - {"de"}
    assert not [name for name in surnames if name in str(found)]
    assert "@" not in str(found).replace("@practice", "")


@pytest.mark.parametrize(
    "thing",
    [
        "rdv.iloc[0]", "rdv.T", "rdv.groupby('patient').size()", "rdv['patient'].value_counts()",
        "rdv.set_index('patient')[['time']]", "rdv.set_index('patient').index", "rdv['patient'].unique()",
        "rdv.groupby('patient')[['duration']].sum()", "rdv.rename(columns={'patient': 'nom', 'email': 'courriel'})",
        "rdv.pivot_table(index='nature', columns='patient', values='duration', observed=True)",
        "rdv.pivot_table(index='nature', columns='patient', values='duration', observed=True).columns",
        "[rdv.iloc[0], rdv]", "{'a': rdv['patient']}", "rdv.style", "rdv.assign(nature=rdv['email'])[['nature']]",
        "rdv['patient'].astype('category').rename('nature').iloc[:0].rename('patient')",
        "mailing.fields().reset_index()", "mailing.fields().iloc[0]", "mailing.addressees().iloc[0]",
        "[mailing.preview(0)]", "mailing.preview(0).recipient", "mailing.prepare(fresh=False).found",
        "next(mailing._deliveries(mailing.prepare(fresh=False)))",
        "asked.merge(pd.DataFrame({'city': asked['city'].unique()}), on='city')", "asked.groupby('city').agg(list)",
        "asked.groupby('who').size()", "asked.iloc[0]",
    ],
)  # fmt: skip
def test_nothing_made_of_rows_of_people_is_kept(practice: Practice, shell: InteractiveShell, thing: str) -> None:
    rdv = tomorrow(practice)
    asked = practice.sql("select last_name || ' ' || first_name as who, city from patients")
    mailing = practice.mailing(rdv, REMINDER)
    found = str(kept(shell, eval(thing, {"rdv": rdv, "mailing": mailing, "asked": asked, "pd": pd})))
    people = {*rdv["patient"], *rdv["email"].dropna(), *asked["who"]}
    assert not [name for name in people if name in found]


def test_a_correction_is_kept_without_its_values(practice: Practice, shell: InteractiveShell) -> None:
    patient = tomorrow(practice)["patient_id"].iloc[-1]
    done = practice.patients.correct(patient, email="a.new.address@mail.example")
    assert done[0].new == "a.new.address@mail.example"
    assert "mail.example" not in str(kept(shell, done)) + str(kept(shell, practice.store.corrections()))


@pytest.mark.parametrize(
    "thing",
    [
        "results['status'].value_counts()", "results.groupby(['template', 'status']).size()", "rdv.dtypes",
        "rdv[['nature', 'duration', 'state', 'date']]", "rdv['duration'].describe()", "rdv.isna().sum()",
        "pd.crosstab(rdv['nature'], rdv['practitioner'])", "results['status']",
        "rdv.groupby('practitioner', observed=True).agg({'duration': ['min', 'max']})",
    ],
)  # fmt: skip
def test_counts_and_codes_show_as_pandas_shows_them(practice: Practice, shell: InteractiveShell, thing: str) -> None:
    rdv = tomorrow(practice)
    mailing = practice.mailing(rdv, REMINDER)
    mailing.queue()
    shown = eval(thing, {"rdv": rdv, "results": practice.results(mailing), "pd": pd})
    found = kept(shell, shown)
    assert found["text/plain"] == repr(shown)
    assert "live" not in found


def test_what_stands_beside_the_rows_is_seen_live(
    practice: Practice, shell: InteractiveShell, watched: list[Any]
) -> None:
    rdv = tomorrow(practice)
    assert kept(shell, rdv.iloc[0])["live"] == "view"
    assert rdv["patient"].iloc[0] in watched[0].to_numpy().ravel().tolist()
    kept(shell, rdv.groupby("patient").size())
    assert set(watched[1]["patient"]) == set(rdv["patient"])


def test_a_table_turned_round_tells_no_name_by_its_columns(practice: Practice, shell: InteractiveShell) -> None:
    assert "2 other columns" in kept(shell, tomorrow(practice).head(2).set_index("patient").T)["text/plain"]


def test_no_option_of_pandas_lets_rows_be_kept(practice: Practice, shell: InteractiveShell) -> None:
    rdv = tomorrow(practice)
    with pd.option_context("styler.render.repr", "latex"):
        assert rdv["patient"].iloc[0] not in str(kept(shell, rdv.head(2)))


def test_a_servers_reply_that_repeats_the_address_is_not_kept(shell: InteractiveShell) -> None:
    frame = pd.DataFrame(
        {"delivery_id": [1], "status": ["failed"], "reason": ["smtp_550"], "smtp_reply": ["<a@b.test>?"]}
    )
    assert "a@b.test" not in str(kept(shell, frame))


def test_results_without_people_show_their_numbers_and_first_rows(shell: InteractiveShell) -> None:
    frame = pd.DataFrame({"delivery_id": range(30), "status": ["sent"] * 30, "reason": [""] * 30})
    html = kept(shell, frame)["text/html"]
    assert "✓ Messages sent" in html
    assert "… and 10 more rows." in html


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the computer's clock be another one than the practice's."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


NIGHT = pd.Timestamp("2026-11-22 23:30", tz="UTC")


def test_moments_are_told_by_the_clock_of_the_practice_and_not_of_the_computer(tmp_path: Path, far_away: None) -> None:
    made = {"delivery_id": [1], "status": ["sent"], "reason": [""], "decided_at": [NIGHT]}
    with wb.init(tmp_path / "W") as practice:
        assert practice.mailings().attrs["zone"] == "Europe/Paris"
        frame = pd.DataFrame(made)  # it says of no zone: the practice that is open is meant
        assert cells_of(frame)[0][-1] == "2026-11-23 00:30"
        frame.attrs["zone"] = "America/Cayenne"
        assert cells_of(frame.loc[frame["status"] == "sent", ["status", "decided_at"]])[0][-1] == "2026-11-22 20:30"


def test_the_results_of_a_practice_keep_its_clock_when_another_one_is_open(
    practice: Practice, tmp_path: Path, far_away: None
) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER, key="clock")
    mailing.queue()
    frame = practice.results(mailing)
    assert frame.attrs["zone"] == practice.results(mailing, identities=True).attrs["zone"] == "Europe/Paris"
    wall = frame["queued_at"].iloc[0].tz_convert("Europe/Paris")
    with wb.init(tmp_path / "W") as other:
        other.set_card(zone="America/Cayenne")
        column = list(frame.columns).index("queued_at")
        assert {row[column] for row in cells_of(frame)} == {f"{wall:%Y-%m-%d %H:%M}"}


def test_how_each_mailing_stands_is_told_in_words_with_the_practice_s_hour(
    practice: Practice, shell: InteractiveShell, watched: list[Any], far_away: None
) -> None:
    practice.mailing(tomorrow(practice, "J+2 open"), REMINDER, key="listed").queue()
    seen = practice.mailings()
    never = pd.to_datetime(pd.Series([pd.NaT] * len(seen)), utc=True)
    kept(shell, seen.assign(status="sending", stage="waiting_undo", goes_on_at=NIGHT).head(1))
    kept(shell, seen.assign(status="sending", stage="interrupted", goes_on_at=never).head(1))
    kept(shell, seen.head(1))
    assert [frame["status"].tolist() for frame in watched] == [
        ["… Leaves at 2026-11-23 00:30"], ["✕ Interrupted"], ["… Queued"],
    ]  # fmt: skip
    assert not {"stage", "goes_on_at"} & set(watched[0].columns)


def test_a_queued_mailing_says_how_it_stands(practice: Practice, shell: InteractiveShell) -> None:
    mailing = practice.mailing(tomorrow(practice, "J+3 open"), REMINDER, key="standing")
    mailing.queue()
    assert "… Queued" in kept(shell, mailing)["text/html"]
    practice.cancel(mailing.id)
    html = kept(shell, mailing)["text/html"]
    assert "– Cancelled" in html
    assert f"– Messages cancelled</span> <b>{practice.tally(mailing.id).counts.cancelled}</b>" in html


def test_the_numbers_and_the_rows_of_results_add_up_whatever_was_replaced() -> None:
    made = {"delivery_id": [1, 2, 3], "status": ["sent", "cancelled", "cancelled"], "reason": ["", "superseded", ""]}
    html = results_html(pd.DataFrame(made))
    assert "– Messages cancelled</span> <b>1</b>" in html
    assert "The results hold 1 row more" in html
    assert "The results hold" not in results_html(pd.DataFrame(made).drop(index=1))


@pytest.mark.parametrize("code", STAGES)
def test_every_stage_reads_back_from_its_code(code: str) -> None:
    stage = stage_of(code, NIGHT.to_pydatetime() if code.startswith("waiting") else None)
    assert stage.code == code
    assert stage_words(stage)[0] in "✓✕?–…"


def test_findings_are_told_once_with_how_many_they_are(practice: Practice, shell: InteractiveShell) -> None:
    found = practice.mailing(tomorrow(practice), REMINDER).check()
    html = kept(shell, found)["text/html"]
    assert html.count("No e-mail address in the file.") == 1
    assert "<b>4</b>" in html
    assert "✕ Error" in html


def test_a_finding_cannot_write_into_the_page(shell: InteractiveShell) -> None:
    found = pd.DataFrame(
        {"recipient": ["1"], "severity": ["error"], "code": ["x"], "message": ["<img src=x onerror=alert(1)>"]}
    )
    assert "<img" not in kept(shell, found)["text/html"]


def test_a_frame_of_somebody_elses_shows_as_pandas_shows_it(shell: InteractiveShell) -> None:
    frame = pd.DataFrame({"practitioner": ["MM"], "n": [3]})
    assert kept(shell, frame)["text/html"] == frame._repr_html_()
    assert kept(shell, frame["n"])["text/plain"] == repr(frame["n"])


def test_a_message_is_seen_live_and_not_kept(practice: Practice, shell: InteractiveShell, watched: list[Any]) -> None:
    message = practice.mailing(tomorrow(practice), REMINDER).preview(0)
    found = kept(shell, message)
    assert watched == [message]
    assert message.recipient.name not in str(found)
    assert message.subject not in str(found)


def test_where_nobody_can_click_nothing_live_is_made(
    practice: Practice, shell: InteractiveShell, watched: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formatters, "someone_can_click", lambda: False)
    kept(shell, tomorrow(practice))
    kept(shell, practice.mailing(tomorrow(practice), REMINDER).preview(0))
    assert watched == []


def test_a_mailing_shows_its_numbers(practice: Practice, shell: InteractiveShell) -> None:
    mailing = practice.mailing(tomorrow(practice), REMINDER, key="shown")
    mailing.check()
    html = kept(shell, mailing)["text/html"]
    assert REMINDER in html
    assert "✓ Messages sent" in html
    assert "From the test box" in html


def test_a_mailing_that_nobody_checked_is_shown_without_rendering_anyone(
    practice: Practice, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.practice.preparing.preflight", lambda *_all, **_more: pytest.fail("all rendered"))
    mailing = practice.mailing(tomorrow(practice), REMINDER, key="looked at")
    shown = kept(shell, mailing)
    assert "recipients have an address." in shown["text/html"]
    assert "mailing.check()" in shown["text/html"]
    assert formatters.SUMMARY_MIME not in shown


def test_a_practice_shows_its_name(practice: Practice, shell: InteractiveShell) -> None:
    assert practice.name in kept(shell, practice)["text/html"]


def test_whatever_goes_wrong_no_row_is_shown_instead(
    practice: Practice, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_frame: pd.DataFrame) -> str:
        raise RuntimeError("Zoé LEFÈVRE")

    monkeypatch.setattr(formatters, "people_html", broken)
    found = kept(shell, tomorrow(practice))
    assert found["text/html"] == "&lt;DataFrame: RuntimeError&gt;"
    assert found["text/plain"].startswith("<50 rows: ")
    assert "LEFÈVRE" not in "".join(capsys.readouterr())


def test_outside_a_notebook_nothing_is_registered(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = "import sys, workbench as wb\nwith wb.demo(sys.argv[1]) as p: p.search('appointments')\n"
    code += "print([name for name in ('IPython', 'ipywidgets', 'anywidget', 'matplotlib') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "W")], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
