"""Whoever writes an email type sees what its fields say of real people, what it would be, and what it lacks."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.practice import Mailing, Practice
from workbench.practice.examples import MOST, draft_findings, examples_of, sample_rows, tried_on
from workbench.practice.picturing import kept_picture, shown_picture

REMINDER = "Rendez-vous/Rappel de rendez-vous"


def reminder(practice: Practice) -> Template:
    return replace(practice.templates[REMINDER], account="folder")


def mailing_of(practice: Practice, draft: Template) -> Mailing:
    return tried_on(practice, draft, sample_rows(practice))


def test_the_examples_are_what_a_mailing_merges(practice: Practice) -> None:
    mailing = mailing_of(practice, reminder(practice))
    examples, merged = examples_of(mailing), mailing.fields()
    assert list(examples) == merged.index.tolist()
    for key, row in merged.iterrows():
        for code, text in row.items():
            assert examples[str(key)].values.get(str(code)) == (text if isinstance(text, str) else None)


def test_each_person_s_column_of_a_grid_is_the_one_its_text_comes_from(practice: Practice) -> None:
    texts = {name: name for name in ("girl", "woman", "boy", "man", "neutral")}
    code = practice.fields.add("patient", texts).code
    examples = examples_of(mailing_of(practice, reminder(practice))).values()
    assert {one.columns["patient"] for one in examples} >= {"woman", "man"}
    assert all(one.values[code] == one.columns["patient"] for one in examples)


def test_a_mailing_s_own_people_and_choices_are_taken_over(practice: Practice) -> None:
    rows = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
    meant = practice.mailing(rows, REMINDER, account="folder", signature="-")
    sample = sample_rows(practice, meant)
    assert sample["subject_key"].tolist() == rows["subject_key"].tolist()[:MOST]
    draft = replace(practice.templates[REMINDER], subject="Bonjour @PPRENOM")
    made = tried_on(practice, draft, sample, like=meant)
    assert (made.account, made.choices, made.id) == (meant.account, meant.choices, None)
    assert made.preview(0).subject.startswith("Bonjour ")
    assert practice.templates[REMINDER].revision == 1


def test_findings_say_where_they_are_and_of_how_many(practice: Practice) -> None:
    draft = replace(reminder(practice), subject="@PNON", html="<p>Bonjour</p>\n<p>@XYZ</p>")
    found = draft_findings(practice, draft, mailing_of(practice, draft)).set_index("field")
    assert found.loc["PNON", ["zone", "severity", "line"]].tolist() == ["subject", "error", 1]
    assert found.loc["XYZ", ["zone", "severity", "line"]].tolist() == ["body", "error", 2]
    lacking = replace(reminder(practice), subject="Rendez-vous", html="<p>@DENTTRAIT</p>")
    mailing = mailing_of(practice, lacking)
    found = draft_findings(practice, lacking, mailing).set_index("field")
    count = int((mailing.fields()["DENTTRAIT"].isna()).sum())
    assert 0 < found.loc["DENTTRAIT", "recipients"] <= count
    assert f"({found.loc['DENTTRAIT', 'recipients']} of " in found.loc["DENTTRAIT", "message"]


def test_what_cannot_be_read_is_a_finding_with_its_line(practice: Practice) -> None:
    draft = replace(reminder(practice), html="<p>\n{% if %}</p>")
    (finding,) = draft_findings(practice, draft).to_dict("records")
    assert (finding["zone"], finding["severity"], finding["line"]) == ("body", "error", 2)


def test_a_picture_that_is_put_into_a_text_is_kept_shown_and_saved(practice: Practice) -> None:
    data = BytesIO()
    Image.new("RGB", (40, 20), "navy").save(data, "PNG")
    source = kept_picture(practice, "C:\\plan <d'accès>.png", data.getvalue())
    kind, shown = shown_picture(practice, source) or ("", b"")
    assert (kind, shown[:4]) == ("image/png", b"\x89PNG")
    saved = practice.templates.save(replace(reminder(practice), account=None, html=f'<img src="{source}" alt="Plan">'))
    assert len(saved.pictures) == 1
    assert shown_picture(practice, "https://elsewhere.example/a.png") is None
    assert shown_picture(practice, f"cid:{'0' * 64}@workbench") is None
    with pytest.raises(TemplateRefused, match=r"plan\.pdf"):
        kept_picture(practice, "plan.pdf", b"%PDF-1.4")


def test_the_number_of_the_next_field_is_told_before(practice: Practice) -> None:
    texts = dict.fromkeys(("girl", "woman", "boy", "man", "neutral"), "x")
    assert practice.fields.next_code("patient") == practice.fields.add("patient", texts).code == "PART_01"
    assert practice.fields.next_code("patient") == "PART_02"
