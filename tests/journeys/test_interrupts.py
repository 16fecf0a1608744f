"""A person stops a sending, or the machine does: what was in flight ends, the same command goes on, nobody twice."""

from __future__ import annotations

import json
import signal

import pytest

from tests.journeys.running import last_json, start_workbench

ROWS = 40
TEMPLATE = "---\nlabel: Invitation\nsubject: Votre code {{ token }}\n---\n<p>Code : {{ token }}</p>\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_sending_ends_cleanly_and_goes_on_later(workbench, start_sink, home, tmp_path, number):
    sink = start_sink(delay=0.1)
    practice = tmp_path / "practice"
    table, template = tmp_path / "table.csv", tmp_path / "invitation.html"
    lines = [f"p{row}@exemple.test,T{row},{row}" for row in range(ROWS)]
    table.write_text("\n".join(["email,token,id", *lines]), encoding="utf-8")
    template.write_text(TEMPLATE, encoding="utf-8")
    assert workbench("init", practice).returncode == 0
    account = ("--email", "cabinet@exemple.test", "--host", "127.0.0.1", "--port", sink.port, "--security", "none")
    assert workbench("account", "set", "local", *account, workspace=practice).returncode == 0
    assert workbench("template", "import", template, workspace=practice).returncode == 0
    send = ("send", "--recipients", table, "--template", "Invitation", "--connections", 2, "--yes", "--json")

    with start_workbench(*send, workspace=practice, home=home) as sending:
        sink.wait_for(6)
        sending.send_signal(number)
        out, err = sending.communicate(timeout=60)
    assert sending.returncode == 130, err
    assert "Traceback" not in err
    stopped = json.loads(out.splitlines()[-1])
    assert stopped["in_doubt"] == 0
    assert 6 <= stopped["sent"] == sink.count() < ROWS
    assert stopped["sent"] + stopped["pending"] == ROWS

    done = workbench(*send, workspace=practice)
    assert done.returncode == 0, done.stderr
    assert last_json(done) == {**stopped, "sent": ROWS, "pending": 0}
    assert sink.addresses() == {f"p{row}@exemple.test": 1 for row in range(ROWS)}


def test_a_command_whose_input_was_closed_refuses_instead_of_asking(workbench, home, tmp_path):
    practice = tmp_path / "practice"
    assert workbench("init", practice, "--demo").returncode == 0
    send = (
        "send",
        "--search",
        "appointments",
        "--set",
        "start=tomorrow",
        "--template",
        "Rendez-vous/Rappel de rendez-vous",
    )
    done = workbench(*send, workspace=practice)
    assert done.returncode == 1
    assert "--yes" in done.stderr
    assert json.loads(workbench("mailings", "--format", "json", workspace=practice).stdout) == []
