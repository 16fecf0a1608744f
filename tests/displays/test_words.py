from __future__ import annotations

import pytest

from workbench.displays.words import heading, shown
from workbench.domain.deliveries import DeliveryStatus
from workbench.domain.mailings import MailingStatus, Severity
from workbench.domain.people import Role
from workbench.language import use_language
from workbench.merging.catalogue import builtin_catalogue


@pytest.mark.parametrize("status", [*DeliveryStatus, *MailingStatus])
def test_every_status_has_a_sign_and_a_word(status):
    sign, word = shown("status", status).split(" ", 1)
    assert sign in "✓✕?–…"
    assert word


@pytest.mark.parametrize("severity", [*Severity])
def test_every_severity_has_a_sign_and_a_word(severity):
    assert shown("severity", severity)[:2] in {"✕ ", "? "}


@pytest.mark.parametrize("role", [*Role])
def test_every_role_has_a_word_in_the_readers_language(role):
    english = shown("role", role)
    use_language("fr")
    assert english
    assert shown("role", role) != role or role is Role.PATIENT


def test_every_category_of_fields_has_a_word_in_english():
    categories = {field.category for field in builtin_catalogue().values()}
    assert {category for category in categories if shown("category", category) is None} == set()


def test_a_column_of_the_practices_own_keeps_its_name_and_its_values():
    assert heading("salle") == "salle"
    assert shown("salle", "sent") is None


def test_the_time_of_an_appointment_is_no_run_of_a_job():
    use_language("fr")
    assert [heading("time"), heading("occurrence")] == ["Heure", "Exécution"]


def test_the_title_of_a_job_is_no_form_of_address():
    use_language("fr")
    assert (heading("title"), heading("civility")) == ("Titre", "Civilité")
