"""The email types on their shelf: every gesture is kept with who and why, and none has anybody told twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbench.domain.templates import Template
from workbench.errors import TemplateRefused, UnknownAccount, UnknownSignature, UnknownTemplate
from workbench.practice import Practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"
TOMORROW = {"start": "tomorrow", "end": "tomorrow"}


def an_email_type(**values: object) -> Template:
    plain = {"label": "Essai", "folder": "Essais", "subject": "Bonjour", "html": "<p>@DAPPEL</p>", **values}
    return Template(**plain)


def english_of(path: str, **values: object) -> Template:
    return an_email_type(**{"label": "Try", "language": "en", "variant_of": path, **values})


@pytest.fixture
def kept(practice: Practice) -> Template:
    """An email type of the tests; it says nothing of its purpose, which is then its path."""
    return practice.templates.save(an_email_type())


# --- lists ------------------------------------------------------------------------------------------------


def test_the_list_tells_of_each_email_type_all_that_its_choice_needs(practice: Practice, kept: Template) -> None:
    practice.templates.save(english_of(kept.path))
    practice.templates.use_for(kept.path, "appointments")
    frame = practice.templates.to_frame().set_index("path")
    assert list(frame.index) == sorted(practice.templates)
    row = frame.loc[kept.path]
    assert (row["label"], row["folder"], row["role"], row["revision"]) == ("Essai", "Essais", "patient", 1)
    assert (row["saved_by"], row["saved_at"]) == ("claire", practice.now())
    assert (row["variants"], row["searches"]) == (["Essais/Try"], ["appointments"])
    assert frame.loc["Essais/Try", "variant_of"] == kept.path
    assert practice.templates.to_frame(folder="Essais")["path"].tolist() == ["Essais/Essai", "Essais/Try"]
    assert practice.templates.to_frame(archived=True).empty
    assert practice.templates.to_frame(archived=True).dtypes.equals(practice.templates.to_frame().dtypes)
    assert "Essais" in practice.templates.folders()


# --- written ----------------------------------------------------------------------------------------------


def test_what_is_saved_says_who_when_and_why(practice: Practice, kept: Template) -> None:
    practice.templates.save(replace(kept, subject="Bonsoir"), reason="plus poli")
    told = practice.templates.revisions(kept.path)
    assert told["revision"].tolist() == [2, 1]
    assert told["reason"].tolist() == ["plus poli", ""]
    assert set(told["saved_by"]) == {"claire"}
    acts = practice.ledger.acts.acts(f"template:{kept.path}")
    assert acts["what"].tolist() == ["template_saved", "template_saved"]


def test_what_cannot_be_sent_is_not_saved(practice: Practice) -> None:
    for wrong in (
        an_email_type(html="{% if %}"),
        an_email_type(label="a/b"),
        an_email_type(label=".."),
        an_email_type(label=""),
        an_email_type(subject="\ud800"),
        an_email_type(html='<img src="nowhere.png" alt="">'),
    ):
        with pytest.raises(TemplateRefused):
            practice.templates.save(wrong)
    assert practice.templates.to_frame(folder="Essais").empty


def test_settings_are_changed_by_their_names(practice: Practice, kept: Template) -> None:
    practice.accounts.set("cabinet", email="rdv@cabinet.test", host="127.0.0.1", security="none")
    changed = practice.templates.change(
        kept.path, reason="à la demande de l'assistante", account="cabinet", signature="Cabinet", confirm=False
    )
    assert (changed.revision, changed.account, changed.options.confirm) == (2, "cabinet", False)
    assert practice.templates.change(kept.path, account="", confirm=None) == replace(
        kept, signature="Cabinet", revision=3
    )
    with pytest.raises(UnknownAccount):
        practice.templates.change(kept.path, account="nulle part")
    with pytest.raises(UnknownSignature):
        practice.templates.change(kept.path, signature="Nulle")
    with pytest.raises(TemplateRefused, match="no setting"):
        practice.templates.change(kept.path, colour="blue")
    with pytest.raises(TemplateRefused, match="not set apart"):
        practice.templates.change(kept.path, pictures=())
    assert practice.templates[kept.path].revision == 3


def test_files_are_attached_by_naming_them(practice: Practice, kept: Template, tmp_path) -> None:
    for name in ("plan.txt", "tarifs.txt"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    one = practice.templates.change(kept.path, attachments=[tmp_path / "plan.txt"])
    both = practice.templates.change(kept.path, attachments=["plan.txt", str(tmp_path / "tarifs.txt")])
    assert both.attachments[0] == one.attachments[0]
    assert [name.rpartition("/")[2] for name in both.attachments] == ["plan.txt", "tarifs.txt"]
    assert practice.templates.change(kept.path, attachments=both.attachments[:1]).attachments == one.attachments
    assert practice.templates.change(kept.path, attachments="").attachments == ()


def test_a_copy_is_an_email_type_of_its_own(practice: Practice, kept: Template) -> None:
    copy = practice.templates.duplicate(kept.path, "Copie")
    assert (copy.path, copy.revision, copy.html) == ("Essais/Copie", 1, kept.html)
    assert copy.occasion_purpose != kept.occasion_purpose
    assert "Essais/Essai" in practice.templates.revisions(copy.path)["reason"].iloc[0]
    practice.templates.archive(copy.path)
    for taken in (kept.path, "Copie", REMINDER):
        with pytest.raises(TemplateRefused, match="the name of another"):
            practice.templates.duplicate(kept.path, taken)


def test_a_copy_of_a_variant_stands_for_itself(practice: Practice, kept: Template) -> None:
    practice.templates.change(kept.path, account="folder", purpose="essais")
    practice.templates.save(english_of(kept.path))
    copy = practice.templates.duplicate("Essais/Try", "Alone")
    assert (copy.variant_of, copy.language, copy.account, copy.purpose) == ("", "en", "folder", "essais")


# --- other names ------------------------------------------------------------------------------------------


def test_a_new_name_has_nobody_told_twice(practice: Practice, kept: Template) -> None:
    rdv = practice.search("appointments", **TOMORROW)
    first = practice.mailing(rdv, kept.path, account="folder").send(confirmed=True)
    assert (first["status"] == "sent").sum() > 10
    renamed = practice.templates.rename(kept.path, "Bonjour", reason="plus clair")
    assert (renamed.path, renamed.purpose, renamed.revision) == ("Essais/Bonjour", kept.path, 2)
    same = practice.mailing(rdv, renamed.path, account="folder").send(confirmed=True)
    keyed = practice.mailing(rdv, renamed.path, account="folder", key="encore").send(confirmed=True)
    assert same["mailing_id"].unique().tolist() == first["mailing_id"].unique().tolist()
    assert not (keyed["status"] == "sent").any()
    assert len(list((practice.path / "out").glob("*.eml"))) == (first["status"] == "sent").sum()


def test_all_that_names_an_email_type_follows_it(practice: Practice, kept: Template) -> None:
    practice.templates.save(english_of(kept.path))
    practice.templates.use_for(kept.path, "appointments")
    moved = practice.templates.move(kept.path, "Agenda")
    assert moved.path == "Agenda/Essai"
    assert practice.templates.variants(moved.path)["en"].path == "Essais/Try"
    assert practice.templates.default_for(practice.search("appointments", **TOMORROW)) == moved
    assert practice.templates[kept.path] == moved
    assert kept.path not in practice.templates
    assert practice.templates.move(moved.path, "").path == "Essai"


def test_a_path_of_before_leads_on_and_is_free_for_another(practice: Practice, kept: Template) -> None:
    shelf = practice.templates
    renamed = shelf.rename(kept.path, "Bonjour").path
    assert (kept.path in shelf, renamed in shelf, None in shelf) == (False, True, False)
    assert shelf[kept.path].path == shelf.called_now(kept.path) == shelf.called_now(renamed) == renamed
    shelf.save(kept)
    assert (kept.path in shelf, shelf.called_now(kept.path)) == (True, kept.path)
    shelf.archive(renamed)
    once = practice.ledger.library.save_template(
        an_email_type(label="abc"), by="claire", now=practice.now(), one_off=True
    )
    for path in (renamed, once.path, "Essais/Rien", ""):  # in no list
        assert (path in shelf, shelf.called_now(path)) == (False, "")


def test_a_folder_is_renamed_whole(practice: Practice, kept: Template) -> None:
    practice.templates.save(english_of(kept.path))
    practice.templates.save(an_email_type(label="Autre"))
    renamed = practice.templates.rename_folder("Essais", "Tests")
    assert [template.path for template in renamed] == ["Tests/Autre", "Tests/Essai", "Tests/Try"]
    assert practice.templates.variants("Tests/Essai")["en"].variant_of == "Tests/Essai"
    practice.templates.save(an_email_type(label="Autre"))
    before = practice.templates.to_frame()
    with pytest.raises(TemplateRefused, match="Essais/Autre"):
        practice.templates.rename_folder("Tests", "Essais")
    assert practice.templates.to_frame().equals(before)
    for unknown in ("Nulle part", ""):
        with pytest.raises(UnknownTemplate, match="Confrères"):
            practice.templates.rename_folder(unknown, "x")


def test_a_setting_of_the_name_renames_as_well(practice: Practice, kept: Template) -> None:
    changed = practice.templates.change(kept.path, label="Bonsoir", folder="Agenda")
    assert (changed.path, changed.purpose) == ("Agenda/Bonsoir", kept.path)
    with pytest.raises(TemplateRefused, match="the name of another"):
        practice.templates.rename(changed.path, REMINDER)


# --- put away ---------------------------------------------------------------------------------------------


def test_what_is_put_away_comes_back_with_its_variants(practice: Practice, kept: Template) -> None:
    practice.templates.save(english_of(kept.path))
    practice.templates.use_for(kept.path, "appointments")
    paths = practice.templates.archive(kept.path, reason="plus utilisé")
    assert paths == [kept.path, "Essais/Try"]
    assert practice.templates.to_frame(archived=True)["path"].tolist() == paths
    assert practice.templates.to_frame(archived=True)["variants"].tolist() == [["Essais/Try"], []]
    with pytest.raises(UnknownTemplate, match="archived"):
        practice.templates[kept.path]
    assert practice.templates.unarchive(kept.path) == paths
    assert practice.templates[kept.path] == kept
    assert practice.templates.searches_of(kept.path) == ["appointments"]
    with pytest.raises(UnknownTemplate):
        practice.templates.unarchive(kept.path)


# --- in several languages ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ({"variant_of": "Essais/Rien"}, "does not exist"),
        ({"variant_of": "Essais/Try2", "label": "Try2"}, "does not exist"),
        ({"variant_of": "Essais/Try"}, "variant of a variant"),
        ({"language": "fr"}, "same language"),
        ({}, "« Essais/Try » is in the same language"),
    ],
)
def test_a_variant_has_a_main_one_in_another_language(
    practice: Practice, kept: Template, variant: dict[str, str], words: str
) -> None:
    practice.templates.save(english_of(kept.path))
    with pytest.raises(TemplateRefused, match=words):
        practice.templates.save(english_of(kept.path, **{"label": "Second", **variant}))


def test_a_variant_that_is_chosen_by_itself_tells_nobody_twice(practice: Practice, kept: Template) -> None:
    variant = practice.templates.save(english_of(kept.path))
    rdv = practice.search("appointments", **TOMORROW)
    first = practice.mailing(rdv, kept.path, account="folder").send(confirmed=True)
    again = practice.mailing(rdv, variant.path, account="folder").send(confirmed=True)
    assert (first["status"] == "sent").sum() > 10
    assert not (again["status"] == "sent").any()


def test_a_main_one_stays_one(practice: Practice, kept: Template) -> None:
    practice.templates.save(english_of(kept.path))
    with pytest.raises(TemplateRefused, match="variant of a variant"):
        practice.templates.change(kept.path, variant_of=REMINDER, language="en")
    with pytest.raises(TemplateRefused, match="language of its variant"):
        practice.templates.change(kept.path, language="en")


# --- what counts ------------------------------------------------------------------------------------------


def test_what_counts_is_told_with_who_says_so(practice: Practice, kept: Template) -> None:
    practice.templates.change(kept.path, account="folder", keep_messages=False, reply_to="accueil@cabinet.test")
    told = practice.templates.effective(kept.path).set_index("setting")
    assert told.loc["account"].tolist() == ["folder", "template"]
    assert told.loc["keep_messages"].tolist() == ["no", "template"]
    assert told.loc["confirm"].tolist() == ["yes", "usual"]
    assert told.loc["reply_to"].tolist() == ["accueil@cabinet.test", "template"]
    practice.templates.save(english_of(kept.path))
    assert practice.templates.effective("Essais/Try").equals(practice.templates.effective(kept.path))


def test_what_counts_is_told_while_no_account_can_be_chosen(practice: Practice, kept: Template) -> None:
    practice.accounts.set("second", kind="folder", folder="out2")
    told = practice.templates.effective(practice.templates.change(kept.path, confirm=False)).set_index("setting")
    assert told.loc["account"].tolist() == ["", "usual"]
    assert told.loc["confirm"].tolist() == ["no", "template"]
