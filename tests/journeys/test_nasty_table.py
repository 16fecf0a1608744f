"""A table of nasty names, the whole way: ledger, server, files and results say just what was meant (P9)."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

import pandas as pd
from typer.testing import CliRunner

from tests.journeys.smtp_sink import serving
from tests.merging import reading_back
from tests.merging.nasty import HALVES, HTML, NASTY, SENDER, SUBJECT, TEXT, meant_by
from tests.merging.reading_back import differences
from workbench.cli.main import app
from workbench.domain.messages import Address
from workbench.merging.mime import MimeWriter
from workbench.wiring import init_workspace, open_practice

REMINDER = f"""---
label: Rappel
subject: "{SUBJECT}"
text: "{TEXT.replace(chr(10), chr(92) + "n")}"
---
{HTML}
"""


def nasty_table(names: list[str]) -> pd.DataFrame:
    places = range(len(names))
    emails = [f"p{number}@exemple.example" for number in places]
    return pd.DataFrame({"id": places, "email": emails, "nom": names, "name": names})


def send_reminders(workspace: Path, names: list[str], **account: object) -> None:
    """Send the reminder to a table of these names, through the ledger; everybody must be sent to."""
    file = workspace.parent / "rappel.html"
    file.write_text(REMINDER, encoding="utf-8")
    with open_practice(workspace) as practice:
        practice.templates.import_file(file)
        practice.accounts.set("essai", email=SENDER.email, display_name=SENDER.name, **account)  # type: ignore[arg-type]
        results = practice.mailing(nasty_table(names), "Rappel", account="essai").send(confirmed=True)
        assert results["status"].tolist() == ["sent"] * len(names)


def assert_says_just_that_to(number: int, name: str, raw: bytes) -> None:
    # A table's cell keeps no NUL, which PostgreSQL refuses, and a mark for a half character.
    name = HALVES.sub("\ufffd", name.replace("\x00", ""))
    recipient = Address(email=f"p{number}@exemple.example", name=name)
    meant = meant_by(MimeWriter(sender=SENDER), name=name, recipient=recipient, html=page_read(raw))
    assert differences(raw, meant) == [], repr(name)


def test_a_server_receives_one_letter_for_each_name_of_a_nasty_table(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "W")
    names = [name for name in NASTY if name and len(name) < 2_000]
    with serving(tmp_path / "sink") as sink:
        send_reminders(workspace, names, host="127.0.0.1", port=sink.port, security="none")
        received = sink.messages()
    assert [one.sender for one in received] == [SENDER.email] * len(names)
    assert Counter(one.recipients for one in received) == Counter(
        (f"p{number}@exemple.example",) for number in range(len(names))
    )
    for one in received:
        number = int(one.recipients[0].partition("@")[0].removeprefix("p"))
        assert_says_just_that_to(number, names[number], one.content)


def test_files_and_results_of_a_nasty_table_are_harmless(tmp_path: Path, postgres_url: str) -> None:
    workspace = init_workspace(tmp_path / "W", ledger=postgres_url)
    names = [name for name in NASTY if name and len(name) < 40 and not name.isalnum()][::2]
    names += ["\ud800", "Ana\x00M"]
    send_reminders(workspace, names, kind="folder", folder=str(tmp_path / "out"))
    letters = sorted((tmp_path / "out").iterdir())
    assert len(letters) == len(names)
    assert all(re.fullmatch(r"\d{10}\.eml", file.name) for file in letters)
    for number, (file, name) in enumerate(zip(letters, names, strict=True)):
        assert_says_just_that_to(number, name, file.read_bytes())
    shown = CliRunner().invoke(app, ["-w", str(workspace), "results", "--format", "csv"])
    assert shown.exit_code == 0, shown.output
    rows = list(csv.DictReader(io.StringIO(shown.stdout, newline="")))
    assert len(rows) == len(names)
    assert not any(re.match(r"[=+@\t\r\n＝＋－＠-]", cell) for row in rows for cell in row.values())


def page_read(raw: bytes) -> str:
    message = reading_back.message_from_bytes(raw, policy=reading_back.policy.compat32)
    page = [part for part in message.walk() if not part.is_multipart()][1].get_payload(decode=True)
    assert isinstance(page, bytes)
    return page.decode().replace("\r\n", "\n")
