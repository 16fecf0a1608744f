"""What an email type asks once for everybody: given, proposed, missing; told once, and part of what a mailing is."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.domain.templates import Template
from workbench.errors import BadValue, KeyTaken, UnknownName, UsageError
from workbench.practice import Mailing, Practice

CLOSING = "Vie du cabinet/Fermeture d’essai"
GREETINGS = "Vie du cabinet/Vœux d’essai"


def save(practice: Practice, path: str, html: str, **settings: object) -> None:
    folder, _slash, label = path.partition("/")
    template = Template(label=label, folder=folder, subject="Le cabinet", html=html, **settings)  # type: ignore[arg-type]
    practice.ledger.library.save_template(template, by="claire", now=practice.now())


@pytest.fixture
def asking(practice: Practice) -> Practice:
    save(practice, CLOSING, "<p>Fermé du @FERMDU au @FERMAU. {% if REMPLTEL %}Tél. @REMPLTEL.{% endif %}</p>")
    save(practice, GREETINGS, "<p>Bonne année @ANNEE. @TEXTE</p>", health=True)
    return practice


def letter(practice: Practice, path: str, **values: object) -> Mailing:
    rows = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    return practice.mailing(rows, path, values=values)


def test_what_was_given_is_written_as_a_letter_writes_it(asking: Practice) -> None:
    mailing = letter(asking, CLOSING, FERMDU="24/12/2026", FERMAU="J+41", REMPLTEL="0261917700")
    assert mailing.plan.values["FERMDU"] == "2026-12-24"
    assert set(mailing.fields()["FERMDU"]) == {"jeudi 24 décembre"}
    assert "du jeudi 24 décembre au samedi 2 janvier. Tél. 02 61 91 77 00." in mailing.preview(0).text


def test_each_recipient_reads_the_days_in_his_own_language(asking: Practice) -> None:
    save(asking, CLOSING, "<p>@FERMDU @FERMAU</p>", language="en")
    mailing = letter(asking, CLOSING, FERMDU="2026-12-24", FERMAU="2027-01-02")
    assert "Thursday 24 December Saturday 2 January" in mailing.preview(0).text


def test_the_practices_own_data_propose_and_a_person_decides(asking: Practice) -> None:
    known = asking.store.columns("practice", [], ["next_closure_from"], today=asking.today).iloc[0, 0]
    asked = {question.code: question for question in letter(asking, CLOSING, REMPLTEL="02 99").questions()}
    assert list(asked) == ["FERMDU", "FERMAU", "REMPLTEL"]
    assert asked["FERMDU"].kind == "day"
    assert asked["FERMDU"].proposal == asked["FERMDU"].answer == known.date().isoformat()
    assert asked["REMPLTEL"].answer == "02 99"
    [year, text] = letter(asking, GREETINGS).questions()
    assert (year.kind, year.answer, text.kind, text.answer) == ("year", "2027", "long_text", "")


def test_the_replacement_is_the_one_of_the_closure_that_is_told(asking: Practice) -> None:
    asking.closures.close("2026-12-24", "2027-01-02")
    asking.closures.leave("MM", "2026-12-24", "2027-01-02", replacement="Dr Dupont", replacement_phone="02 99 00 00 01")
    told = {one.code: one.answer for one in letter(asking, CLOSING, FERMDU="24/12/2026").questions()}
    assert told["FERMAU"] >= "2027-01-02"
    assert told["REMPLTEL"] in ("02 99 00 00 01", "02 61 91 50 14")  # one of those who are there then
    other = {
        one.code: one.answer for one in letter(asking, CLOSING, FERMDU="2027-05-10", FERMAU="2027-05-12").questions()
    }
    assert other["REMPLTEL"] == ""  # nobody is known to be there then


def test_half_a_closure_that_nothing_completes_is_asked_for(asking: Practice) -> None:
    mailing = letter(asking, CLOSING, FERMDU="2027-05-10")
    assert "missing_value:@FERMAU" in mailing.check()["code"].tolist()


def test_a_closure_that_ends_before_it_starts_is_refused(asking: Practice) -> None:
    with pytest.raises(BadValue, match="2 January 2027"):
        letter(asking, CLOSING, FERMDU="2027-01-02", FERMAU="2026-12-24")


def test_what_was_emptied_is_not_proposed_again(asking: Practice) -> None:
    told = {one.code: one.answer for one in letter(asking, CLOSING, FERMAU="", REMPLTEL="").questions()}
    assert (told["FERMAU"], told["REMPLTEL"]) == ("", "")


def test_an_email_type_that_asks_nothing_keeps_the_identity_it_always_had(asking: Practice) -> None:
    plain = letter(asking, "Rendez-vous/Rappel de rendez-vous")
    assert plain.questions() == []
    assert "values" not in plain.plan.definition()


def test_without_an_answer_nobody_is_written_to(asking: Practice) -> None:
    mailing = letter(asking, GREETINGS)
    findings = mailing.check()
    told = findings[findings["recipient"] == ""]
    assert told[["code", "severity"]].values.tolist() == [["missing_value:@TEXTE", "error"]]
    reasons = mailing.recipients["reason"]
    assert "" not in set(reasons)
    assert "missing_field:@TEXTE" in set(reasons)
    with pytest.raises(UsageError, match="TEXTE"):
        mailing.send(confirmed=True)
    with pytest.raises(UsageError, match="TEXTE"):
        mailing.offer()
    assert mailing.id is None
    assert len(asking.mailings()) == 0


def test_what_a_template_can_do_without_is_not_missed(asking: Practice) -> None:
    findings = letter(asking, CLOSING).check()
    assert "missing_value:@REMPLTEL" not in set(findings["code"])


def test_other_values_are_another_mailing_and_the_same_ones_the_same(asking: Practice) -> None:
    first = letter(asking, GREETINGS, TEXTE="Tous nos vœux.")
    assert first.plan.identity() != letter(asking, GREETINGS, TEXTE="Nos vœux.").plan.identity()
    sent = first.send(confirmed=True)
    again = letter(asking, GREETINGS, ANNEE="2027", TEXTE="Tous nos vœux.")
    assert again.id == first.id
    assert again.send(confirmed=True)["status"].tolist() == sent["status"].tolist()
    rows = asking.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    asking.mailing(rows, GREETINGS, key="voeux", values={"TEXTE": "a"}).queue()
    with pytest.raises(KeyTaken):
        asking.mailing(rows, GREETINGS, key="voeux", values={"TEXTE": "b"})


def test_another_closure_is_told_anew_and_a_corrected_number_is_not(asking: Practice) -> None:
    rows = asking.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    everyone = rows.drop_duplicates("patient_id")[["patient_id"]]
    everyone = everyone.assign(subject_key="patient:" + everyone["patient_id"])

    def told(**values: str) -> int:
        forecast = asking.mailing(everyone, CLOSING, values=values).forecast()
        return forecast.pending

    christmas = {"FERMDU": "2026-12-24", "FERMAU": "2027-01-02"}
    asking.mailing(everyone, CLOSING, values=christmas).send(confirmed=True)
    assert told(**christmas, REMPLTEL="0261917700") == 0
    assert told(FERMDU="2027-08-02", FERMAU="2027-08-22") > 0


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"FERMDU": "mardi"}, BadValue, "mardi"),
        ({"PNOM": "Martin"}, UnknownName, "FERMDU"),
        ({"FERMEDU": "2026-12-24"}, UnknownName, "FERMEDU"),
    ],
)
def test_a_value_that_cannot_be_read_or_that_nobody_asks_for_is_refused(
    asking: Practice, values: dict[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        letter(asking, CLOSING, **values)
    with pytest.raises(BadValue, match="ANNEE"):
        letter(asking, GREETINGS, ANNEE="l’an prochain")


def test_a_notebook_asks_the_same_and_keeps_no_free_text(asking: Practice) -> None:
    file = letter(asking, GREETINGS, ANNEE="2028", TEXTE="Mme Martin va mieux.").to_notebook("notebooks/voeux.ipynb")
    written = Path(file).read_text(encoding="utf-8")
    assert 'annee: str = \\"2028\\"' in written
    assert 'texte: str = \\"\\"' in written
    assert 'values={\\"ANNEE\\": annee, \\"TEXTE\\": texte}' in written
    assert "Martin" not in written
