"""Who gets what over a real SMTP server: brothers and sisters, two parents, a colleague and a radiograph."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pandas as pd
import pytest

from tests.journeys.smtp_sink import SmtpSink
from workbench.databases import writing
from workbench.domain.attached import ImageRule
from workbench.domain.people import Role
from workbench.domain.templates import Template
from workbench.patients.schema import patient_correspondents, persons, responsibilities
from workbench.practice import Practice
from workbench.wiring import init_workspace, open_practice

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
def practice(tmp_path: Path, smtp_sink: SmtpSink) -> Iterator[Practice]:
    """The sample practice, sending to a real server."""
    init_workspace(tmp_path / "W", demo=True, user="claire", now=lambda: NOW)
    with open_practice(tmp_path / "W", user="claire", now=lambda: NOW) as opened:
        opened.accounts.set(
            "sink", email="secretariat@tilleuls.example", host="127.0.0.1", port=smtp_sink.port, security="none"
        )
        yield opened


def saved(practice: Practice, **settings: object) -> Template:
    usual = {"label": "Essai", "subject": "Rendez-vous de @PPRENOM", "html": "<p>Bonjour, @RDVLISTE</p>"}
    template = Template(**{**usual, **settings})  # type: ignore[arg-type]
    return practice.ledger.library.save_template(template, by=practice.user, now=practice.now())


def of_a_family(practice: Practice) -> pd.DataFrame:
    """Return appointments of two children of one guardian on one day."""
    found = practice.search("appointments", start="today", end="J+60", state="upcoming")
    answering = practice.store.relations(found["patient_id"].tolist(), "guardian")
    first = answering.drop_duplicates("patient_id").set_index("patient_id")
    found = found.assign(
        guardian=found["patient_id"].map(first["person_key"]), mail=found["patient_id"].map(first["email"])
    )
    found = found[found["guardian"].notna() & found["mail"].notna()]
    sizes = found.groupby(["guardian", "date"])["patient_id"].transform("nunique")
    pairs = found[sizes == 2].sort_values(["guardian", "date"])
    assert len(pairs), "the sample has brothers and sisters on one day"
    lead = pairs.iloc[0]
    both = pairs[(pairs["guardian"] == lead["guardian"]) & (pairs["date"] == lead["date"])]
    return both.drop_duplicates("patient_id")


def subjects_of(sink: SmtpSink) -> list[str]:
    return sorted(str(caught.message["Subject"]) for caught in sink.messages())


def test_two_children_with_one_address_each_get_their_message(practice: Practice, smtp_sink: SmtpSink) -> None:
    rows = of_a_family(practice)
    practice.mailing(rows, saved(practice), account="sink").send(confirmed=True)
    [address] = smtp_sink.addresses()
    assert smtp_sink.addresses()[address] == 2
    assert len(set(subjects_of(smtp_sink))) == 2


def test_two_children_with_one_address_are_named_in_one_message_where_the_email_type_asks(
    practice: Practice, smtp_sink: SmtpSink
) -> None:
    rows = of_a_family(practice)
    practice.mailing(rows, saved(practice, group="family"), account="sink").send(confirmed=True)
    [caught] = smtp_sink.messages()
    first_names = practice.store.columns("patient", rows["patient_id"].tolist(), ["first_name"])["first_name"]
    assert all(name in caught.body("html") for name in first_names)


def test_a_mother_and_a_father_each_get_the_message_about_their_child(practice: Practice, smtp_sink: SmtpSink) -> None:
    child = of_a_family(practice).iloc[:1]
    patient = child["patient_id"].iloc[0]
    with writing(practice.store.engine) as connection:  # type: ignore[attr-defined]
        connection.execute(
            persons.insert(),
            {
                "practice_id": practice.settings.practice_id, "person_id": "pere", "last_name": "Père",
                "first_name": "Paul", "sex": "M", "email": "pere@exemple.example", "civility": "M.",
            },
        )  # fmt: skip
        connection.execute(
            responsibilities.insert(),
            {
                "practice_id": practice.settings.practice_id, "patient_id": patient, "person_id": "pere",
                "role": "guardian", "relation": "père", "rank": 9,
            },
        )  # fmt: skip
    practice.mailing(child, saved(practice, guardians="both"), account="sink").send(confirmed=True)
    assert "pere@exemple.example" in smtp_sink.addresses()
    assert len(smtp_sink.addresses()) >= 2
    assert all(len(caught.recipients) == 1 for caught in smtp_sink.messages())


def test_a_radiograph_goes_to_a_colleague_outside_mssante_only_by_a_decision_that_is_written_down(
    practice: Practice, smtp_sink: SmtpSink
) -> None:
    album = practice.sql("select distinct patient_id from media where kind = 'panoramique'")["patient_id"]
    told = practice.sql("select patient_id from patient_correspondents")["patient_id"]
    rows = practice.search("patients")
    rows = rows[rows["patient_id"].isin(set(album) & set(told))].head(3)
    assert len(rows)
    with writing(practice.store.engine) as connection:  # type: ignore[attr-defined]
        assert connection.execute(patient_correspondents.select()).first() is not None
    report = saved(
        practice,
        subject="Votre patient",
        html="<p>@CAPPEL, voici sa dernière panoramique.</p>",
        role=Role.CORRESPONDENT,
        images=(ImageRule(kind="panoramique"),),
    )
    blocked = practice.mailing(rows, report, account="sink")
    assert set(blocked.send(confirmed=True)["reason"]) <= {"health_data_on_plain_mail", "no_address"}
    assert smtp_sink.count() == 0
    decided = practice.mailing(
        rows, report, account="sink", health_reason="le confrère n’a pas MSSanté, appelé ce jour"
    )
    sent = decided.send(confirmed=True)
    assert (sent["status"] == "sent").any()
    for caught in smtp_sink.messages():
        [image] = [*caught.message.iter_attachments()]
        assert_a_plain_image(image)
    acts = practice.ledger.acts.acts(f"mailing:{decided.id}")  # type: ignore[attr-defined]
    assert "health_data_allowed" in acts["what"].tolist()


def assert_a_plain_image(part: EmailMessage) -> None:
    """See that a part is an image that says nothing but its pixels."""
    assert part.get_content_maintype() == "image"
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    assert b"Exif" not in data
    assert b"tEXt" not in data
