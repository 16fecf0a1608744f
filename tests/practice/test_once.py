"""A text changed for one sending alone, and a message sent to oneself."""

from __future__ import annotations

import time
from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from workbench.domain.deliveries import DeliveryStatus, Outcome
from workbench.domain.templates import Template
from workbench.errors import UsageError
from workbench.ports import Journal, Queue
from workbench.practice import Practice
from workbench.practice.once import changed_once, left_unchanged, trial_of

REMINDER = "Rendez-vous/Rappel de rendez-vous"
CHILD = "2201"
"""Two guardians answer for this patient, each in a mailbox of their own."""


@pytest.fixture
def rdv(practice: Practice):
    return practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")


def test_a_changed_text_leaves_and_the_email_type_stays(practice: Practice, rdv):
    kept = practice.templates[REMINDER]
    changed = changed_once(kept, replace(kept, html="<p>Bonjour @PPRENOM, apportez vos radios.</p>"))
    assert changed.path.startswith("Courrier/Rappel de rendez-vous · ")
    assert changed == changed_once(kept, replace(kept, html=changed.html))
    results = practice.mailing(rdv, changed).send(confirmed=True)
    assert (results["status"] == "sent").sum() > 30
    assert practice.templates[REMINDER] == kept
    assert changed.path not in practice.templates
    # Whoever was told by the changed text is not told again by the email type.
    again = practice.mailing(rdv, REMINDER).planned()
    assert again.counts.pending == 0


def test_a_text_that_was_not_changed_is_the_email_type_itself(practice: Practice):
    kept = practice.templates[REMINDER]
    assert changed_once(kept, replace(kept, label="else")) is kept


def test_whoever_reads_another_language_keeps_the_text_of_it_and_the_check_says_so(practice: Practice, rdv):
    practice.templates.save(
        Template(
            label="Coming", folder="Rendez-vous", subject="Your appointment", html="<p>On @RDVDATE</p>",
            language="en", variant_of=REMINDER,
        )
    )  # fmt: skip
    practice.patients.correct("2610", language="en")
    kept = practice.templates[REMINDER]
    mailing = practice.mailing(rdv, changed_once(kept, replace(kept, subject="Demain", html="<p>@PPRENOM</p>")))
    patients = mailing.addressed["patient_id"].tolist()
    number = patients.index("2610")
    assert mailing.preview(number).subject == "Your appointment"
    assert mailing.preview((number + 1) % len(patients)).subject == "Demain"
    english = mailing.addressed["recipient_id"][mailing.addressed["language"] == "en"].tolist()
    assert left_unchanged(mailing) == {"en": len(english)}
    said = mailing.check()
    told = said[said["code"] == "unchanged_words"]
    assert set(told["recipient"]) == set(english)
    assert "English" in told["message"].iloc[0]
    assert mailing.overview()["standing"].iloc[number] == "to_read"
    practice.templates.rename(REMINDER, "Rappel de demain")  # by somebody else, meanwhile
    mailing = practice.mailing(rdv, mailing.template)
    results = mailing.send(confirmed=True)
    (number,) = results[results["patient_id"] == "2610"]["delivery_id"]
    letter = practice.sent(int(number))
    assert letter.message is not None
    assert letter.message.subject == "Your appointment"
    assert practice.mailing(rdv, REMINDER).planned().counts.pending == 0


def test_a_variant_that_is_changed_counts_as_its_main_email_type(practice: Practice, rdv):
    variant = Template(
        label="Coming", folder="Rendez-vous", subject="Your appointment", html="<p>On @RDVDATE</p>",
        language="en", variant_of=REMINDER,
    )  # fmt: skip
    kept = practice.templates.save(variant)
    mailing = practice.mailing(rdv, changed_once(kept, replace(kept, subject="Soon")))
    assert mailing.template.occasion_purpose == practice.templates[REMINDER].occasion_purpose
    assert set(mailing.addressed["language"]) == {"en"}


def test_an_appointment_that_began_is_told_of_a_changed_text_as_of_the_email_type(practice: Practice):
    kept = practice.templates.save(Template(label="Mot", folder="Divers", subject="Un mot", html="<p>@PNOM</p>"))
    rdv = practice.search("appointments", start="today", end="today")
    codes = [
        practice.mailing(rdv, template).check()["code"].tolist().count("appointment_begun")
        for template in (kept, changed_once(kept, replace(kept, subject="Deux mots")))
    ]
    assert codes[0] > 0
    assert codes[1] == codes[0]


def test_what_was_offered_of_another_text_is_refused(practice: Practice, rdv):
    kept = practice.templates[REMINDER]
    mailing = practice.mailing(rdv, REMINDER)
    before = mailing.offer()
    once = practice.mailing(rdv, changed_once(kept, replace(kept, subject="Demain")))
    with pytest.raises(UsageError, match="The text has changed"):
        once.queue(offer=before)
    practice.templates.save(replace(kept, subject="Bientôt"))
    assert mailing.renew_template()
    with pytest.raises(UsageError, match="The text has changed"):
        mailing.queue(offer=before)
    assert practice.mailings().empty
    offer = once.offer()
    assert once.queue(offer=offer) == once.queue(offer=offer)


def test_a_message_to_oneself_is_marked_and_counts_for_nobody(practice: Practice, rdv):
    practice.accounts.set("folder", kind="folder", folder="out", email="cabinet@tilleuls.example")
    mailing = practice.mailing(rdv, REMINDER, account="folder")
    before = mailing.planned().counts
    number = mailing.addressed["patient_id"].tolist().index("2610")
    patient = mailing.preview(number)
    trial = trial_of(mailing, number)
    letter = trial.preview(0)
    assert letter.subject.endswith(patient.subject)
    assert letter.subject != patient.subject
    assert letter.html == patient.html
    results = trial.send(confirmed=True)
    assert results["status"].tolist() == ["sent"]
    told = practice.results(trial, identities=True).iloc[0]
    assert (told["address"], told["patient_id"]) == (mailing.account.email, "")
    assert practice.history("2610").empty
    assert mailing.planned().counts == before
    (caught,) = (practice.path / "out").glob("*.eml")
    written = message_from_bytes(caught.read_bytes(), policy=policy.default)
    assert mailing.account.email in str(written["To"])
    # What it said is not kept.
    content = practice.ledger.keeping.standing(results["delivery_id"].tolist())
    assert content["emptied_at"].notna().all()


def test_who_has_no_address_can_be_looked_at_all_the_same(practice: Practice, rdv):
    mailing = practice.mailing(rdv, REMINDER)
    number = mailing.addressed["reason"].tolist().index("no_address")
    assert trial_of(mailing, number).send(confirmed=True)["status"].tolist() == ["sent"]


@pytest.mark.parametrize("whom", ["correspondent", "second guardian"])
def test_whoever_is_written_to_besides_the_first_addressee_can_be_looked_at(practice: Practice, whom: str):
    kept = practice.templates[REMINDER]
    rows = practice.search("appointments", start="today", end="J+400", state="upcoming")
    if whom == "correspondent":
        mailing = practice.mailing(rows.head(300), REMINDER, account="catcher", role="patient,correspondent")
        places = mailing.addressed["role"] == "correspondent"
    else:
        both = practice.templates.save(replace(kept, guardians="both"))
        mailing = practice.mailing(rows[rows["patient_id"] == CHILD].head(1), both, account="catcher")
        places = mailing.addressed["recipient_id"].str.contains("/")
    number = int((places & (mailing.addressed["reason"] == "")).to_numpy().nonzero()[0][0])
    shown = mailing.preview(number)
    trial = trial_of(mailing, number)
    assert trial.preview(0).html == shown.html
    assert trial.send(confirmed=True)["status"].tolist() == ["sent"], trial.outcome


def test_an_unknown_recipient_is_refused(practice: Practice, rdv):
    with pytest.raises(UsageError):
        trial_of(practice.mailing(rdv, REMINDER), 4711)


def test_a_text_that_was_emptied_with_its_messages_is_kept_again_before_it_leaves_again(practice: Practice):
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    kept = practice.templates[REMINDER]
    once = changed_once(kept, replace(kept, html="<p>Bonjour, à demain.</p>", text=None))
    mailing = practice.mailing(rdv.head(20), once, account="folder", options={"keep_messages": False})
    mailing.send(confirmed=True)
    revisions = practice.ledger.library.revision
    assert mailing.id is not None
    number = practice.ledger.mailings.mailing(mailing.id).template_revision_id
    assert revisions(number).html == ""  # nothing of it was to be kept
    assert not mailing.renew_template()
    mailing.queue()
    again = practice.ledger.mailings.mailing(mailing.id).template_revision_id
    assert revisions(again).html == "<p>Bonjour, à demain.</p>"


class Answering:
    """A way out whose server answers one letter so, and whatever comes next with « sent »."""

    def __init__(self, *answers: Outcome) -> None:
        self.answers = list(answers)
        self.letters: list[bytes] = []

    def __call__(self, *_asked: object) -> Answering:
        return self

    def __enter__(self) -> Answering:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def deliver(self, queue: Queue, journal: Journal) -> None:
        while (letter := queue.take()) is not None:
            journal.turn([], [letter])
            self.letters.append(letter.content)
            answer = self.answers.pop(0) if self.answers else Outcome(delivery_id=0, status=DeliveryStatus.SENT)
            journal.turn([replace(answer, delivery_id=letter.delivery_id)], [])


LATER = Outcome(delivery_id=0, status=DeliveryStatus.PENDING, reason="smtp_451", code=451, reply="451 Later")
REFUSED = Outcome(delivery_id=0, status=DeliveryStatus.FAILED, reason="smtp_550", code=550, reply="550 Not here")
LOST = Outcome(delivery_id=0, status=DeliveryStatus.IN_DOUBT, reason="reply_lost")


@pytest.mark.parametrize(
    ("answer", "status", "arrived", "said"),
    [
        (None, "sent", True, "was sent to"),
        (REFUSED, "failed", False, "550 Not here"),
        (LOST, "in_doubt", None, "Nobody knows whether the test arrived"),
        (LATER, "cancelled", False, "could not leave now, and was cancelled"),
    ],
)
def test_a_test_is_tried_once_and_what_became_of_it_is_said(
    practice: Practice, rdv, monkeypatch: pytest.MonkeyPatch, answer, status, arrived, said
):
    server = Answering(*([] if answer is None else [answer]))
    monkeypatch.setattr(practice, "_transport_of", server)
    mailing = practice.mailing(rdv, REMINDER)
    trial = trial_of(mailing, 0)
    begun = time.monotonic()
    assert trial.send(confirmed=True)["status"].tolist() == [status]
    assert time.monotonic() - begun < 30
    assert (trial.arrived, said in trial.outcome) == (arrived, True)
    # Nothing of it leaves by itself later.
    assert trial.id is not None
    assert practice.ledger.mailings.counts(trial.id).pending == 0
    assert len(server.letters) == 1


def test_a_test_is_in_the_language_of_who_is_looked_at(practice: Practice):
    practice.templates.save(
        Template(
            label="Coming", folder="Rendez-vous", subject="Your appointment", html="<p>On @RDVDATE</p>",
            language="en", variant_of=REMINDER,
        )
    )  # fmt: skip
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    practice.patients.correct("2610", language="en")
    mailing = practice.mailing(rdv, REMINDER)
    number = mailing.addressed["patient_id"].tolist().index("2610")
    shown = mailing.preview(number)
    assert shown.subject == "Your appointment"
    letter = trial_of(mailing, number).preview(0)
    assert letter.subject.endswith(shown.subject)
    assert letter.html == shown.html


def test_nobody_else_s_message_is_sent_for_the_one_that_is_looked_at(practice: Practice, rdv):
    mailing = practice.mailing(rdv, REMINDER)
    mine, other = mailing.addressed["recipient_id"].iloc[:2]
    trial_of(mailing, 0, recipient_id=mine)
    with pytest.raises(UsageError, match="changed since"):
        trial_of(mailing, 0, recipient_id=other)


@pytest.mark.parametrize("answer", [REFUSED, LOST, LATER])
def test_a_test_is_forgotten_with_the_patient_it_tells_of(
    practice: Practice, rdv, monkeypatch: pytest.MonkeyPatch, answer
):
    monkeypatch.setattr(practice, "_transport_of", Answering(answer))
    mailing = practice.mailing(rdv, REMINDER)
    number = mailing.addressed["patient_id"].tolist().index("2610")
    results = trial_of(mailing, number).send(confirmed=True)
    assert practice.history("2610", deleted=True).empty
    practice.erase_patient("261", "RGPD")
    standing = practice.ledger.keeping.standing(results["delivery_id"].tolist())
    assert standing["emptied_at"].notna().all() == (answer is LATER)  # nothing of another patient is touched
    practice.erase_patient("2610", "RGPD")
    delivery = int(results["delivery_id"].iloc[0])
    assert practice.ledger.results.sent_letter(delivery).values == {}
    assert practice.ledger.results.sent_letter(delivery).emptied_at is not None
