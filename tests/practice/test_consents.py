"""What people decided about messages, with its history; corrections to be copied back; families."""

from __future__ import annotations

import pytest

from workbench.errors import BadValue, UnknownPatient, UsageError
from workbench.practice.practice import Practice


@pytest.fixture
def adult(practice: Practice) -> str:
    """Return the file number of an adult with an address, against whom nothing stands."""
    files = practice.tables.patients()
    grown = files[
        (files["birth_date"] < "1990-01-01") & files["email"].notna() & ~files["deceased"] & ~files["archived"]
    ]
    return next(one for one in grown["patient_id"] if not practice.objection(one))


def test_a_refusal_of_one_purpose_leaves_the_others_alone(practice: Practice, adult: str) -> None:
    practice.patients.consent(adult, "refused", purpose="birthday", source="phone")
    assert practice.objection(adult, purpose="birthday") == "no_consent"
    assert practice.objection(adult, purpose="recall") == ""


def test_every_decision_is_kept_with_its_channel_purpose_source_and_who_wrote_it(
    practice: Practice, adult: str
) -> None:
    before = len(practice.patients.consents(adult))
    practice.patients.consent(adult, "refused", source="form")
    practice.patients.consent(adult, "accepted", source="phone")
    practice.opt_out(adult, purpose="recall", source="reply")
    practice.withdraw_opt_out(adult, purpose="recall")
    told = practice.patients.consents(adult).iloc[before:]
    columns = ["state", "channel", "purpose", "source", "by"]
    assert sorted(map(tuple, told[columns].to_numpy())) == sorted(
        [
            ("refused", "email", "", "form", "claire"),
            ("accepted", "email", "", "phone", "claire"),
            ("opted_out", "email", "recall", "reply", "claire"),
            ("withdrawn", "email", "recall", "reply", "claire"),
        ]
    )
    assert str(told["at"].dtype) == "datetime64[us, UTC]"


def test_an_acceptance_takes_an_opt_out_back(practice: Practice, adult: str) -> None:
    practice.opt_out(adult)
    practice.patients.consent(adult, "accepted", source="desk")
    assert practice.objection(adult) == ""


def test_why_the_desk_cannot_take_an_opt_out_back_is_true_of_one_for_some_messages(
    practice: Practice, adult: str
) -> None:
    practice.opt_out(adult, purpose="recall", source="phone")
    with pytest.raises(UsageError, match=r"no opt-out from all messages: .* or it is for some messages only"):
        practice.patients.write_again(adult)
    assert practice.objection(adult, purpose="recall") == "opted_out"
    practice.opt_out(adult, source="desk")
    practice.patients.write_again(adult)
    assert practice.objection(adult) == ""


def test_a_decision_about_an_address_is_found_with_the_patient_whose_address_it_is(
    practice: Practice, adult: str
) -> None:
    address = str(practice.store.people([adult])["email"].iloc[0])
    practice.patients.consent(address.upper(), "opted_out", source="reply")
    assert "opted_out" in practice.patients.consents(adult)["state"].tolist()
    assert "opted_out" in practice.patients.consents(address)["state"].tolist()


@pytest.mark.parametrize(
    ("who", "state", "error"),
    [("nobody-has-it", "accepted", UnknownPatient), ("a@b@c", "refused", BadValue), ("2301", "perhaps", BadValue)],
)
def test_an_unknown_person_or_decision_is_refused_and_nothing_is_written(
    practice: Practice, who: str, state: str, error: type[Exception]
) -> None:
    before = len(practice.tables.consents())
    with pytest.raises(error):
        practice.patients.consent(who, state)
    assert len(practice.tables.consents()) == before


def test_a_correction_copied_by_hand_leaves_the_list_and_still_wins_over_an_old_export(
    practice: Practice, adult: str, tmp_path
) -> None:
    practice.patients.correct(adult, email="nouvelle@mail.example")
    (listed,) = practice.patients.corrections().itertuples()
    assert (listed.patient_id, listed.column, listed.new, listed.by) == (
        adult, "email", "nouvelle@mail.example", "claire",
    )  # fmt: skip
    assert practice.patients.copied_back(listed.correction_id, "unknown") == 1
    assert practice.patients.corrections().empty
    export = tmp_path / "export.csv"
    export.write_text(f"patient_id,email\n{adult},ancienne@mail.example\n", encoding="utf-8")
    practice.import_file("patients", export)
    assert practice.patients.show(adult)["email"] == "nouvelle@mail.example"


def test_a_family_is_its_open_files(practice: Practice) -> None:
    files = practice.tables.patients()
    family = files["family_id"].value_counts().index[0]
    of_it = files[files["family_id"] == family]
    open_ones = set(of_it.loc[~of_it["deceased"] & ~of_it["archived"], "patient_id"])
    assert set(practice.patients.family(of_it["patient_id"].iloc[0]).index) == open_ones
    alone = files.loc[files["family_id"].isna(), "patient_id"].iloc[0]
    assert practice.patients.family(alone).index.tolist() in ([alone], [])
