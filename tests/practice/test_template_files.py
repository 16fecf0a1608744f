"""Email types as files: out, into an empty workspace, and out again without a byte of difference."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy.exc import DBAPIError

from workbench.databases import writing
from workbench.domain.templates import Template
from workbench.errors import TemplateRefused, WorkbenchError
from workbench.practice import Practice
from workbench.practice.template_files import LARGEST_FILE, file_name, read_text
from workbench.wiring import init_workspace, open_practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def a_picture(colour: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (40, 20), colour).save(stream, "PNG")
    return stream.getvalue()


def an_email_type(**values: object) -> Template:
    plain = {"label": "Essai", "folder": "Essais", "subject": "Bonjour", "html": "<p>@DAPPEL</p>\n", **values}
    return Template(**plain)


@pytest.fixture
def furnished(practice: Practice, tmp_path: Path) -> Practice:
    """A library with files and images beside, some of one name, and names that no file can have."""
    home = tmp_path / "written"
    home.mkdir()
    for name, colour in (("Rouge", "red"), ("Bleu", "blue")):
        (home / "logo.png").write_bytes(a_picture(colour))
        (home / "plan.txt").write_text(f"plan {name}", encoding="utf-8")
        file = home / f"{name}.html"
        file.write_text(
            f"---\nlabel: {name}\nfolder: Essais\nattachments: [plan.txt]\ntext: |\n  Bonjour,\n\n  à demain\n---\n"
            '<p><img src="logo.png" alt="Logo" width="40"> @DAPPEL</p>\n',
            encoding="utf-8",
        )
        practice.templates.import_file(file)
    practice.templates.save(an_email_type(label="Try", language="en", variant_of="Essais/Rouge"))
    for label in ("Qui ? Quoi : « tout »", "rouge", "con", ".caché", "é" * 110, "page.html", "fin.files"):
        practice.templates.save(an_email_type(label=label))
    practice.templates.save(an_email_type(label="Sans dossier", folder=""))
    return practice


@pytest.fixture
def empty(tmp_path: Path) -> Practice:
    init_workspace(tmp_path / "empty", user="claire", now=lambda: NOW)
    with open_practice(tmp_path / "empty", user="paul", now=lambda: NOW) as opened:
        yield opened


def test_a_library_goes_out_and_in_and_out_again_without_a_byte_of_difference(
    furnished: Practice, empty: Practice, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    exported = furnished.templates.export_all(first)
    assert len(exported.files) == len(furnished.templates)
    assert exported.others == ()
    imported = empty.templates.import_files([first], reason="du dépôt")
    assert sorted(template.path for template in imported) == sorted(furnished.templates)
    assert {path: replace(template, revision=0) for path, template in empty.templates.items()} == {
        path: replace(template, revision=0) for path, template in furnished.templates.items()
    }
    empty.templates.export_all(second)
    assert bytes_below(second) == bytes_below(first)
    assert set(empty.templates.revisions(REMINDER)["reason"]) == {"du dépôt"}


def test_an_export_over_an_older_one_changes_only_what_differs(furnished: Practice, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    furnished.templates.export_all(folder)
    untouched = {file: file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()}
    before = bytes_below(folder)
    furnished.templates.rename("Essais/Bleu", "Vert")
    exported = furnished.templates.export_all(folder)
    after = bytes_below(folder)
    assert {name for name in after if after[name] != before.get(name)} >= {"Essais/Vert.html"}
    assert [file.name for file in exported.others] == ["Bleu.html"]
    same = [file for file in untouched if before[str(file.relative_to(folder))] == file.read_bytes()]
    assert all(file.stat().st_mtime_ns == untouched[file] for file in same)


def test_files_of_one_name_stand_apart(furnished: Practice, tmp_path: Path) -> None:
    furnished.templates.export_all(tmp_path / "out")
    home = tmp_path / "out" / "Essais"
    assert (home / "plan.txt").read_text(encoding="utf-8") == "plan Bleu"
    assert (home / "Rouge.files" / "plan.txt").read_text(encoding="utf-8") == "plan Rouge"


def test_one_file_has_its_own_beside_it(furnished: Practice, tmp_path: Path) -> None:
    home = tmp_path / "one"
    home.mkdir()
    file = furnished.templates.export_file("Essais/Bleu", home / "bleu.html")
    assert (home / "plan.txt").read_text(encoding="utf-8") == "plan Bleu"
    text = file.read_text(encoding="utf-8")
    assert 'src="logo.png"' in text
    assert "sha256" not in text
    assert "cid:" not in text
    assert furnished.templates.import_file(file).revision == 1
    assert furnished.templates.text_of(furnished.templates["Essais/Bleu"]) == text
    (home / "plan.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(TemplateRefused, match="another file"):
        furnished.templates.export_file("Essais/Bleu", home / "again.html")
    assert not (home / "again.html").exists()


@pytest.mark.parametrize("name", ["Essais/logo.png", "Essais/Rouge.html"])
def test_no_file_of_somebody_else_is_lost_under_an_export(furnished: Practice, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "out"
    (folder / "Essais").mkdir(parents=True)
    foreign = b"<p>a page of ours</p>" if name.endswith("html") else a_picture("green")
    (folder / name).write_bytes(foreign)

    with pytest.raises(TemplateRefused, match="another file"):
        furnished.templates.export_all(folder)

    assert bytes_below(folder) == {name: foreign}


def test_nothing_is_written_through_a_link(furnished: Practice, tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder.mkdir()
    (folder / "Essais").symlink_to(elsewhere)
    with pytest.raises(TemplateRefused, match="link"):
        furnished.templates.export_all(folder)
    assert list(elsewhere.iterdir()) == []
    assert bytes_below(folder) == {}
    (folder / "Essais").unlink()
    (folder / "Essais").mkdir()
    (folder / "Essais" / "Rouge.html").symlink_to(elsewhere / "x")
    with pytest.raises(TemplateRefused, match="link"):
        furnished.templates.export_all(folder)
    assert list(elsewhere.iterdir()) == []


# --- in ---------------------------------------------------------------------------------------------------


def written(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        file = folder / f"{name.replace('__', '/')}.html"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def test_all_files_are_read_or_none(practice: Practice, tmp_path: Path) -> None:
    before = list(practice.templates)
    folder = written(tmp_path / "in", bon="<p>x</p>", faux="---\nfolder: Essais\n---\n<p>{% if %}</p>")
    with pytest.raises(TemplateRefused, match=r"faux\.html.*Line 4.*Nothing was imported"):
        practice.templates.import_files([folder])
    assert list(practice.templates) == before


def test_a_file_is_of_the_folder_it_lies_in(practice: Practice, tmp_path: Path) -> None:
    folder = written(tmp_path / "in", seul="<p>x</p>", Agenda__demain="<p>y</p>", Agenda__autre="---\nfolder: X\n---\n")
    imported = practice.templates.import_files([folder])
    assert sorted(template.path for template in imported) == ["Agenda/demain", "X/autre", "seul"]


def test_a_variant_may_come_before_its_main_one(practice: Practice, tmp_path: Path) -> None:
    variant = "---\nlabel: A\nlanguage: en\nvariant_of: B\n---\n<p>x</p>"
    folder = written(tmp_path / "in", a=variant, b="---\nlabel: B\n---\n<p>x</p>")
    assert [template.path for template in practice.templates.import_files([folder])] == ["A", "B"]
    assert practice.templates.variants("B")["en"].path == "A"
    alone = written(tmp_path / "alone", a=variant.replace("of: B", "of: Rien").replace("label: A", "label: C"))
    for refused in (lambda: practice.templates.import_files([alone]),
                    lambda: practice.templates.import_file(alone / "a.html")):  # fmt: skip
        with pytest.raises(TemplateRefused, match="« Rien », which does not exist"):
            refused()


def test_a_main_one_and_its_variant_may_change_places_in_one_import(practice: Practice, tmp_path: Path) -> None:
    for languages in (("fr", "en"), ("en", "fr")):
        main, other = languages
        variant = f"---\nlabel: A\nlanguage: {other}\nvariant_of: B\n---\n<p>x</p>"
        folder = written(tmp_path / main, a=variant, b=f"---\nlabel: B\nlanguage: {main}\n---\n<p>x</p>")
        practice.templates.import_files([folder])
        paths = {language: one.path for language, one in practice.templates.variants("B").items()}
        assert paths == {main: "B", other: "A"}


def test_nothing_is_imported_when_the_ledger_refuses_one_of_them(practice: Practice, tmp_path: Path) -> None:
    before = list(practice.templates)
    with writing(practice.ledger.engine) as connection:  # type: ignore[attr-defined]
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON templates WHEN new.path = 'B' BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    folder = written(tmp_path / "in", A="<p>x</p>", B="<p>y</p>")
    with pytest.raises((WorkbenchError, DBAPIError)):
        practice.templates.import_files([folder])
    assert list(practice.templates) == before


def test_one_email_type_twice_is_refused(practice: Practice, tmp_path: Path) -> None:
    folder = written(tmp_path / "in", a="---\nlabel: A\n---\n", b="---\nlabel: A\n---\n")
    with pytest.raises(TemplateRefused, match="the same email type"):
        practice.templates.import_files([folder / "a.html", folder / "b.html"])


def test_an_empty_folder_is_said_to_be(practice: Practice, tmp_path: Path) -> None:
    with pytest.raises(TemplateRefused, match="no template file"):
        practice.templates.import_files([tmp_path])


def test_links_in_a_folder_are_not_followed(practice: Practice, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    folder = written(tmp_path / "in", bon="<p>x</p>")
    (folder / "vol.html").symlink_to(secret)
    with pytest.raises(TemplateRefused, match="link"):
        practice.templates.import_files([folder])
    (folder / "vol.html").unlink()
    os.mkfifo(folder / "attente.html")
    with pytest.raises(TemplateRefused, match="no file"):
        practice.templates.import_files([folder])


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/hostname", "a/b.txt", "..", "lien.txt", "absent.txt"])
def test_an_attachment_is_a_file_beside(practice: Practice, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    folder = written(tmp_path / "in", a=f"---\nlabel: A\nattachments: ['{name}']\n---\n<p>x</p>")
    (folder / "lien.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(TemplateRefused, match="attachment"):
        practice.templates.import_files([folder])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe<\x00p\x00>\x00", "UTF-8"),
        ("<p>é</p>".encode("latin-1"), "UTF-8"),
        (b"PK\x03\x04\x00\x00", "UTF-8"),
        (b"<p>\xed\xa0\x80</p>", "UTF-8"),
        (b"x" * (LARGEST_FILE + 1), "larger than"),
        (b"---\na: &a [x]\nb: *a\n---\n", "quotes"),
    ],
)
def test_a_file_that_is_no_email_type_gets_a_sentence(
    practice: Practice, tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "x.html").write_bytes(content)
    with pytest.raises(TemplateRefused, match=words):
        practice.templates.import_file(tmp_path / "x.html")


def test_a_file_that_never_ends_or_is_none_is_refused(tmp_path: Path) -> None:
    for file in (Path("/dev/zero"), tmp_path, tmp_path / "absent"):
        with pytest.raises(TemplateRefused):
            read_text(file)


def test_marks_and_line_ends_of_other_systems_are_read(practice: Practice, tmp_path: Path) -> None:
    (tmp_path / "x.html").write_bytes(b"\xef\xbb\xbf---\r\nlabel: Mac\r\n---\r\n<p>a</p>\r<p>b</p>\r\n")
    assert practice.templates.import_file(tmp_path / "x.html").html == "<p>a</p>\n<p>b</p>\n"


@given(st.text(min_size=1, max_size=130))
def test_every_label_is_called_something_on_every_disk(label: str) -> None:
    try:
        label.encode()
    except UnicodeEncodeError:
        return
    name = file_name(label.replace("/", "-").replace("\\", "-"))
    assert 0 < len(name.encode()) < 220
    assert not set(name) & set('<>:"|?*')
    assert name not in (".", "..")
    assert not name.startswith(".")
    assert name == name.rstrip(". ")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    labels=st.lists(st.text(alphabet="aAéÉ .:?~", min_size=1, max_size=4), min_size=1, max_size=5),
    html=st.text(alphabet="<p>é\n\r @", max_size=12),
)
def test_whatever_is_saved_goes_out_and_in_alike(
    practice: Practice, tmp_path_factory: pytest.TempPathFactory, labels: list[str], html: str
) -> None:
    for label in labels:
        try:
            practice.templates.save(an_email_type(label=label, html=html))
        except TemplateRefused:
            continue
    folder = tmp_path_factory.mktemp("out")
    before = dict(practice.templates)
    practice.templates.export_all(folder)
    practice.templates.import_files([folder])
    assert dict(practice.templates) == before


# --- back to what came with the workbench -----------------------------------------------------------------


def test_what_came_with_the_workbench_can_be_had_again(practice: Practice) -> None:
    came = practice.templates[REMINDER]
    practice.templates.change(REMINDER, subject="Demain", html="<p>x</p>", account="folder")
    again = practice.templates.reset(REMINDER)
    assert again == replace(came, revision=3)
    practice.templates.rename(REMINDER, "Rappel")
    practice.templates.change("Rendez-vous/Rappel", subject="Demain")
    assert practice.templates.reset("Rendez-vous/Rappel") == replace(came, label="Rappel", revision=6)


def test_what_the_practice_wrote_itself_is_not_reset(practice: Practice) -> None:
    practice.templates.save(an_email_type())
    with pytest.raises(TemplateRefused, match="did not come with the workbench"):
        practice.templates.reset("Essais/Essai")
