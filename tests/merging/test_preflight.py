"""Everyone rendered once before anything leaves: reasons, findings, and what only warns."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from tests.merging.conftest import NOW, ZONE
from workbench.domain.frames import FINDING_COLUMNS
from workbench.domain.mailings import Severity
from workbench.domain.messages import Address
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused
from workbench.merging.frames import fields_frame
from workbench.merging.mime import MimeWriter
from workbench.merging.preflight import is_mssante, preflight, render_file_values
from workbench.merging.recipient_tables import recipients_from_table


@pytest.fixture
def checked(compiled, catalogue):
    """Check a mailing of a body to the rows of a table."""

    def check(
        html: str, *rows: dict[str, object], subject: str = "Rappel", sender: str = "a@tilleuls.example", **settings
    ):
        table = pd.DataFrame(
            [{"id": str(number), "email": f"p{number}@exemple.example"} | row for number, row in enumerate(rows)]
        )
        recipients = recipients_from_table(table)
        template = compiled(html, subject, columns=list(recipients.values.columns), **settings)
        fields = fields_frame(
            recipients, template.codes, catalogue, {}, now=NOW, zone=ZONE, names=template.names,
            values={code: table[code.lower()].iloc[0] for code in template.codes if code.lower() in table},
        )  # fmt: skip
        return preflight(recipients, fields, template, mime=MimeWriter(sender=Address(email=sender)), now=NOW)

    return check


def codes(result) -> list[str]:
    return result.findings["code"].tolist()


def test_a_mailing_without_trouble_has_no_finding(checked) -> None:
    result = checked("<p>{{ token }}</p>", {"token": "x"}, {"token": "y"})
    assert result.reasons.tolist() == ["", ""]
    assert tuple(result.findings.columns) == FINDING_COLUMNS
    assert len(result.findings) == 0


def test_a_missing_value_warns_and_a_missing_required_one_leaves_the_row_out(checked) -> None:
    result = checked(
        "<p>{{ token }} {{ nom }}</p>", {"token": None, "nom": "a"}, {"token": "x", "nom": None}, required=("nom",)
    )
    assert result.reasons.tolist() == ["", "missing_field:@nom"]
    assert result.findings.to_dict("records") == [
        {
            "recipient": "row:0", "severity": "warning", "code": "missing_value:token",
            "message": "« token » has no value: the message has a blank there.",
        },
        {
            "recipient": "row:1", "severity": "error", "code": "missing_field:@nom",
            "message": "The required field @nom has no value.",
        },
    ]  # fmt: skip


def test_a_default_text_fills_what_is_frozen_and_warns_of_nothing(checked) -> None:
    result = checked("<p>{{ token }}</p>", {"token": None}, defaults={"token": "vous"}, required=("token",))
    assert result.reasons.tolist() == [""]
    assert len(result.findings) == 0
    assert result.fields["token"].tolist() == ["vous"]


def test_a_value_that_an_if_looks_at_may_be_missing(checked) -> None:
    result = checked("{% if token %}<p>{{ token }}</p>{% endif %}", {"token": None})
    assert codes(result) == []


def test_a_row_that_cannot_be_merged_is_left_out_and_the_others_go_on(checked) -> None:
    result = checked("<p>{{ points + 1 }}</p>", {"points": 3}, {"points": "secret"}, {"points": 4})
    assert [reason[:13] for reason in result.reasons] == ["", "render_error:", ""]
    assert "Line 1" in result.findings["message"].iloc[0]
    assert "secret" not in result.findings["message"].iloc[0]


def test_a_row_left_out_before_keeps_its_reason_and_is_not_rendered(checked) -> None:
    result = checked("<p>{{ points + 1 }}</p>", {"points": "x", "email": "nope"}, {"points": "x", "email": ""})
    assert result.reasons.tolist() == ["invalid_address", "no_address"]
    assert codes(result) == ["invalid_address", "no_address"]
    assert result.findings["severity"].unique().tolist() == ["error"]


@pytest.mark.parametrize(
    "name", ["=?utf-8?b?DQpCY2M6IHg=?=", "Ana\r\nBcc: x@evil.test", 'Ana "x" <y@evil.test>', "Zoé", "Ng"]
)
def test_hostile_names_are_written_harmlessly_and_leave(checked, name: str) -> None:
    assert checked("<p>x</p>", {"name": name}, subject="Bonjour {{ name }}").reasons.tolist() == [""]


def test_a_message_that_says_something_else_when_read_back_does_not_leave(checked, monkeypatch) -> None:
    monkeypatch.setattr(MimeWriter, "reparse_problems", lambda *_args, **_options: ["2 addresses in To"])
    result = checked("<p>x</p>", {})
    assert result.reasons.tolist() == ["unsafe_value"]


HEALTH = {"rdvnature": "DET"}


@pytest.mark.parametrize(
    ("sender", "recipient", "reason"),
    [
        ("a@tilleuls.example", "b@exemple.example", "health_data_on_plain_mail"),
        ("a@medecin.mssante.fr", "b@exemple.example", "health_data_on_plain_mail"),
        ("a@tilleuls.example", "b@mssante.fr", "health_data_on_plain_mail"),
        ("a@medecin.mssante.fr", "b@mssante.fr", ""),
        ("a@medecin.mssante.fr", "b@notmssante.fr", "health_data_on_plain_mail"),
    ],
)
def test_health_data_leaves_only_between_two_addresses_of_mssante(checked, sender, recipient, reason) -> None:
    result = checked("<p>@RDVNATURE</p>", HEALTH | {"email": recipient}, sender=sender)
    assert result.reasons.tolist() == [reason]


def test_health_data_leaves_when_the_template_was_allowed_by_name_or_there_is_none(checked) -> None:
    assert checked("<p>@RDVNATURE</p>", HEALTH, health=True).reasons.tolist() == [""]
    assert checked("<p>@RDVNATURE</p>", {"rdvnature": None}).reasons.tolist() == [""]
    assert checked("<p>@RDVDATE</p>", {"rdvdate": "mardi"}).reasons.tolist() == [""]


@pytest.mark.parametrize(
    ("domain", "closed"),
    [
        ("mssante.fr", True),
        ("Aphp.MSSANTE.fr", True),
        ("chu-rennes.bretagne.mssante.fr", True),
        ("mssante.fr.evil.test", False),
        ("xmssante.fr", False),
        ("evil-mssante.fr", False),
        ("mssante.fr.", False),
        (".mssante.fr", False),
        ("..mssante.fr", False),
        ("-.mssante.fr", False),
        ("mssanté.fr", False),
        ("mѕsante.fr", False),  # a Cyrillic letter
        ("mſsante.fr", False),  # which a fold of case would take for an « s »
        ("ｍssante.fr", False),
        ("xn--mssant-gva.fr", False),
        ("mssante.fr\n", False),
        ("mssante.fr ", False),
        ("mssante.fr>", False),
        ("evil.test@mssante.fr", False),  # read otherwise by another program
        ("mssante。fr", False),  # the full stop of Chinese, which a domain may be written with
    ],
)
def test_the_closed_space_is_mssante_and_its_sub_domains(domain: str, closed: bool) -> None:
    assert is_mssante(f"dr@{domain}") is closed


@pytest.mark.parametrize(
    "address", ["", "mssante.fr", "@mssante.fr", "dr@", "Dr <dr@mssante.fr", "a@x.test, b@mssante.fr"]
)
def test_what_is_not_one_address_is_not_in_the_closed_space(address: str) -> None:
    assert not is_mssante(address)


def test_mistyped_and_dead_domains_and_shared_addresses_only_warn(checked) -> None:
    result = checked(
        "<p>x</p>",
        {"email": "a@gmial.com"},
        {"email": "b@tiscali.fr"},
        {"email": "c@d.example"},
        {"email": "C@d.example"},
    )
    assert result.reasons.tolist() == ["", "", "", ""]
    assert codes(result) == ["likely_typo", "dead_domain", "shared_address", "shared_address"]
    assert "gmail.com" in result.findings["message"].iloc[0]
    assert "2" in result.findings["message"].iloc[2]
    assert result.counts() == {"likely_typo": 1, "dead_domain": 1, "shared_address": 2}


def test_a_code_nobody_knows_lets_no_message_leave(checked) -> None:
    result = checked("<p>@PNOMS</p>", {}, {"email": "nope"})
    assert [reason.partition(":")[0] for reason in result.reasons] == ["render_error", "invalid_address"]
    assert "@PNOM?" in result.reasons.iloc[0]


def test_findings_of_the_template_and_the_table_come_first(checked) -> None:
    result = checked("<p>@PNOMS</p><script>x</script>", {"id": "7", "email": "a@b.fr"}, {"id": "7", "email": "c@d.fr"})
    assert codes(result)[:3] == ["unknown_field:@PNOMS", "dropped_html:<script>", "duplicate_id"]
    assert result.findings["recipient"].tolist()[:2] == ["", ""]
    assert result.reasons.tolist() == ["duplicate_id", "duplicate_id"]


# --- one file with plain values -----------------------------------------------------------------------


def file_template(html: str, **settings: object) -> Template:
    return replace(Template(label="x", subject="x", html=html), **settings)  # type: ignore[arg-type]


def test_nested_values_are_merged_and_nulls_told_by_their_path(catalogue) -> None:
    template = file_template(
        "<p>{{ patient.nom }}{{ patient.tel }}{% for a in actes %}{{ a.nom }}{% endfor %}{{ vide }}</p>"
    )
    values = {
        "patient": {"nom": "Zoé", "tel": None, "autre": None},
        "actes": [{"nom": None}, {"nom": "DET"}],
        "vide": None,
        "x": None,
    }
    rendered, findings = render_file_values(template, values, catalogue)
    assert rendered.text == "ZoéDET\n"
    assert [finding.code for finding in findings] == [
        "missing_value:actes[0].nom", "missing_value:patient.tel", "missing_value:vide",
    ]  # fmt: skip
    assert {finding.severity for finding in findings} == {Severity.WARNING}


def test_a_null_is_false(catalogue) -> None:
    rendered, findings = render_file_values(
        file_template("<p>{% if a %}oui{% else %}non{% endif %}</p>"), {"a": None}, catalogue
    )
    assert rendered.text == "non\n"
    assert len(findings) == 1


def test_a_name_that_the_values_do_not_hold_is_an_error(catalogue) -> None:
    with pytest.raises(TemplateRefused, match="inconnu"):
        render_file_values(file_template("<p>{{ inconnu }}</p>"), {"connu": 1}, catalogue)
    with pytest.raises(TemplateRefused):
        render_file_values(file_template("<p>{{ patient.inconnu }}</p>"), {"patient": {"nom": "Zoé"}}, catalogue)


@pytest.mark.parametrize("name", ["PNOM", "@PNOM"])
def test_fields_of_the_catalogue_take_their_values_from_the_file(catalogue, name: str) -> None:
    rendered, findings = render_file_values(file_template("<p>@PNOM @PPRENOM</p>"), {name: "Martin"}, catalogue)
    assert rendered.text == "Martin \n"
    assert [finding.code for finding in findings] == ["missing_value:@PPRENOM"]


def test_dangerous_values_of_a_file_are_neutralised(catalogue) -> None:
    template = file_template('<a href="{{ url }}" title={{ t }}>{{ t }}</a>')
    rendered, findings = render_file_values(template, {"url": "javascript:alert(1)", "t": '"><script>'}, catalogue)
    assert '<a href="#" title="&#34;&gt;&lt;script&gt;">&#34;&gt;&lt;script&gt;</a>' in rendered.html
    assert findings == []
