"""Names of the sample practice and of far away: each reaches the addressee's own header whole, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workbench.domain.messages import Address, Rendered
from workbench.merging.mime import MimeWriter
from workbench.patients.sample.people import sample_people

SAID = Rendered(subject="Rappel", html="<p>à bientôt</p>", text="à bientôt\n")
FAR = ("Παπαδημητρόπουλος Κωνσταντίνος", "Константинопольский", "김수한무거북이와두루미삼천갑자동방삭", "עַבְדֻּלְלָהאַבְדֻּלְלָה")


def letter(name: str) -> list[str]:
    writer = MimeWriter(sender=Address(email="secretariat@cabinet.example", name="Cabinet des Tilleuls"))
    to = Address(email="somebody@courriel.example", name=name)
    raw = writer.write(
        recipient=to,
        rendered=SAID,
        message_id="<1@cabinet.example>",
        boundary_seed="1",
        date=datetime(2026, 11, 22, tzinfo=UTC),
        language="fr",
    )
    return writer.reparse_problems(raw, recipient=to, rendered=SAID)


def test_every_patient_of_the_sample_can_be_written_to_by_name() -> None:
    names = {f"{patient.first_name} {patient.last_name}" for patient in sample_people()[0]}
    assert [name for name in sorted(names) if letter(name)] == []


@pytest.mark.parametrize("name", FAR)
def test_a_long_name_in_another_alphabet_leaves_nobody_out(name: str) -> None:
    assert letter(name) == []
