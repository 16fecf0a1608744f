"""The text editor keeps the subject and the body of an email type, and tells when somebody changed them."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from workbench.domain.templates import Template
from workbench.widgets.template_editor import TemplateEditor

RECALL = Template(label="Rappel", subject="Le @RDVDATE", html="<p>Bonjour @PNOM</p>")
FIELDS = [{"code": "PNOM", "label": "Nom", "category": "Principaux", "example": "LEFÈVRE", "health": False}]


class Edited(TemplateEditor):
    """An editor that keeps what it sent to its pages."""

    def __init__(self, template: Template | None = None) -> None:
        self.sent: list[dict[str, Any]] = []
        self.buffers: list[Any] = []
        super().__init__(template)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(content)
        self.buffers.append(buffers)

    def hears(self, view: str = "v", **message: Any) -> dict[str, Any]:
        self._hear(self, {"request": 1, "view": view, **message}, [])
        return self.sent[-1]

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["kind"] == kind]


def test_what_is_shown_is_what_is_written_as_long_as_nobody_types():
    editor = Edited()
    editor.show(RECALL)
    assert (editor.subject, editor.body) == (RECALL.subject, RECALL.html)
    answer = editor.hears(kind="open")
    assert (answer["number"], answer["subject"], answer["body"]) == (1, RECALL.subject, RECALL.html)


def test_a_change_is_told_once_and_to_the_other_views():
    editor = Edited(RECALL)
    told: list[tuple[str, str]] = []
    editor.on_change(lambda: told.append((editor.subject, editor.body)))
    for _twice in range(2):
        editor.hears(kind="changed", number=0, subject="Le @RDVDATE", body="<p>Bonsoir</p>")
    assert told == [("Le @RDVDATE", "<p>Bonsoir</p>")]
    assert editor.told("written") == [
        {"kind": "written", "view": "v", "number": 0, "subject": "Le @RDVDATE", "body": "<p>Bonsoir</p>"}
    ]


def test_what_was_typed_into_the_email_type_before_does_not_reach_the_one_shown_now():
    editor = Edited(RECALL)
    editor.show(Template(label="Vœux", subject="Vœux", html="<p>Bonne année</p>"))
    editor.hears(kind="changed", number=0, subject="Le @RDVDATE", body="<p>trop tard</p>")
    assert (editor.subject, editor.body) == ("Vœux", "<p>Bonne année</p>")


def test_a_field_goes_where_somebody_wrote_last():
    editor = Edited(RECALL)
    for view in ("a", "b"):
        editor.hears(view, kind="open")
    editor.hears("a", kind="used")
    editor.insert("PNOM")
    assert editor.sent[-1] == {"kind": "insert", "code": "PNOM", "view": "a"}
    editor.hears("a", kind="closed")
    editor.insert("PNOM")
    assert editor.sent[-1]["view"] == "b"


def test_fields_and_findings_reach_a_page_that_opens_later():
    editor = Edited(RECALL)
    editor.offer(FIELDS)
    editor.say([{"zone": "body", "code": "missing:PNOM", "severity": "warning", "message": "…", "field": "PNOM"}])
    answer = editor.hears(kind="open")
    (field,) = answer["fields"]
    told = {"code": "PNOM", "label": "Nom", "category": "Principaux", "example": "LEFÈVRE", "aliases": [], "own": False}
    assert field == told
    assert [finding["field"] for finding in answer["findings"]] == ["PNOM"]
    # Saying the same again says nothing.
    count = len(editor.sent)
    editor.offer(FIELDS)
    assert len(editor.sent) == count


def test_another_email_type_begins_without_findings():
    editor = Edited(RECALL)
    editor.say([{"zone": "body", "code": "x", "severity": "error", "message": "…", "field": ""}])
    editor.show(RECALL)
    assert editor.told("shown")[-1]["findings"] == []


def test_an_image_is_kept_by_whoever_keeps_them():
    editor = Edited(RECALL)
    kept: list[tuple[str, bytes]] = []
    data = b64encode(b"GIF89a").decode()
    assert "error" in editor.hears(kind="picture", name="a.gif", data=data)
    editor.on_picture(lambda name, content: kept.append((name, content)) or f"cid:{name}")
    assert editor.hears(kind="picture", name="a.gif", data=data)["src"] == "cid:a.gif"
    assert kept == [("a.gif", b"GIF89a")]
    assert "error" in editor.hears(kind="picture", name="a.gif", data="§")


def test_an_image_of_the_body_is_shown_where_it_is_at_hand():
    editor = Edited(RECALL)
    assert editor.hears(kind="shown_picture", src="cid:plan")["type"] == ""
    editor.pictures_from(lambda src: ("image/png", b"png") if src == "cid:plan" else None)
    assert editor.hears(kind="shown_picture", src="cid:plan")["type"] == "image/png"
    assert editor.buffers[-1] == [b"png"]
    assert editor.hears(kind="shown_picture", src="cid:other")["type"] == ""


def test_nothing_of_the_text_or_the_fields_is_saved_with_a_notebook():
    editor = Edited(RECALL)
    editor.offer(FIELDS)
    state = str(editor.get_state())
    assert "LEFÈVRE" not in state
    assert "Bonjour" not in state
