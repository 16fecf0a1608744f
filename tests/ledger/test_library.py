from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.ledger.world import BY, World
from workbench.domain.accounts import Account, AccountKind, Security
from workbench.domain.people import Channel, Role
from workbench.domain.templates import Template
from workbench.errors import UnknownAccount, UnknownTemplate
from workbench.ledger import schema


def save(world: World, template: Template) -> Template:
    return world.ledger.library.save_template(template, by=BY, now=world.now)


def test_a_template_comes_back_as_it_was_saved(world: World) -> None:
    whole = Template(
        label="Compte rendu", folder="Confrères", subject="Votre patient @PNOM", html="<p>é</p>", text="é",
        account="cabinet", signature="s", role=Role.CORRESPONDENT, channel=Channel.LETTER, purpose="p", step="J-1",
        group="family", reply_to="a@b.test", language="en", attachments=("ab",), required=("PNOM",),
        defaults={"PPRENOM": "?"}, health=True,
    )  # fmt: skip
    saved = save(world, whole)
    assert saved == replace(whole, revision=1)
    assert world.ledger.library.template("Confrères/Compte rendu") == saved


def test_only_a_change_makes_a_revision_and_old_ones_stay(world: World) -> None:
    library = world.ledger.library
    assert save(world, world.template).revision == 1
    second = save(world, replace(world.template, subject="two"))
    back = save(world, replace(world.template, revision=0))
    assert (second.revision, back.revision) == (2, 3)
    path = world.template.path
    assert [library.revision(library.revision_id(path, number)).subject for number in (1, 2, 3)] == [
        "Rappel", "two", "Rappel",
    ]  # fmt: skip
    assert [template.revision for template in library.templates()] == [3]


def test_an_archived_template_is_out_of_the_lists_and_its_revisions_stay(world: World) -> None:
    library = world.ledger.library
    path = world.template.path
    number = library.revision_id(path, 1)
    library.archive_template(path, by=BY, now=world.now)
    assert library.templates() == []
    for missing in (lambda: library.template(path), lambda: library.archive_template(path, by=BY, now=world.now)):
        with pytest.raises(UnknownTemplate):
            missing()
    assert library.revision(number) == world.template
    assert save(world, world.template).revision == 1
    assert library.template(path) == world.template


def test_an_unknown_template_is_answered_with_those_that_look_like_it(world: World) -> None:
    library = world.ledger.library
    for path in ("rendez-vous/rappel", "Rendez-vous/Rapel", "Rappel"):
        with pytest.raises(UnknownTemplate, match="Rendez-vous/Rappel"):
            library.template(path)
    with pytest.raises(UnknownTemplate) as caught:
        library.template("Zzzz")
    assert "Rendez-vous" not in str(caught.value)
    for missing in (lambda: library.revision(99), lambda: library.revision_id(world.template.path, 99)):
        with pytest.raises(UnknownTemplate):
            missing()


def test_an_account_comes_back_as_it_was_saved(world: World) -> None:
    account = Account(
        name="b", email="b@example.test", kind=AccountKind.CATCHER, display_name="Cabinet é", host="127.0.0.1", port=25,
        security=Security.NONE, user="u", password_from="env:SECRET", reply_to="r@example.test", timeout=3.5,
        connections=7, folder="f",
    )  # fmt: skip
    world.ledger.library.save_account(account, by=BY, now=world.now)
    assert world.ledger.library.account("b") == account
    assert [known.name for known in world.ledger.library.accounts()] == ["b", "cabinet"]


def test_there_is_one_default_account_as_long_as_there_is_one(world: World) -> None:
    library = world.ledger.library

    def default() -> str | None:
        account = library.default_account()
        return account and account.name

    assert default() == "cabinet"
    library.save_account(Account(name="a", email="a@example.test"), by=BY, now=world.now)
    assert default() == "cabinet"
    library.save_account(Account(name="z", email="z@example.test"), by=BY, now=world.now, default=True)
    library.save_account(Account(name="z", email="z2@example.test"), by=BY, now=world.now)
    assert default() == "z"
    library.remove_account("z", by=BY, now=world.now)
    assert default() == "a"
    library.remove_account("a", by=BY, now=world.now)
    library.remove_account("cabinet", by=BY, now=world.now)
    assert default() is None


def test_an_unknown_account_is_answered_with_those_there_are(world: World) -> None:
    with pytest.raises(UnknownAccount, match="cabinet"):
        world.ledger.library.account("x")
    world.ledger.library.remove_account("cabinet", by=BY, now=world.now)
    for missing in (world.ledger.library.account, lambda name: world.ledger.library.remove_account(name, by=BY, now=0)):
        with pytest.raises(UnknownAccount, match="account set"):
            missing("x")


def test_the_tables_have_no_room_for_a_password(world: World) -> None:
    account = Account(name="b", email="b@example.test", user="u", password_from="keyring")
    world.ledger.library.save_account(account, by=BY, now=world.now)
    with world.ledger.engine.connect() as connection:
        contents = connection.execute(sa.select(schema.accounts.c.content)).scalars().all()
    assert all(set(content) == set(Account.__dataclass_fields__) for content in contents)
    assert "password" not in Account.__dataclass_fields__


def test_each_change_of_the_library_is_an_act(world: World) -> None:
    world.ledger.library.archive_template(world.template.path, by="paul", now=world.later(hours=1))
    frame = world.ledger.acts.acts()
    assert list(frame["what"]) == ["template_saved", "account_saved", "template_archived"]
    assert list(frame["by"]) == [BY, BY, "paul"]
    assert frame["at"].iloc[2] == world.now
