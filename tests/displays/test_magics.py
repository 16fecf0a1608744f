"""``%%emailtype`` and ``%publipostage``, in a real IPython shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import workbench as wb
from workbench.displays.magics import keep_template, open_screens
from workbench.domain.messages import Message
from workbench.errors import TemplateRefused, UnknownTemplate, UsageError
from workbench.practice import Practice

CELL = """---
subject: Votre rendez-vous du @RDVDATE
---
<p>Bonjour @DAPPEL,</p>
"""


@pytest.fixture
def practice(demo_made_once: Path, tmp_path: Path) -> Iterator[Practice]:
    shutil.copytree(demo_made_once, tmp_path / "W")
    with wb.open(tmp_path / "W") as opened:
        yield opened


def shown_by(practice: Practice, line: str, cell: str) -> list[Any]:
    shown: list[Any] = []
    keep_template(practice, line, cell, show=shown.append)
    return shown


def test_a_cell_is_kept_as_an_email_type_and_again_as_its_next_version(practice: Practice):
    assert shown_by(practice, " Essais/Bonjour ", CELL) == ["« Essais/Bonjour » is kept as version 1."]
    assert shown_by(practice, "Essais/Bonjour", CELL.replace("Bonjour", "Salut"))[0].endswith("version 2.")
    template = practice.templates["Essais/Bonjour"]
    assert (template.folder, template.label, template.subject) == (
        "Essais", "Bonjour", "Votre rendez-vous du @RDVDATE",
    )  # fmt: skip
    assert "Salut @DAPPEL" in template.html


def test_the_first_message_of_the_last_search_is_shown(practice: Practice):
    rdv = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    message = shown_by(practice, "Essais/Bonjour", CELL)[-1]
    assert isinstance(message, Message)
    assert message.html == rdv.workbench.preview("Essais/Bonjour").html


def test_what_is_doubtful_is_shown(practice: Practice):
    _kept, findings = shown_by(practice, "Essais/Bonjour", CELL.replace("@DAPPEL", "@DAPPELLE"))
    assert isinstance(findings, pd.DataFrame)
    assert findings["message"].str.contains("@DAPPELLE").any()


def test_a_list_without_anybody_keeps_the_email_type_all_the_same(practice: Practice):
    found = practice.search("appointments", start="2031-01-01")
    assert found.empty
    assert len(shown_by(practice, "Essais/Bonjour", CELL)) == 1


@pytest.mark.parametrize(
    ("line", "cell", "error"),
    [
        ("", CELL, UsageError),
        ("Essais/Bonjour", "---\nlabel: Bonsoir\n---\nx", TemplateRefused),
        ("Essais/Bonjour", "{% if %}", TemplateRefused),
        ("/Bonjour", CELL, TemplateRefused),
    ],
)
def test_a_cell_that_cannot_be_an_email_type_is_refused_and_not_kept(
    practice: Practice, line: str, cell: str, error: type[Exception]
):
    before = list(practice.templates)
    with pytest.raises(error):
        shown_by(practice, line, cell)
    assert list(practice.templates) == before
    with pytest.raises(UnknownTemplate):
        practice.templates["Essais/Bonjour"]


def test_the_word_opens_the_screens_with_a_search_and_its_parameters(practice: Practice):
    desk = open_screens(practice, "missed start=J-30 practitioner='CC,MM'")
    assert (desk.search.name, desk.search.values) == ("missed", {"start": "J-30", "practitioner": "CC,MM"})
    with pytest.raises(UsageError, match="name=value"):
        open_screens(practice, "missed appointments")


def test_both_words_are_there_in_ipython_once_a_practice_is_open_or_the_extension_loaded(practice: Practice):
    session = """
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
import workbench
assert shell.find_cell_magic("emailtype") is None
shell.run_line_magic("load_ext", "workbench")
shell.run_cell_magic("emailtype", "Essais/Bonjour", "Bonjour @DAPPEL")
practice = workbench.open()
print("Essais/Bonjour" in practice.templates, shell.find_line_magic("publipostage") is not None)
"""
    done = subprocess.run(
        [sys.executable, "-c", session],
        capture_output=True,
        text=True,
        env={**os.environ, "WORKBENCH_WORKSPACE": str(practice.path), "IPYTHONDIR": str(practice.path / "ipython")},
        check=False,
    )
    assert done.stdout.splitlines()[-1:] == ["True True"], done.stderr
    assert "« Essais/Bonjour » is kept as version 1." in done.stdout
