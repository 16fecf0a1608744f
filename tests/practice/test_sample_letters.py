"""Each letter of the sample practice with the search it goes with: checked for everybody found, and read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workbench.domain.mailings import Severity
from workbench.merging.render import compile_template
from workbench.practice import Mailing, Practice

README = Path(__file__).parents[2] / "sample_data" / "README.md"
ROLES = {"patient": "patient", "payer": "payer", "colleague": "correspondent", "referring colleague": "referring"}
LETTERS = re.findall(
    r"^\| (\S[^|]*/[^|]*\S) \| `([^`]+)` \| ([\w ]+) \|$", README.read_text(encoding="utf-8"), re.MULTILINE
)
ASKED = {
    "TEXTE": "Les suites sont simples.",
    "FERMDU": "2026-12-24",
    "FERMAU": "2027-01-02",
    "REMPLACANT": "Dr Quenouille",
    "REMPLTEL": "02 61 91 77 00",
    "ANNEE": "2027",
}
IN_THE_WAY = {
    "no_address",
    "invalid_address",
    "no_addressee",
    "no_correspondent",
    "no_consent",
    "opted_out",
    "deceased",
    "archived",
}
"""Why one person or another cannot be written to: nothing a letter could mend."""

THEIR_OWN = {
    "Conseils après soin": {"missing_field:@CONSEILS"},
    "Compte rendu à un confrère": {"health_data_on_plain_mail", "missing_field:@ACTEDATE"},
    "Adressage": {"health_data_on_plain_mail"},
    "Mutuelle à renouveler": {"missing_field:@MUTFIN"},
}
ODD = re.compile(
    r"\b(?:None|nan|NaT)\b|\{\{|\{%|@[A-Z]{2,}"  # what a machine says
    r"|\(\s*\)|[ \u00a0\u202f][,.](?!\w)|,,|^,"  # what a missing value leaves behind
    r"|\bDr Dr\b|\b[dD]e [AEIOUÉÈÊÂÎÔÛ]\w",  # what no French person writes
    re.MULTILINE,
)


def mailing_of(practice: Practice, path: str, search: str) -> Mailing:
    name, *asked = search.split()
    template = practice.templates[path]
    used = compile_template(template, practice.catalogue).codes
    found = practice.search(name, **dict(one.split("=", 1) for one in asked))
    assert len(found), f"{search} finds nobody"
    return practice.mailing(found, template, values={code: value for code, value in ASKED.items() if code in used})


def test_the_readme_names_every_letter_and_to_whom_it_goes(practice: Practice) -> None:
    assert sorted(path for path, _search, _role in LETTERS) == sorted(practice.templates)
    assert {path: ROLES[role] for path, _search, role in LETTERS} == {
        path: str(template.role) for path, template in practice.templates.items()
    }


@pytest.mark.parametrize(("path", "search", "role"), LETTERS, ids=[path for path, _search, _role in LETTERS])
def test_a_letter_leaves_nobody_out_but_for_a_reason_of_their_own(
    practice: Practice, path: str, search: str, role: str
) -> None:
    mailing = mailing_of(practice, path, search)
    findings = mailing.check()
    label = path.rpartition("/")[2]
    errors = set(findings.loc[findings["severity"] == Severity.ERROR, "code"])
    assert errors <= IN_THE_WAY | THEIR_OWN.get(label, set())
    # A blank in a letter would be warned of: these letters leave the sentence out instead.
    assert not [code for code in findings["code"] if code.startswith("missing_value:")]
    if "health_data_on_plain_mail" in errors:
        assert mailing.counts.pending == 0
    else:
        assert mailing.counts.pending > 0


@pytest.mark.parametrize(("path", "search", "role"), LETTERS, ids=[path for path, _search, _role in LETTERS])
def test_a_letter_reads_well_for_everybody_found(practice: Practice, path: str, search: str, role: str) -> None:
    mailing = mailing_of(practice, path, search)
    template = practice.templates[path]
    fields = mailing.fields()
    complete = fields[list(template.required)].notna().all(axis="columns") if template.required else fields.any(axis=1)
    read = 0
    for row in [place for place, whole in enumerate(complete) if whole][:60]:
        message = mailing.preview(row)
        for part in (message.subject, message.text):
            # What stands there is a sample person's: the test tells where, not what.
            assert not ODD.search(part), f"row {row} of {path}"
        assert len(message.subject) <= 90
        read += 1
    assert read
