"""The text editor in a real JupyterLab: what is typed, pasted and inserted, and what never changes."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import serious
from tests.browser.jupyter import Lab, Notebook
from workbench.merging.template_file import template_from_file

ROOT = Path(__file__).resolve().parents[2]

EDITOR = """
from workbench.domain.templates import Template
from workbench.widgets.template_editor import TemplateEditor
editor = TemplateEditor(Template(label="Essai", subject="Le @RDVDATE", html={body!r}))
editor.offer([
    dict(code="PPRENOM", label="Prénom du patient", category="Principaux", example="Zoé"),
    dict(code="PNOM", label="Nom du patient", category="Principaux", example="LEFÈVRE"),
    dict(code="RDVDATE", label="Date du rendez-vous", category="Principaux", example="mardi 24 novembre"),
    dict(code="CABTEL", label="Téléphone du cabinet", category="Principaux", example="01 99 00 12 34"),
])
pictures = []
editor.on_picture(lambda name, data: pictures.append((name, len(data))) or "cid:" + name)
editor
"""
NUMBERS = count()
LETTER = "<p>Bonjour @PPRENOM,</p><p>{% if SOLDE > 0 %}Solde dû.{% endif %} À bientôt.</p>"

PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FAAhKDveksOjmAAAAAElFTkSuQmCC"
)
NASTY = [
    "",
    "Bonjour @PPRENOM,<br>\nà demain",
    "<p>a</p>\r\n<p>caf&eacute;&nbsp;: &#8239;! &lt;b&gt; &amp;amp;</p>\r\n",
    "<p>@PNOM@PPRENOM @PNOMs @PNOMS {@PNOM} contact@PNOM.fr {{ PNOM }}A {{PNOM|upper}}</p>",
    "<p>{% if SOLDE > 0 and PNOM < 'z' %}x{% endif %} {# @PNOM > #}</p>",
    "{% if A %}<p>a</p>{% if B %}<p>b</p>{% else %}<p>c</p>{% endif %}{% endif %}",
    "<!--[if mso]><table><tr><td><![endif]--><p>x</p><!--[if mso]></td></tr></table><![endif]-->",
    "<style>p > b { color: red }</style><p><b>x</b></p>",
    "<table width='100%'>{% for x in L %}<tr><td style='padding:3px'>{{ x }}</td></tr>{% endfor %}</table>",
    "<p {% if A %}class=\"x\"{% endif %}><a href=\"tel:{{ CABTEL|replace(' ', '') }}\">@CABTEL</a></p>",
    "<ul><li>a <b>b</b></li></ul><ol start=3><li><p>x</p></ol><p><font color=red>y</font>",
    "<p>&#123;{ PNOM }} {{ '{{' }} }}</p>",
    "<div style=\"font: 12px 'A;B'\"><p title='a\"b'>x</p></div>",
]
HOSTILE = (
    '<p onclick="window.hacked=1">x<img src=x onerror="window.hacked=2"><img src="https://outside.example/a.png"></p>'
    '<p style="background:url(https://outside.example/b.png)">y</p><svg onload="window.hacked=3"></svg>'
    '<a href="javascript:window.hacked=4">j</a><script>window.hacked=5</script><iframe src="https://outside.example/">'
)


def opened(lab: Lab, page: Page, body: str = LETTER, *cells: str) -> Notebook:
    name = f"editeur-{next(NUMBERS)}.ipynb"
    lab.write(name, EDITOR.format(body=body), "print(editor.subject); print(editor.body)", *cells)
    notebook = lab.open(page, name)
    notebook.run(0)
    expect(notebook.cell(0).locator(".pw-template-editor[data-ready]")).to_be_visible()
    return notebook


def text_of(notebook: Notebook, number: int = 0) -> Locator:
    return notebook.cell(number).locator(".pw-editor-visual .pw-rich-text")


def at_the_end(page: Page, text: Locator) -> None:
    text.click()
    page.keyboard.press("Control+End")
    page.wait_for_timeout(120)


def written(page: Page, notebook: Notebook, number: int = 1) -> str:
    """Return what Python holds, a moment after the last keystroke."""
    page.wait_for_timeout(300)
    notebook.run(number)
    return notebook.text(number)


def test_a_field_is_typed_found_taken_out_and_brought_back(lab: Lab, page: Page, shoot: Callable[..., Path]) -> None:
    notebook = opened(lab, page)
    text = text_of(notebook)
    at_the_end(page, text)
    page.keyboard.type(" Appelez le @TELEPH")
    options = notebook.cell(0).locator(".pw-rich-fields [role=option]")
    expect(options).to_have_count(1)
    tools, found = notebook.cell(0).locator(".pw-rich-tools").first.bounding_box(), options.bounding_box()
    assert tools is not None
    assert found is not None
    assert found["y"] > tools["y"] + tools["height"]
    expect(text).to_have_attribute("aria-activedescendant", str(options.get_attribute("id")))
    shoot(page, "list")
    page.keyboard.press("Enter")
    expect(text.locator(".pw-rich-chip")).to_have_count(2)
    assert written(page, notebook).endswith("Appelez le @CABTEL</p>")
    at_the_end(page, text)
    page.keyboard.press("Backspace")
    expect(text.locator(".pw-rich-chip")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(text.locator(".pw-rich-chip")).to_have_count(2)
    # Conditions are as they were, and the subject has chips of its own.
    notebook.cell(0).locator(".pw-editor-line .pw-rich-text").click()
    page.keyboard.press("End")
    page.wait_for_timeout(120)
    page.keyboard.type(" @prénom du pa")
    expect(options).to_have_count(1)
    page.keyboard.press("Tab")
    assert written(page, notebook) == (
        "Le @RDVDATE @PPRENOM\n"
        "<p>Bonjour @PPRENOM,</p>\n"
        "<p>{% if SOLDE > 0 %}Solde dû.{% endif %} À bientôt. Appelez le @CABTEL</p>"
    )


def test_a_field_that_python_inserts_goes_to_the_caret(lab: Lab, page: Page) -> None:
    notebook = opened(lab, page, "<p>Bonjour</p>")
    at_the_end(page, text_of(notebook))
    page.keyboard.type(" ")
    notebook.execute("editor.insert('PNOM')")
    expect(text_of(notebook).locator(".pw-rich-chip")).to_have_text("Nom du patient")
    assert written(page, notebook).endswith("<p>Bonjour @PNOM</p>")


def test_an_image_is_put_in_with_words_for_it(lab: Lab, page: Page, shoot: Callable[..., Path]) -> None:
    notebook = opened(lab, page, "<p>Plan</p>", "print(pictures)")
    at_the_end(page, text_of(notebook))
    cell = notebook.cell(0)
    cell.locator("[data-tool=picture]").click()
    cell.locator("input[type=file]").set_input_files({"name": "plan.png", "mimeType": "image/png", "buffer": PNG})
    cell.get_by_label("Ce que l’image montre").fill("Plan d’accès")
    page.keyboard.press("Enter")
    expect(text_of(notebook).locator(".pw-rich-picture img")).to_have_count(1)
    shoot(page)
    assert '<img src="cid:plan.png" alt="Plan d’accès"' in written(page, notebook)
    assert written(page, notebook, 2) == f"[('plan.png', {len(PNG)})]"


def test_two_views_show_the_same(lab: Lab, page: Page) -> None:
    notebook = opened(lab, page, LETTER, "editor")
    notebook.run(2)
    other = text_of(notebook, 2)
    expect(other.locator(".pw-rich-chip")).to_have_count(1)
    at_the_end(page, text_of(notebook))
    page.keyboard.type(" @nom")
    page.keyboard.press("Enter")
    expect(other.locator(".pw-rich-chip")).to_have_count(2)
    at_the_end(page, other)
    page.keyboard.type(" Fin")
    expect(text_of(notebook)).to_contain_text("Fin")


def test_every_text_comes_back_byte_for_byte(lab: Lab, page: Page) -> None:
    notebook = opened(lab, page, LETTER, "print(same)")
    notebook.execute("same = 0")
    files = [
        *sorted((ROOT / "sample_data/templates").rglob("*.html")),
        *sorted((ROOT / "sample_data/signatures").rglob("*.html")),
    ]
    texts = [file.read_text(encoding="utf-8").split("---\n", 2)[-1] for file in files] + NASTY + [HOSTILE]
    assert len(texts) > 40
    cell = notebook.cell(0)
    visual = 0
    for number, body in enumerate(texts):
        notebook.execute(f"body = {body!r}; editor.show(Template(label='x', subject='Texte {number}', html=body))")
        expect(cell.locator(".pw-editor-line")).to_contain_text(f"Texte {number}")
        passage = cell.locator(".pw-editor-words .pw-rich-text")
        if cell.locator(".pw-editor-visual").is_visible() or passage.count() > 0:
            visual += 1
            # Typed and taken back, the text is what it was.
            (passage.first if passage.count() > 0 else text_of(notebook)).focus()
            page.keyboard.type("z")
            page.keyboard.press("Control+z")
            page.wait_for_timeout(260)
        notebook.execute("same += editor.body == body")
        assert page.evaluate("() => window.hacked") is None
    assert visual >= 38
    notebook.run(2)
    assert notebook.text(2) == str(len(texts))


def test_of_a_designed_page_only_the_words_change(lab: Lab, page: Page, shoot: Callable[..., Path]) -> None:
    file = ROOT / "sample_data/templates/Rendez-vous/Rappel de rendez-vous.html"
    body = template_from_file(file.read_text(encoding="utf-8"), name=file.stem).html
    notebook = opened(lab, page, body)
    cell = notebook.cell(0)
    title = cell.get_by_role("textbox", name="Texte 3", exact=True)
    expect(title).to_have_text("Rappel de rendez-vous")
    at_the_end(page, title)
    page.keyboard.type(" de @prenom")
    page.keyboard.press("Enter")
    shoot(page, "words")
    changed = body.replace("Rappel de rendez-vous</h1>", "Rappel de rendez-vous de @PPRENOM</h1>")
    assert changed != body
    assert written(page, notebook).removeprefix("Le @RDVDATE\n") == changed.strip()
    # And as HTML, for whoever reads it.
    cell.get_by_role("button", name="HTML", exact=True).click()
    expect(cell.locator(".pw-source .cm-content")).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type("@prenom")
    expect(cell.locator(".cm-tooltip [role=option]")).to_have_count(1)
    shoot(page, "source")
    page.wait_for_timeout(150)
    page.keyboard.press("Enter")
    assert written(page, notebook).removeprefix("Le @RDVDATE\n") == changed.strip() + "\n@PPRENOM"
    cell.get_by_role("button", name="Les textes seuls").click()
    expect(title).to_contain_text("Prénom du patient")
    cell.get_by_role("button", name="HTML", exact=True).click()
    cell.get_by_role("button", name="Éditeur visuel").click()
    expect(cell.locator(".pw-editor-asking")).to_contain_text("<style>")
    page.keyboard.press("Escape")
    expect(cell.locator(".pw-editor-asking")).to_be_hidden()


def test_no_key_reaches_jupyterlab_and_every_tool_is_reached_without_a_mouse(lab: Lab, page: Page) -> None:
    notebook = opened(lab, page)
    cells = notebook.panel.locator(".jp-Cell")
    count = cells.count()
    notebook.cell(0).locator(".pw-editor-line .pw-rich-text").click()
    page.keyboard.press("Tab")
    first = notebook.cell(0).locator("[data-tool=undo]")
    expect(first).to_be_focused()
    for key in ("a", "b", "x", "d", "d", "m", "y", "Escape"):
        page.keyboard.press(key)
    page.keyboard.press("End")
    expect(notebook.cell(0).get_by_role("button", name="HTML", exact=True)).to_be_focused()
    page.keyboard.press("Home")
    expect(first).to_be_focused()
    page.keyboard.press("Tab")
    expect(text_of(notebook)).to_be_focused()
    page.keyboard.type("abxdd")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Control+b")
    expect(cells).to_have_count(count)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_screen_readers_find_nothing_serious(
    lab: Lab, page: Page, theme: str, use_theme: Callable[[Page, str], None], shoot: Callable[..., Path]
) -> None:
    notebook = opened(lab, page)
    use_theme(page, theme)
    said = [
        {"zone": "body", "code": "a", "severity": "error", "message": "Sans valeur : Prénom", "field": "PPRENOM"},
        {"zone": "subject", "code": "b", "severity": "warning", "message": "À vérifier", "field": "RDVDATE"},
    ]
    notebook.execute(f"editor.say({said!r})")
    at_the_end(page, text_of(notebook))
    page.keyboard.type(" @")
    expect(notebook.cell(0).locator(".pw-rich-fields [role=option]")).to_have_count(4)
    shoot(page)
    page_of = "<html><body><div style='padding: 9px'>{% if A %}<p>Bonjour @PNOM</p>{% endif %}</div></body></html>"
    for step in ("visual", "passages", "source"):
        if step == "passages":
            notebook.execute(f"editor.show(Template(label='x', subject='Page', html={page_of!r}))")
            expect(notebook.cell(0).locator(".pw-editor-passage")).to_have_count(1)
        if step == "source":
            page.keyboard.press("Escape")
            notebook.cell(0).get_by_role("button", name="HTML", exact=True).click()
        assert serious(page, ".pw-template-editor") == [], step


def test_a_text_from_word_and_a_dropped_field_come_in_clean(lab: Lab, page: Page) -> None:
    notebook = opened(lab, page, "<p>Bonjour </p><p>fin</p>")
    at_the_end(page, text_of(notebook))
    html = (
        "<p class=MsoNormal style='mso-margin-top-alt:auto'><b>Merci</b> <span style='color:#C00000'>rouge</span>"
        " @PNOM<o:p></o:p></p><!--[if gte mso 9]><xml>x</xml><![endif]--><img src='https://outside.example/c.png'>"
    )
    page.evaluate(
        """([html]) => { const data = new DataTransfer(); data.setData('text/html', html);
        const how = { clipboardData: data, bubbles: true, cancelable: true };
        document.activeElement.dispatchEvent(new ClipboardEvent('paste', how)); }""",
        [html],
    )
    text = text_of(notebook)
    box = text.locator("p").first.bounding_box()
    assert box is not None
    page.evaluate(
        """([x, y]) => { const data = new DataTransfer(); data.setData('text/plain', '@CABTEL');
        data.setData('application/x-publipostage-field', 'CABTEL');
        const how = { dataTransfer: data, clientX: x, clientY: y, bubbles: true, cancelable: true };
        document.elementFromPoint(x, y).dispatchEvent(new DragEvent('drop', how)); }""",
        [box["x"] + 4, box["y"] + 8],
    )
    expect(text.locator(".pw-rich-chip")).to_have_count(2)
    body = written(page, notebook)
    # Right before a capital the code stands in braces, to be read as itself.
    assert "<p>{{ CABTEL }}Bonjour</p>" in body
    assert "<strong>Merci</strong>" in body
    assert "color: #C00000" in body
    assert not any(word in body for word in ("mso", "Mso", "o:p", "<!--", "<img"))
