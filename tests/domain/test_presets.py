"""What is known of providers is data that can be relied on: each row says a safe server, or that there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from workbench.domain.accounts import Account, Auth, Security
from workbench.domain.presets import (
    Preset,
    UserForm,
    Verdict,
    advice_on,
    dead_domains,
    fitted,
    preset_called,
    preset_of,
    preset_of_server,
    preset_that_was,
    presets,
    sign_in_guides,
)
from workbench.language import use_language

TODAY = date(2026, 11, 22)
ROWS = list(presets().values())


@pytest.mark.parametrize("preset", ROWS, ids=lambda one: one.key)
def test_a_row_says_a_safe_server_or_why_there_is_none_and_who_said_so_when(preset: Preset) -> None:
    assert preset.source
    assert date(2008, 1, 1) <= preset.dated <= TODAY
    if preset.usable:
        assert preset.verdict in {Verdict.CONFIRMED, Verdict.CHANGED, Verdict.REPORTED}
        assert (preset.security, preset.port) in {(Security.TLS, 465), (Security.STARTTLS, 587)}
        assert preset.ways
        assert set(preset.ways) <= {"password", "app_password", "google", "microsoft"}
        assert preset.source in preset.sentence(TODAY)
        assert preset.help in sign_in_guides()
    else:
        assert preset.verdict in {Verdict.UNCONFIRMED, Verdict.OBSOLETE, Verdict.DEAD}
        assert not preset.port
        assert ("--host" in preset.sentence(TODAY)) is (preset.verdict is not Verdict.DEAD)


def test_every_row_of_the_old_guide_is_answered() -> None:
    assert {row for preset in ROWS for row in preset.guide} == set(range(25, 50))


def test_no_domain_belongs_to_two_providers() -> None:
    domains = [domain for preset in ROWS for domain in preset.domains]
    assert len(domains) == len(set(domains))
    assert all(domain == domain.lower() for domain in domains)


@pytest.mark.parametrize(
    ("address", "host", "user"),
    [
        ("rdv@orange.fr", "smtp.orange.fr", "rdv@orange.fr"),
        ("Rdv@Wanadoo.FR", "smtp.orange.fr", "Rdv@Wanadoo.FR"),
        ("rdv@free.fr", "smtp.free.fr", "rdv"),
        ("rdv@laposte.net", "smtp.laposte.net", "rdv"),
        ("rdv@neuf.fr", "smtp.sfr.fr", "rdv@neuf.fr"),
        ("rdv@hotmail.fr", "smtp-mail.outlook.com", "rdv@hotmail.fr"),
        ("rdv@skynet.be", "relay.proximus.be", "rdv@skynet.be"),
        ("rdv@bluewin.ch", "smtpauths.bluewin.ch", "rdv@bluewin.ch"),
    ],
)
def test_the_domain_of_an_address_tells_the_server_and_the_login(address: str, host: str, user: str) -> None:
    preset = preset_of(address)
    assert preset is not None
    account = fitted(Account(name="a", email=address), preset)
    assert (account.host, account.user) == (host, user)
    assert account.security is not Security.NONE


def test_what_somebody_gave_comes_before_the_preset() -> None:
    gmail = presets()["gmail"]
    given = Account(name="a", email="rdv@cabinet.example", user="secretariat", security=Security.STARTTLS)
    account = fitted(given, gmail, given={"user", "security"})
    assert (account.host, account.effective_port, account.user) == ("smtp.gmail.com", 587, "secretariat")
    tokens = fitted(Account(name="a", email="a@gmail.com", auth=Auth.XOAUTH2), gmail)
    assert tokens.oauth == "google"


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("Orange", "orange"), ("WANADOO", "orange"), ("hotmail", "outlook"), ("1&1", "ionos"), ("télé 2", "tele2"),
        ("Club Internet", "sfr"), ("Microsoft 365", "microsoft365"), ("neuf.fr", "sfr"), ("x@laposte.net", "laposte"),
        ("La Poste", "laposte"), ("Apple", "icloud"), ("NetCourrier", "mailo"), ("OVH", "ovh"), ("gmx.ch", "gmx.net"),
    ],
)  # fmt: skip
def test_a_provider_is_found_by_the_name_a_person_writes(said: str, key: str) -> None:
    found = preset_called(said)
    assert found is not None
    assert found.key == key


@pytest.mark.parametrize("said", ["", "  ", "…", "cabinet.example", "zzz", "rdv@"])
def test_a_provider_nobody_knows_is_none(said: str) -> None:
    assert preset_called(said) is None


def test_a_server_tells_its_provider() -> None:
    assert preset_of_server("SMTP.free.fr.") is presets()["free"]
    assert preset_of_server("") is None


def test_the_servers_of_the_old_guide_are_recognised() -> None:
    assert preset_that_was("smtp.live.com", 587) is presets()["outlook"]
    assert preset_that_was("smtp.sfr.fr", 587) is presets()["sfr"]
    assert preset_that_was("smtp.sfr.fr", 465) is None
    use_language("en")
    try:
        hotmail = Account(name="a", email="a@cabinet.example", host="smtp.live.com", security=Security.STARTTLS)
        [told] = advice_on(hotmail, TODAY)
        assert "--preset outlook" in told
        old = Account(name="a", email="a@cabinet.example", host="mail.noos.fr", port=25)
        assert "--host" in advice_on(old, TODAY)[0]
    finally:
        use_language(None)


def test_an_old_source_is_told_as_such_and_a_young_one_is_not() -> None:
    orange = presets()["orange"]
    assert not orange.is_stale(TODAY)
    assert orange.is_stale(date(2031, 6, 1))
    assert orange.sentence(date(2031, 6, 1)).startswith(orange.sentence(TODAY))
    assert orange.sentence(date(2031, 6, 1)) != orange.sentence(TODAY)


def test_a_domain_whose_mailboxes_are_closed_is_known() -> None:
    assert dead_domains() == {"tiscali.fr"}


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("key", list(sign_in_guides()))
def test_a_guide_has_numbered_steps_in_each_language_and_ends_with_a_trial(key: str, language: str) -> None:
    guide = sign_in_guides()[key]
    use_language(language)
    try:
        lines = guide.lines(account="cabinet", address="rdv@cabinet.example")
        assert lines[0].startswith("1. ")
        assert any("workbench account test cabinet" in line for line in lines)
        assert not any("{" in line for line in lines)
        assert guide.title
        assert guide.why
    finally:
        use_language(None)


@pytest.mark.parametrize(
    ("reply", "key"),
    [
        ("535-5.7.8 Username and Password not accepted. https://support.google.com/mail/?p=BadCredentials", "google"),
        ("534-5.7.9 Application-specific password required. InvalidSecondFactor - gsmtp", "google"),
        ("535 5.7.139 Authentication unsuccessful, basic authentication is disabled.", "outlook"),
        ("535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled", "microsoft365"),
        ("535 5.7.0 (#AUTH005) Too many bad auth attempts.", "yahoo"),
    ],
)
def test_the_refusals_that_wrong_passwords_get_are_recognised(reply: str, key: str) -> None:
    assert sign_in_guides()[key].explains(reply)


def test_another_refusal_is_not_taken_for_one_of_them() -> None:
    assert not any(guide.explains("550 5.7.1390 mailbox 15.7.139 unknown") for guide in sign_in_guides().values())


def test_the_login_and_what_it_lacks_are_told() -> None:
    use_language("en")
    try:
        free = fitted(Account(name="cabinet", email="cabinet@free.fr"), presets()["free"])
        told = advice_on(free, TODAY)
        assert "smtp.free.fr" in told[0]
        assert "before the @" in told[1]
        assert "--password-stdin" in told[2]
        own = advice_on(replace(free, user="other", password_from="file"), TODAY)
        assert "as it was given" in own[1]
        assert len(own) == 2
        hotmail = fitted(Account(name="a", email="a@hotmail.fr", password_from="file"), presets()["outlook"])
        assert "account help outlook" in advice_on(hotmail, TODAY)[-1]
        assert advice_on(Account(name="a", email="a@b.example", host="127.0.0.1"), TODAY) == []
    finally:
        use_language(None)


def test_the_form_of_a_login() -> None:
    assert UserForm.LOCAL.of("a.b@free.fr") == "a.b"
    assert UserForm.ADDRESS.of("a.b@orange.fr") == "a.b@orange.fr"
