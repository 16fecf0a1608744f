from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

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
