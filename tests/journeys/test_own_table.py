"""A practice's own table, 2,000 rows over a real SMTP server, with the sender killed in the middle."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.journeys.running import last_json, start_workbench
from tests.journeys.smtp_sink import SmtpSink

ROWS = 2000
Run = Callable[..., CompletedProcess[str]]

TEMPLATE = """---
label: Mot de passe
folder: Tables
subject: "Votre jeton {{ token }}"
---
<p>Bonjour {{ name }},</p>
<p>Votre jeton est <b>{{ token }}</b> et votre note {{ note_du_jour }}.</p>
"""


def workspace_for(folder: Path, sink: SmtpSink, workbench: Run) -> Path:
    """An empty practice with an account, an email type, and a table of its own."""
    workspace = folder / "W"
    assert workbench("init", workspace).returncode == 0
    made = workbench(
        "account", "set", "local", "--email", "cabinet@practice.example", "--host", "127.0.0.1",
        "--port", sink.port, "--security", "none", workspace=workspace,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    (folder / "jeton.html").write_text(TEMPLATE, encoding="utf-8")
    assert workbench("template", "import", folder / "jeton.html", workspace=workspace).returncode == 0
    lines = ["id,email,name,token,Note du jour"]
    lines += [f"p{n},p{n}@table.example,Élève n° {n},tok-{n:05d}-x,{n}" for n in range(ROWS)]
    (folder / "table.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return workspace


def send_words(folder: Path, connections: int) -> tuple[object, ...]:
    return ("send", "--recipients", folder / "table.csv", "--template", "Tables/Mot de passe",
            "--connections", connections, "--yes", "--json")  # fmt: skip


def check_everyone_has_the_right_message(sink: SmtpSink) -> None:
    for caught in sink.messages():
        number = caught.recipients[0].partition("@")[0].removeprefix("p")
        token = f"tok-{int(number):05d}-x"
        assert str(caught.message["Subject"]) == f"Votre jeton {token}"
        assert f"Élève n° {number}," in caught.body("plain")
        assert caught.body("html").count(token) == 1


@pytest.mark.parametrize("connections", [1, 10])
def test_two_thousand_rows_are_merged_and_sent_once(
    tmp_path: Path, workbench: Run, smtp_sink: SmtpSink, connections: int
) -> None:
    workspace = workspace_for(tmp_path, smtp_sink, workbench)
    done = workbench(*send_words(tmp_path, connections), workspace=workspace)
    assert done.returncode == 0, done.stderr
    assert last_json(done) == {
        "mailing": 1, "sent": ROWS, "failed": 0, "in_doubt": 0, "skipped": 0, "pending": 0,
    }  # fmt: skip
    assert smtp_sink.count() == ROWS
    assert set(smtp_sink.addresses().values()) == {1}
    check_everyone_has_the_right_message(smtp_sink)
    again = workbench(*send_words(tmp_path, connections), workspace=workspace)
    assert last_json(again)["sent"] == ROWS
    assert smtp_sink.count() == ROWS


def test_a_kill_in_the_middle_doubles_and_loses_nobody(
    tmp_path: Path, home: Path, workbench: Run, start_sink: Callable[..., SmtpSink]
) -> None:
    connections = 10
    sink = start_sink(delay=0.002)
    workspace = workspace_for(tmp_path, sink, workbench)
    chance = random.Random(connections)
    kills = 0
    for _start in range(12):
        if kills == 4:
            break
        goal = sink.count() + chance.randrange(20, 300)
        process = start_workbench(*send_words(tmp_path, connections), workspace=workspace, home=home)
        while process.poll() is None and sink.count() < goal:
            time.sleep(0.005)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.communicate(timeout=60)
    assert kills == 4
    done = workbench(*send_words(tmp_path, connections), workspace=workspace)
    counts = last_json(done)
    assert counts["sent"] + counts["in_doubt"] == ROWS
    assert counts["pending"] == counts["failed"] == counts["skipped"] == 0
    assert counts["in_doubt"] <= kills * connections
    assert done.returncode == (3 if counts["in_doubt"] else 0)
    arrived = sink.addresses()
    assert set(arrived.values()) == {1}, "somebody was written to twice"
    results = workbench("results", "--format", "json", workspace=workspace)
    told_sent = {row["address"] for row in _rows(results.stdout) if row["status"] == "sent"}
    assert told_sent <= set(arrived), "a message was reported as sent that never arrived"
    assert len(set(arrived)) >= counts["sent"]
    check_everyone_has_the_right_message(sink)


def _rows(text: str) -> list[dict[str, str]]:
    import json

    rows = json.loads(text)
    assert isinstance(rows, list)
    return rows
