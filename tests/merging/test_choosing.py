"""Which image and which paper goes with whose message."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.attached import DocumentRule, ImageRule, Pick
from workbench.domain.frames import ALBUM_COLUMNS, DOCUMENT_COLUMNS, RECIPIENT_COLUMNS
from workbench.merging.choosing import documents_chosen, images_chosen, looked_for, patients_of, unknown_words
from workbench.merging.recipients import Recipients


def album(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """Return an album; of each image: patient, kind, view, stage, day."""
    frame = pd.DataFrame(
        [
            dict(zip(("patient_id", "kind", "view", "stage", "taken_on"), row, strict=True)) | {"media_id": f"M{place}"}
            for place, row in enumerate(rows)
        ],
        columns=list(ALBUM_COLUMNS),
    )
    frame["taken_on"] = pd.to_datetime(frame["taken_on"])
    return frame.astype({"kind": "category", "view": "category", "stage": "category"})


ALBUM = album(
    ("ana", "panoramique", "face", "début", "2026-01-10"),
    ("ana", "panoramique", "face", "fin", "2026-06-10"),
    ("ana", "Intra-orale", "droite", "fin", "2026-06-10"),
    ("ben", "panoramique", "face", "début", None),
    ("cid", "moulage", None, None, "2026-03-01"),
)


@pytest.mark.parametrize(
    ("rule", "chosen"),
    [
        (ImageRule(), {"ana": 1, "ben": 3, "cid": 4}),
        (ImageRule(kind="PANORAMIQUE"), {"ana": 1, "ben": 3}),
        (ImageRule(kind="panoramique", pick=Pick.FIRST), {"ana": 0, "ben": 3}),
        (ImageRule(kind="panoramique", stage="debut"), {"ana": 0, "ben": 3}),
        (ImageRule(kind="intra-orale", view="Droite"), {"ana": 2}),
        (ImageRule(kind="panoramique", on_or_before="2026-06-10"), {"ana": 1}),
        (ImageRule(kind="panoramique", on_or_before="2026-06-09"), {"ana": 0}),
        (ImageRule(kind="panoramique", on_or_before="2025-12-31"), {}),
        (ImageRule(kind="panoramic"), {}),
    ],
)
def test_an_image_is_chosen_by_its_words_and_its_day(rule: ImageRule, chosen: dict[str, int]) -> None:
    latest = images_chosen(ALBUM, rule)
    if rule == ImageRule():
        assert latest.pop("ana") in (1, 2)  # of one day, the last by its number
        chosen = {key: place for key, place in chosen.items() if key != "ana"}
    assert latest == chosen


def test_an_album_without_an_image_chooses_nothing() -> None:
    assert images_chosen(album(), ImageRule(kind="x", on_or_before="2026-01-01")) == {}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ana", "ben"]), st.sampled_from(["a", "A", "b", None]), st.none(), st.none(),
            st.sampled_from(["2026-01-01", "2026-02-01", None]),
        ),
        max_size=8,
    ),
    st.sampled_from(list(Pick)),
)  # fmt: skip
def test_what_is_chosen_is_the_patients_own_and_no_other_fits_better(rows: list[Any], pick: Pick) -> None:
    chosen = images_chosen(album(*rows), ImageRule(kind="a", pick=pick))
    fitting = [(who, day, place) for place, (who, kind, _v, _s, day) in enumerate(rows) if (kind or "").lower() == "a"]
    assert set(chosen) == {who for who, _day, _place in fitting}
    for who, place in chosen.items():
        own = [(day, one) for whose, day, one in fitting if whose == who]
        dated = [day for day, _one in own if day]
        assert place in [one for _day, one in own]
        if dated:
            assert rows[place][4] == (max(dated) if pick == Pick.LATEST else min(dated))


def recipients(*rows: dict[str, Any], subjects: dict[str, str] | None = None, **values: list[Any]) -> Recipients:
    frame = pd.DataFrame([{"patient_id": "", "invoice_id": "", "subjects": []} | row for row in rows])
    frame = frame.reindex(columns=list(RECIPIENT_COLUMNS))
    table = pd.DataFrame({"subject_key": list(subjects or {}), "patient_id": list((subjects or {}).values())})
    return Recipients(frame=frame, subjects=table, values=pd.DataFrame(values, index=frame.index))


def test_a_message_tells_of_those_whose_subjects_it_names() -> None:
    told = recipients(
        {"patient_id": "ana", "subjects": ["appointment:1@2026-11-23T09:00", "appointment:2@x@2026-11-23T09:30"]},
        {"patient_id": "cid", "subjects": ["appointment:3@2026-11-23T09:00"]},
        {"patient_id": "", "subjects": ["row:7@abc"]},
        subjects={"appointment:1": "ana", "appointment:2@x": "ben", "appointment:3": "ana"},
    )
    assert patients_of(told) == [("ana", "ben"), ("cid",), ()]


def papers(*rows: tuple[Any, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["document_id", "patient_id", "dated_on", "cancelled_on"])
    frame[["dated_on", "cancelled_on"]] = frame[["dated_on", "cancelled_on"]].apply(pd.to_datetime)
    return frame.reindex(columns=list(DOCUMENT_COLUMNS))


PAPERS = papers(
    ("F1", "ana", "2026-01-01", None),
    ("F2", "ana", "2026-02-01", None),
    ("F3", "ana", "2026-03-01", "2026-03-02"),
    ("F4", "ben", "2026-01-01", None),
    ("F5", "ben", "2026-04-01", None),
)


def chosen(found: Recipients, kind: str = "invoice") -> list[list[int | None]]:
    return documents_chosen(PAPERS, DocumentRule(kind=kind), found, patients_of(found), today=date(2026, 3, 31))


def test_a_message_about_an_invoice_takes_that_one() -> None:
    about = {"invoice:F1": "ana", "invoice:F2": "ana"}
    one = {"patient_id": "ana", "subjects": ["invoice:F1"]}
    both = {"patient_id": "ana", "subjects": ["invoice:F1", "invoice:F2"]}
    assert chosen(recipients(one, both, subjects=about)) == [[0], [0, 1]]
    assert chosen(recipients({"patient_id": "ana", "invoice_id": "F1", "subjects": ["row:1"]})) == [[0]]
    assert chosen(recipients({"patient_id": "ana", "subjects": ["row:1"]}, invoice_id=["F2"])) == [[1]]


def test_any_other_message_takes_the_latest_that_stands() -> None:
    assert chosen(recipients({"patient_id": "ana", "subjects": ["appointment:9"]})) == [[1]]
    assert chosen(recipients({"patient_id": "zoe", "subjects": []}, {"subjects": []})) == [[None], [None]]
    assert chosen(recipients({"patient_id": "ben", "subjects": ["appointment:9"]})) == [[3]]
    assert chosen(recipients({"patient_id": "ben", "invoice_id": "F5"})) == [[4]]
    family = {"appointment:1": "ana", "appointment:2": "ben"}
    assert chosen(recipients({"patient_id": "ana", "subjects": list(family)}, subjects=family)) == [[1, 3]]


def test_another_patients_paper_and_one_that_is_not_there_are_missing() -> None:
    assert chosen(recipients({"patient_id": "ana", "invoice_id": "F4"})) == [[None]]
    assert chosen(recipients({"patient_id": "ana", "invoice_id": "F99"})) == [[None]]
    assert chosen(recipients({"patient_id": "", "invoice_id": "F1"})) == [[None]]


def test_words_that_no_album_knows_are_told_with_those_that_it_knows() -> None:
    words = {"kind": ["moulage", "panoramique"], "view": [], "stage": ["début"]}
    rules = [ImageRule(kind="Panoramic", stage="DEBUT"), ImageRule(kind="Panoramic", view="face"), ImageRule()]
    found = unknown_words(rules, words)
    assert [one.code for one in found] == ["unknown_image_word:Panoramic", "unknown_image_word:face"]
    assert "moulage, panoramique" in found[0].message
    assert "none" in found[1].message


def test_a_rule_is_told_in_a_few_words() -> None:
    assert looked_for(ImageRule(stage="fin", kind="panoramique")) == "panoramique, fin"
    assert looked_for(ImageRule()) == "image"
    assert looked_for(DocumentRule(kind="quote")) == "quote"
