"""Several roles get one message each, and whoever holds two of them gets one alone."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.domain.frames import RECIPIENT_COLUMNS
from workbench.domain.people import Role
from workbench.errors import BadValue
from workbench.merging.recipients import Recipients, recipient_frame
from workbench.merging.roles import OTHER_ROLE, in_every_role, roles_from


def found(*rows: tuple[str, str, str], reason: str = "") -> Recipients:
    """Make recipients of (patient, addressee, address), about the patient's own subject."""
    made = [
        {
            **dict.fromkeys(RECIPIENT_COLUMNS, ""),
            "recipient_id": f"patient:{patient}@2026-11-23:A1",
            "addressee_key": whom,
            "address": address,
            "patient_id": patient,
            "reason": reason,
            "subjects": [f"appointment:{patient}@2026-11-23T09:00"],
            "appointments": [],
        }
        for patient, whom, address in rows
    ]
    return Recipients(frame=recipient_frame(made), subjects=pd.DataFrame({"subject_key": ["appointment:1"]}))


def test_each_role_gets_a_message_of_its_own() -> None:
    both = in_every_role(
        [
            (Role.PATIENT, found(("1", "patient:1", "a@x.example"))),
            (Role.CORRESPONDENT, found(("1", "correspondent:9", "dr@y.example"))),
        ]
    ).frame
    assert both["addressee_key"].tolist() == ["patient:1", "correspondent:9"]
    assert both["recipient_id"].is_unique
    assert both["reason"].tolist() == ["", ""]


def test_whoever_is_both_gets_one_message() -> None:
    same = in_every_role(
        [
            (Role.GUARDIAN, found(("1", "guardian:5", "Mere@x.example"), ("2", "guardian:5", "mere@x.example"))),
            (Role.PAYER, found(("1", "payer:5", "mere@X.example"), ("2", "payer:6", "pere@x.example"))),
        ]
    ).frame
    assert same["reason"].tolist() == ["", "", OTHER_ROLE, ""]


def test_a_role_that_cannot_be_reached_keeps_nobody_else_from_the_message() -> None:
    rows = found(("1", "guardian:5", "a@x.example"))
    late = in_every_role(
        [(Role.GUARDIAN, found(("1", "guardian:5", "a@x.example"), reason="opted_out")), (Role.PAYER, rows)]
    ).frame
    assert late["reason"].tolist() == ["opted_out", ""]


def test_roles_are_read_once_each_and_an_unknown_one_is_named() -> None:
    assert roles_from("patient, payer,patient") == (Role.PATIENT, Role.PAYER)
    with pytest.raises(BadValue, match="voisin"):
        roles_from("patient,voisin")
