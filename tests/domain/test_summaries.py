from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.mailings import Tally
from workbench.domain.summaries import MailingSummary

PLAN = MailingSummary.of(
    Tally(
        {
            ("pending", ""): 30,
            ("sending", ""): 1,
            ("skipped", "missed_by:Zoé"): 2,
            ("skipped", "missing_field:@PNOM"): 1,
        }
    ),
    warnings=["shared_address", "shared_address", "likely_typo"],
    planned=True,
)


def test_numbers_add_up_to_the_list():
    assert PLAN.title == "The check: 34 rows"
    assert str(PLAN).splitlines()[1].split() == ["…", "Would", "leave", "31"]
    assert "The required field @PNOM has no value." in str(PLAN)


def test_a_reasons_detail_stays_outside_unless_it_is_a_fields_code():
    assert PLAN.codes == ["missed_by", "missing_field:@PNOM", "likely_typo", "shared_address"]
    told = MailingSummary.of(Tally({("failed", "render_error:le nom Zoé"): 1, ("failed", "Zoé"): 1}))
    assert "Zoé" not in str(told)
    assert "The message could not be merged: …" in str(told)


def test_it_is_read_again_as_it_was_written():
    assert MailingSummary.read(PLAN.plain()) == PLAN


def test_its_table_names_each_state_by_sign_and_word():
    html = MailingSummary.of(Tally({("sent", ""): 3, ("failed", "smtp_550"): 1})).to_html()
    for told in ("✓ Sent", "✕ Failed", "The server refused the message (550).", "– Not sent"):
        assert told in html
    assert "<script" not in html


def test_an_empty_mailing_can_be_shown():
    assert MailingSummary.of(Tally()).to_html()
    assert "0" in str(MailingSummary.of(Tally(), planned=True))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["rows", "warnings", "planned", "x"]), inner),
)


@given(JSON)
def test_whatever_else_is_given_is_no_summary_or_only_numbers_and_codes(value):
    found = MailingSummary.read(value)
    assert found is None or MailingSummary.read(found.plain()) == found
