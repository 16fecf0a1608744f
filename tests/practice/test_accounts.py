"""An account takes what is known of its provider, is tried to the end, and tells no secret of it."""

from __future__ import annotations

import base64
import email
import json
from dataclasses import replace
from datetime import UTC, datetime
from email.policy import default as modern
from pathlib import Path

import pytest

from tests.servers.chaos_smtp import ChaosServer, Fault
from workbench.domain.accounts import Account, Auth, Stage
from workbench.errors import AccountError, UnknownSignature
from workbench.language import use_language
from workbench.practice import Practice
from workbench.practice.account_trial import HIDDEN, report_of, secrets_of, without_secrets

SECRET = "s3cr3t of the practice/+="


@pytest.fixture(autouse=True)
def english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_language("en")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("P", SECRET)


def here(practice: Practice, server: ChaosServer, **values: object) -> Account:
    login = {"user": "rdv", "password_env": "P"} | values
    return practice.accounts.set(
        "here", email="rdv@cabinet.example", host="127.0.0.1", port=server.port, security="none", **login
    )


# --- presets ----------------------------------------------------------------------------------------------


def test_an_address_tells_the_server_the_login_and_where_that_is_known_from(practice: Practice) -> None:
    account = practice.accounts.set("poste", email="cabinet@laposte.net", password_env="P")
    assert (account.host, account.effective_port, account.user) == ("smtp.laposte.net", 465, "cabinet")
    assert "laposte.net.xml" in practice.accounts.advice("poste")[0]
    again = practice.accounts.set("poste", display_name="Cabinet")
    assert (again.host, again.user) == (account.host, account.user)


def test_an_address_of_another_provider_takes_its_server_and_its_login(practice: Practice) -> None:
    practice.accounts.set("mail", email="cabinet@free.fr", password_env="P")
    moved = practice.accounts.set("mail", email="cabinet@orange.fr")
    assert (moved.host, moved.user) == ("smtp.orange.fr", "cabinet@orange.fr")
    same = practice.accounts.set("mail", email="secretariat@wanadoo.fr")
    assert (same.host, same.user) == ("smtp.orange.fr", "secretariat@wanadoo.fr")
    own = practice.accounts.set("mail", user="other", host="mail.cabinet.example")
    assert practice.accounts.set("mail", email="x@free.fr").host == own.host


def test_a_domain_of_its_own_names_who_hosts_it(practice: Practice) -> None:
    with pytest.raises(AccountError, match="--preset ovh"):
        practice.accounts.set("own", email="rdv@cabinet.example")
    account = practice.accounts.set("own", email="rdv@cabinet.example", preset="ovh", password_env="P")
    assert (account.host, account.user) == ("ssl0.ovh.net", "rdv@cabinet.example")
    with pytest.raises(AccountError, match="orange"):
        practice.accounts.set("own", preset="nobody")


@pytest.mark.parametrize("address", ["a@tiscali.fr", "a@noos.fr", "a@numericable.fr"])
def test_a_server_nobody_knows_is_asked_for_and_a_closed_mailbox_refused(practice: Practice, address: str) -> None:
    with pytest.raises(AccountError):
        practice.accounts.set("old", email=address)
    if "tiscali" in address:
        with pytest.raises(AccountError, match="closed"):
            practice.accounts.set("old", email=address, host="smtp.cabinet.example")
    else:
        assert practice.accounts.set("old", email=address, host="smtp.cabinet.example").host == "smtp.cabinet.example"


def test_what_somebody_says_comes_before_the_preset(practice: Practice) -> None:
    account = practice.accounts.set(
        "gmail", email="a@gmail.com", port=587, security="starttls", user="other", password_env="P"
    )
    assert (account.host, account.effective_port, account.user) == ("smtp.gmail.com", 587, "other")


def test_the_port_of_servers_among_themselves_is_for_this_computer_alone(practice: Practice) -> None:
    with pytest.raises(AccountError, match="port 25"):
        practice.accounts.set("old", email="rdv@cabinet.example", host="smtp.cabinet.example", port=25, security="tls")
    assert "old" not in practice.accounts
    own = practice.accounts.set("own", email="rdv@cabinet.example", host="localhost", port=25, security="none")
    assert own.port == 25


def test_another_encryption_has_a_port_of_its_own_unless_one_is_given(practice: Practice) -> None:
    accounts = practice.accounts
    accounts.set("own", email="rdv@cabinet.example", host="smtp.cabinet.example", port=465, security="tls")
    assert accounts.set("own", display_name="Cabinet", security="tls").port == 465
    assert accounts.set("own", security="starttls").effective_port == 587
    assert accounts.set("own", security="tls", port=10465).effective_port == 10465
    assert accounts.set("own", security="starttls").effective_port == 587


def test_every_preset_stands_in_the_frame_with_source_and_date(practice: Practice) -> None:
    known = practice.accounts.presets().set_index("preset")
    assert (known["source"] != "").all()
    assert known["dated"].notna().all()
    assert known.loc["caramail", "stale"]
    assert not known.loc["orange", "stale"]
    assert set(known.loc[known["host"] != "", "security"]) == {"tls", "starttls"}


# --- settings ---------------------------------------------------------------------------------------------


def test_a_signature_must_be_there_and_a_dash_means_none(practice: Practice) -> None:
    assert practice.accounts.set("folder", signature="Cabinet").signature == "Cabinet"
    with pytest.raises(UnknownSignature, match="Cabinet"):
        practice.accounts.set("folder", signature="Nobody")
    assert practice.accounts["folder"].signature == "Cabinet"
    assert practice.accounts.set("folder", signature="-").signature == ""


def test_each_option_is_said_alone_and_told_with_who_says_it(practice: Practice) -> None:
    practice.accounts.set("folder", confirm=False)
    practice.accounts.set("folder", read_receipt=True)
    told = practice.accounts.settings("folder").set_index("name")
    assert told.loc["confirm"].tolist() == [False, "account"]
    assert told.loc["read_receipt"].tolist() == [True, "account"]
    assert told.loc["keep_messages"].tolist() == [True, "usual"]
    practice.accounts.set("gmail", email="a@gmail.com", per_hour=20, password_env="P")
    told = practice.accounts.settings("gmail").set_index("name")
    assert told.loc["host", "said_by"] == "preset"
    assert told.loc["per_day"].tolist() == [500, "provider"]
    assert told.loc["per_hour"].tolist() == [20, "account"]


def test_the_default_account_is_the_one_made_so(practice: Practice) -> None:
    practice.accounts.set("other", kind="folder")
    assert practice.accounts.default_name == ""
    practice.accounts.set("other", default=True)
    assert practice.accounts.default().name == practice.accounts.default_name == "other"
    practice.accounts.set("folder", default=True)
    assert practice.accounts.default_name == "folder"


# --- secrets ----------------------------------------------------------------------------------------------


def test_a_password_is_kept_in_one_place_alone_and_removed_with_its_account(practice: Practice, tmp_path: Path) -> None:
    def files() -> list[Path]:
        return [file for file in (tmp_path / "config").rglob("*-mail-*") if file.is_file()]

    kept = practice.accounts.set("mail", email="a@orange.fr", password="one")
    assert kept.password_from == "file"
    assert len(files()) == 1
    assert files()[0].stat().st_mode & 0o777 == 0o600
    assert practice.accounts.set("mail", password_env="P").password_from == "env:P"
    assert not files()
    practice.accounts.set("mail", password="two-of-the-practice")
    assert practice.accounts.password(practice.accounts["mail"]) == "two-of-the-practice"
    practice.accounts.remove("mail")
    assert not files()
    assert not any(b"two-of-the-practice" in file.read_bytes() for file in practice.path.rglob("*.sqlite*"))


# --- the trial --------------------------------------------------------------------------------------------


def test_a_message_goes_to_the_account_s_own_address_alone(practice: Practice) -> None:
    with ChaosServer(users={"rdv": SECRET}, mechanisms=("PLAIN",)) as server:
        here(practice, server)
        assert [one.name for one in practice.accounts.test("here")] == ["dns", "tcp", "greeting", "login"]
        assert not server.kept
        stages = practice.accounts.test("here", mail_to_self=True)
    assert all(stage.ok for stage in stages)
    [message] = server.kept
    assert (message.sender, message.recipient) == ("rdv@cabinet.example", "rdv@cabinet.example")
    read = email.message_from_bytes(message.content, policy=modern)
    assert read["To"].addresses[0].addr_spec == "rdv@cabinet.example"
    assert read["Message-ID"] in stages[-1].detail


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(at="rcpt", do="reply", text="550 5.1.1 no such mailbox", times=-1), "no such mailbox"),
        (Fault(at="rcpt", do="reply", text="450 4.2.1 later", times=-1), "try again in a few minutes"),
        (Fault(at="dot", do="drop", times=-1), "look in the mailbox"),
    ],
)
def test_a_message_that_does_not_arrive_says_what_the_server_said(practice: Practice, fault: Fault, words: str) -> None:
    with ChaosServer(faults=[fault]) as server:
        here(practice, server, user="", password_env=None)
        stages = practice.accounts.test("here", mail_to_self=True)
    assert stages[-1].name == "mail"
    assert not stages[-1].ok
    assert words in stages[-1].detail


def test_the_catcher_and_a_folder_are_tried_too(practice: Practice, tmp_path: Path) -> None:
    stages = practice.accounts.test("catcher", mail_to_self=True)
    assert [stage.name for stage in stages if stage.ok] == ["dns", "tcp", "greeting", "login", "mail"]
    stages = practice.accounts.test("folder", mail_to_self=True)
    assert [stage.name for stage in stages if stage.ok] == ["folder", "mail"]
    assert len(list((practice.path / "out").glob("*.eml"))) == 1
    (tmp_path / "file").write_text("x")
    practice.accounts.set("nowhere", kind="folder", folder=str(tmp_path / "file"))
    [stage] = practice.accounts.test("nowhere", mail_to_self=True)
    assert not stage.ok


def test_a_report_holds_no_secret_wherever_the_server_repeats_it(practice: Practice) -> None:
    told = base64.b64encode(f"\0rdv\0{SECRET}".encode()).decode()
    said = f"535 5.7.8 refused {SECRET} {told} {base64.b64encode(SECRET.encode()).decode()}"
    with ChaosServer(
        users={"rdv": "x"}, mechanisms=("PLAIN",), faults=[Fault(at="auth", do="reply", text=said, times=-1)]
    ) as server:
        here(practice, server)
        practice.accounts.set("here", display_name=SECRET, user=SECRET)
        stages = practice.accounts.test("here")
    report = practice.accounts.report("here", stages)
    assert not stages[-1].ok
    assert HIDDEN in stages[-1].detail
    for text in (report, repr(stages)):
        for form in (SECRET, told, base64.b64encode(SECRET.encode()).decode()):
            assert form not in text
    assert "Python" in report
    assert "127.0.0.1" in report


def test_tokens_are_secrets_in_every_form_that_they_are_said_in() -> None:
    account = Account(name="a", email="a@gmail.com", auth=Auth.XOAUTH2, host="smtp.gmail.com")
    kept = json.dumps({"access_token": "ya29.access", "refresh_token": "1//refresh", "expires_at": 1.5})
    bearer = base64.b64encode(b"user=a@gmail.com\1auth=Bearer ya29.access\1\1").decode()
    stages = [Stage(name="login", ok=False, detail=f"ya29.access 1//refresh {bearer} 1%2F%2Frefresh {kept}")]
    hidden = secrets_of(kept)
    assert without_secrets(stages, hidden)[0].detail == " ".join([HIDDEN] * 5)
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert "refresh" not in report_of(replace(account, client_id="x"), stages, now=now, hidden=hidden)


def test_without_anything_kept_nothing_is_hidden() -> None:
    assert secrets_of(None, "") == set()


# --- a trial that somebody watches ------------------------------------------------------------------------


def test_each_step_of_a_trial_is_told_as_it_ends_and_without_secrets(practice: Practice) -> None:
    told: list[Stage] = []
    with ChaosServer(users={"rdv": SECRET}, mechanisms=("PLAIN",)) as server:
        here(practice, server)
        stages = practice.accounts.test("here", mail_to_self=True, tell=told.append)
    assert [stage.name for stage in told] == ["dns", "tcp", "greeting", "login", "mail"]
    assert told == stages
    assert SECRET not in str(told)


def test_the_last_trial_is_remembered_until_the_account_is_changed(practice: Practice) -> None:
    with ChaosServer(users={"rdv": SECRET}, mechanisms=("PLAIN",)) as server:
        here(practice, server)
        assert practice.accounts.last_test("here") is None
        practice.accounts.test("here")
        last = practice.accounts.last_test("here")
        assert last is not None
        assert (last.failed, last.at) == ("", practice.now())
    practice.accounts.test("here")
    assert practice.accounts.last_test("here").failed == "tcp"
    practice.accounts.set("here", user="someone")
    assert practice.accounts.last_test("here") is None


def test_what_names_an_account_is_told_before_it_is_removed(practice: Practice) -> None:
    template = practice.templates["Rendez-vous/Rappel de rendez-vous"]
    practice.ledger.library.save_template(replace(template, account="folder"), by="claire", now=practice.now())
    assert practice.accounts.used_by("folder") == ["the email type « Rendez-vous/Rappel de rendez-vous »"]
    assert practice.accounts.used_by("catcher") == []


def test_a_job_that_sends_by_an_account_is_told_before_it_is_removed(practice: Practice) -> None:
    practice.jobs.add(
        "Manqués", treatment="missed", template="Rendez-vous/Rendez-vous manqué", time="12:00", account="folder"
    )
    assert practice.accounts.used_by("folder") == ["the job « Manqués »"]
    assert practice.accounts.used_by("catcher") == []
