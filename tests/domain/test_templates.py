from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from workbench.domain.attached import DocumentRule, ImageRule
from workbench.domain.options import Options
from workbench.domain.people import Channel, Role
from workbench.domain.templates import Template

TEMPLATE = Template(
    label="Rappel",
    folder="Rendez-vous",
    subject="Rappel du @RDVDATE",
    html="<p>@PNOM</p>",
    text="@PNOM",
    account="cabinet",
    signature="s",
    role=Role.GUARDIAN,
    channel=Channel.EMAIL,
    purpose="rappel",
    step="J-1",
    group="family",
    reply_to="cabinet@exemple.test",
    language="en",
    attachments=("ab/plan.pdf",),
    required=("RDVDATE",),
    defaults={"PPRENOM": "—"},
    health=True,
)


def test_a_template_keeps_everything_through_plain_values():
    kept = json.loads(json.dumps(TEMPLATE.to_dict()))
    assert Template.from_dict(kept, revision=7) == replace(TEMPLATE, revision=7)


def test_the_digest_forgets_nothing_but_the_revision_number():
    assert replace(TEMPLATE, revision=12).digest() == TEMPLATE.digest()
    others = {
        "role": Role.PAYER,
        "channel": Channel.LETTER,
        "attachments": (),
        "required": (),
        "defaults": {},
        "health": False,
        "further_roles": (Role.PAYER,),
        "images": (ImageRule(kind="panoramique"),),
        "documents": (DocumentRule(kind="invoice"),),
        "pictures": ("0" * 64 + "/logo.png",),
        "options": Options(read_receipt=True),
    }
    for field in fields(Template):
        if field.name != "revision":
            changed = replace(TEMPLATE, **{field.name: others.get(field.name, "something else")})
            assert changed.digest() != TEMPLATE.digest(), field.name


def test_the_digest_does_not_depend_on_the_order_of_the_defaults():
    one = replace(TEMPLATE, defaults={"A": "1", "B": "2"})
    other = replace(TEMPLATE, defaults={"B": "2", "A": "1"})
    assert one.digest() == other.digest()


@pytest.mark.parametrize(("folder", "path"), [("Rendez-vous", "Rendez-vous/Rappel"), ("", "Rappel")])
def test_the_path_is_folder_and_label(folder, path):
    assert replace(TEMPLATE, folder=folder).path == path


def test_without_a_purpose_the_path_is_the_purpose():
    assert TEMPLATE.occasion_purpose == "rappel"
    assert replace(TEMPLATE, purpose="").occasion_purpose == "Rendez-vous/Rappel"


def test_a_variant_has_its_own_words_and_files_and_everything_else_of_its_main_one() -> None:
    main = Template(
        label="Rappel", folder="Rendez-vous", subject="Rappel", html="<p>fr</p>", account="cabinet",
        signature="Cabinet", required=("RDVDATE",), defaults={"RDVPRAT": "le cabinet", "CABTEL": "-"},
        attachments=("a/plan.pdf",), group="family", expires="2 d", revision=4,
    )  # fmt: skip
    variant = Template(
        label="Reminder", folder="Rendez-vous", subject="Reminder", html="<p>en</p>", text="en", language="en",
        variant_of=main.path, defaults={"RDVPRAT": "the practice"}, account="another", revision=2, health=True,
        attachments=("b/map.pdf",),
    )  # fmt: skip
    dressed = variant.dressed_as(main)
    assert (dressed.path, dressed.subject, dressed.html, dressed.text) == (variant.path, "Reminder", "<p>en</p>", "en")
    assert (dressed.revision, dressed.language, dressed.variant_of) == (2, "en", main.path)
    assert (dressed.account, dressed.signature, dressed.required) == ("cabinet", "Cabinet", ("RDVDATE",))
    assert (dressed.group, dressed.expires, dressed.health) == ("family", "2 d", False)
    assert (dressed.attachments, dressed.defaults) == (variant.attachments, variant.defaults)
    assert dressed.occasion_purpose == main.occasion_purpose  # whoever was told in one language was told
    assert dressed.dressed_as(main) == dressed
