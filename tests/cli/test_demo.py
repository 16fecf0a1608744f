from __future__ import annotations

import sys
from email import message_from_bytes, policy

import pytest
from typer.testing import CliRunner

from workbench.cli.demo import NOTEBOOK
from workbench.cli.main import app
from workbench.wiring import init_workspace, open_practice


@pytest.fixture
def demo(tmp_path):
    def run():
        return CliRunner().invoke(app, ["demo", str(tmp_path / "demo"), "--no-lab"])

    return run


def test_one_command_sends_tomorrows_reminders_to_the_catcher_and_reports(demo, tmp_path):
    done = demo()
    assert done.exit_code == 0, done.output
    caught = list((tmp_path / "demo" / "caught").rglob("*.eml"))
    assert len(caught) >= 20
    assert f"✓ Sent        {len(caught)}" in done.stdout
    assert "No e-mail address in the file." in done.stdout
    for file in caught:
        address = message_from_bytes(file.read_bytes(), policy=policy.default)["To"].addresses[0].addr_spec
        assert address in done.stdout
    assert str(tmp_path / "demo" / "caught") in done.stderr


def test_the_same_command_again_sends_nothing_twice(demo, tmp_path):
    demo()
    before = sorted((tmp_path / "demo" / "caught").rglob("*.eml"))
    assert demo().exit_code == 0
    assert sorted((tmp_path / "demo" / "caught").rglob("*.eml")) == before


def test_the_same_mailing_is_a_job_that_is_switched_off_and_tells_nobody_twice(demo, tmp_path):
    demo()
    sent = len(list((tmp_path / "demo" / "caught").rglob("*.eml")))
    with open_practice(tmp_path / "demo") as practice:
        (job,) = practice.jobs.values()
        assert (job.active, job.notebook, str(job.recurrence.every)) == (False, NOTEBOOK, "open_days")
        done = practice.jobs.run(job.key)
        assert done.state.value == "done", done.trace
        practice.jobs.remove(job.key)
    assert len(list((tmp_path / "demo" / "caught").rglob("*.eml"))) == sent
    demo()
    with open_practice(tmp_path / "demo") as practice:
        assert not practice.jobs  # what somebody took away stays away


def test_a_real_practice_is_never_taken_for_a_sample(demo, tmp_path):
    init_workspace(tmp_path / "demo")
    done = demo()
    assert done.exit_code == 1
    assert "not a sample" in done.stderr


@pytest.mark.parametrize(
    ("called", "found", "command"),
    [
        ("workbench", "/somewhere/bin/workbench", "workbench"),
        ("/a b/.venv/bin/workbench", None, "'/a b/.venv/bin/workbench'"),
        ("/x/workbench/__main__.py", "/somewhere/bin/workbench", f"{sys.executable} -m workbench"),
    ],
)
def test_what_to_try_next_is_written_as_this_person_calls_it(demo, monkeypatch, tmp_path, called, found, command):
    monkeypatch.setattr("sys.argv", [called])
    monkeypatch.setattr("shutil.which", lambda _name: found)
    assert f"  {command} -w {tmp_path / 'demo'} results 1" in demo().stderr


def test_the_demo_writes_to_its_catcher_whatever_accounts_were_made(tmp_path):
    folder = init_workspace(tmp_path / "demo", demo=True)
    made = CliRunner().invoke(
        app,
        ["-w", str(folder), "account", "set", "real", "--email", "a@b.example", "--host", "127.0.0.1", "--port", "1",
         "--security", "none"],
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert CliRunner().invoke(app, ["demo", str(folder), "--no-lab"]).exit_code == 0
    assert len(list((folder / "caught").rglob("*.eml"))) >= 20
