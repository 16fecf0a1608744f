from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.objections import OBJECTION_COLUMNS, SELF_COLUMNS, Objections

EMAIL = {"channel": "email", "purpose": "p"}


def test_an_opt_out_weighs_more_than_a_missing_consent() -> None:
    objections = Objections(
        [
            ("1", "", "email", "", "no_consent"),
            ("", "a@b.test", "email", "", "opted_out"),
            ("2", "", "", "", "opted_out"),
        ]
    )

    def reason(patient_id: str, address: str) -> str:
        return objections.reason(patient_id=patient_id, address=address, **EMAIL)

    assert reason("1", "") == "no_consent"
    assert reason("1", "A@b.test") == "opted_out"
    assert reason("2", "") == "opted_out"
    assert reason("3", "c@d.test") == ""
    assert reason("", "") == ""


_texts = st.sampled_from(["", "1", "2"])
_channels = st.sampled_from(["", "email", "sms"])


@given(
    rows=st.lists(
        st.tuples(
            _texts, st.sampled_from(["", "a@b.test"]), _channels, _texts, st.sampled_from(["opted_out", "no_consent"])
        )
    ),
    patient_id=_texts,
    channel=st.sampled_from(["email", "sms"]),
    purpose=st.sampled_from(["1", "2"]),
)
def test_an_objection_reaches_a_row_as_the_rule_says(
    rows: list[tuple[str, str, str, str, str]], patient_id: str, channel: str, purpose: str
) -> None:
    reached = {
        row[4]
        for row in rows
        if row[2] in ("", channel)
        and row[3] in ("", purpose)
        and ((row[0] and row[0] == patient_id) or (row[1] and row[4] == "opted_out"))
    }
    expected = "opted_out" if "opted_out" in reached else "no_consent" if reached else ""
    who = {"patient_id": patient_id, "address": "A@B.test", "channel": channel, "purpose": purpose}
    assert Objections(rows).reason(**who) == expected
    frame = pd.DataFrame(rows, columns=list(OBJECTION_COLUMNS), dtype="string").replace("", pd.NA)
    assert Objections.from_frame(frame).reason(**who) == expected


@pytest.fixture
def of_mother() -> Callable[..., str]:
    """Why a row may not leave, when the patient MOM decided something; she is the person P7, at her own address."""

    def reason(said: str, **row: str) -> str:
        def selves(patient_ids: Sequence[str]) -> pd.DataFrame:
            assert list(patient_ids) == ["MOM"]
            told = [("MOM", "P7", ""), ("MOM", "", "Family@mail.test")]
            return pd.DataFrame(told, columns=list(SELF_COLUMNS), dtype="string")

        frame = pd.DataFrame([("MOM", "", "email", "", said)], columns=list(OBJECTION_COLUMNS), dtype="string")
        ordinary = {"patient_id": "", "address": "", "addressee_key": ""}
        return Objections.from_frame(frame, selves=selves).reason(**(ordinary | row), **EMAIL)

    return reason


def test_an_opt_out_by_file_number_stops_what_goes_to_her_about_her_child(of_mother: Callable[..., str]) -> None:
    for role in ("guardian", "payer"):
        assert of_mother("opted_out", patient_id="CHILD", addressee_key=f"{role}:P7") == "opted_out"
    assert of_mother("opted_out", patient_id="CHILD", addressee_key="guardian:P8") == ""
    assert of_mother("opted_out", patient_id="CHILD", addressee_key="correspondent:P7") == ""


def test_an_opt_out_by_file_number_stops_the_row_of_a_table_with_her_address_only(
    of_mother: Callable[..., str],
) -> None:
    assert of_mother("opted_out", address="family@MAIL.test", addressee_key="row:1") == "opted_out"
    # Her husband's file, at the same mailbox, is his.
    assert of_mother("opted_out", address="family@mail.test", patient_id="DAD", addressee_key="patient:DAD") == ""


def test_a_missing_consent_is_about_her_own_file() -> None:
    objections = Objections(
        [("MOM", "", "email", "", "no_consent")], selves=[("MOM", "P7", ""), ("MOM", "", "family@mail.test")]
    )
    assert objections.reason(patient_id="MOM", address="", **EMAIL) == "no_consent"
    assert objections.reason(patient_id="CHILD", address="", addressee_key="guardian:P7", **EMAIL) == ""
    assert objections.reason(patient_id="", address="family@mail.test", **EMAIL) == ""
