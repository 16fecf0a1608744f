"""Reading messages in a real browser: the list, the four views, the keys, the test mailbox, letters made to hurt."""

from __future__ import annotations

import json
import statistics

import pytest
from playwright.sync_api import expect

SAMPLE = """
import pandas as pd
import workbench as wb
from workbench.displays.showing import shown
from workbench.widgets.message_preview import MessagePreview

practice = wb.open()
found = practice.search("appointments", start="tomorrow", end="tomorrow", state="upcoming")
mailing = practice.mailing(found, "Rendez-vous/Rappel de rendez-vous")
rows = mailing.overview()
rows = rows.assign(name=rows["recipient"]).rename(columns={"standing": "state"})
preview = MessagePreview()
preview.show(rows, lambda number: shown(*mailing.preview_marked(number)))
"""

MANY = """
many = pd.concat([rows] * (100_000 // len(rows) + 1), ignore_index=True).head(100_000)
preview.show(many, lambda number: shown(*mailing.preview_marked(number % len(rows))))
preview.go_to(50_000)
"""

INBOX = """
from pathlib import Path
from workbench.displays.showing import shown
from workbench.transports.caught import CaughtFolder
from workbench.widgets.inbox import Inbox
inbox = Inbox(CaughtFolder(Path.cwd().parent / "caught"))
"""


@pytest.fixture
def caught(lab):
    """The test mailbox's folder, empty."""
    folder = lab.workspace / "caught"
    for kept in folder.iterdir():
        kept.unlink()
    return folder


@pytest.fixture
def notebook(lab, page):
    """The reminders of the sample practice, shown in a notebook."""
    lab.write("lire.ipynb", SAMPLE, "preview", "print(preview.position)")
    opened = lab.open(page, "lire.ipynb", alone=True)
    opened.run_all()
    expect(opened.output(1).locator(".pw-letter-subject")).to_be_visible()
    return opened


@pytest.fixture
def preview(notebook):
    """The preview itself."""
    return notebook.output(1).locator(".pw-message-preview")


def test_each_message_is_read_as_it_will_arrive(notebook, preview, page, shoot, use_theme):
    preview.get_by_role("button", name="Message suivant").click()
    expect(preview.locator(".pw-preview-place")).to_have_text("2 / 49")
    expect(preview.locator(".pw-letter-subject")).to_contain_text("Votre rendez-vous du")
    letter = preview.frame_locator("iframe")
    expect(letter.get_by_role("mark").first).to_be_visible()
    expect(preview).to_contain_text("Les valeurs fusionnées sont surlignées ici seulement.")
    shoot(page, "light")
    preview.get_by_role("tab", name="Téléphone").click()
    assert preview.locator("iframe").evaluate("(frame) => frame.offsetWidth") == 360
    shoot(page, "phone")
    preview.get_by_role("tab", name="Texte").click()
    expect(preview.locator(".pw-letter-text mark").first).to_be_visible()
    preview.get_by_role("tab", name="Source").click()
    expect(preview.locator(".pw-letter-source pre")).to_contain_text("Content-Type: multipart/alternative")
    expect(preview.locator(".pw-letter-source dl")).to_contain_text("Votre rendez-vous du")
    shoot(page, "source")
    use_theme(page, "dark")
    preview.get_by_role("tab", name="Écran").click()
    page.wait_for_timeout(1500)
    shoot(page, "dark")
    saved = json.dumps(notebook.saved())
    assert "MARTEL" not in saved
    assert "Votre rendez-vous" not in saved


def test_the_keys_walk_through_messages_rows_and_views(notebook, preview, page):
    place = preview.locator(".pw-preview-place")
    rows = preview.get_by_role("listbox", name="Destinataires")
    rows.focus()
    page.keyboard.press("ArrowRight")
    expect(place).to_have_text("2 / 49")
    page.keyboard.press("ArrowLeft")
    expect(place).to_have_text("1 / 49")
    page.keyboard.press("End")
    expect(place).to_have_text("49 / 49")
    expect(rows.locator('[aria-selected="true"]')).to_be_in_viewport()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    expect(place).to_have_text("2 / 49")
    expect(preview.locator("[aria-live=polite]")).to_contain_text("message 2 sur 49, Émilie AUBRY, prêt")
    cells = notebook.panel.locator(".jp-Cell").count()
    for key in ("a", "b", "d", "d", "x"):
        page.keyboard.press(key)
    assert notebook.panel.locator(".jp-Cell").count() == cells
    preview.get_by_role("tab", name="Écran").focus()
    page.keyboard.press("ArrowRight")
    expect(preview.get_by_role("tab", name="Téléphone")).to_be_focused()
    expect(place).to_have_text("2 / 49")
    notebook.run(2)
    assert notebook.text(2) == "1"


def test_the_list_is_filtered_and_searched_and_says_what_is_wrong(preview, page, shoot):
    preview.get_by_role("button", name="À corriger (8)").click()
    expect(preview.locator(".pw-preview-place")).to_have_text("1 / 8")
    expect(preview.locator(".pw-preview-findings")).to_contain_text("Ce message ne partira pas.")
    shoot(page, "to-correct")
    preview.get_by_role("button", name="Tous (49)").click()
    preview.get_by_role("searchbox").fill("emilie aub")
    expect(preview.get_by_role("option")).to_have_count(1)
    expect(preview.get_by_role("option")).to_contain_text("Émilie AUBRY")
    preview.get_by_role("searchbox").fill("personne de ce nom")
    expect(preview).to_contain_text("Personne n’est trouvé ici.")
    shoot(page, "nobody")


def test_in_a_narrow_output_the_list_stands_above_the_message(preview, page, shoot):
    page.set_viewport_size({"width": 800, "height": 1100})
    preview.scroll_into_view_if_needed()
    rows, message = preview.locator(".pw-rows").bounding_box(), preview.locator(".pw-letter").bounding_box()
    assert rows["y"] + rows["height"] <= message["y"]
    shoot(page, "narrow")


STEP = """async (root) => {
  const subject = () => root.querySelector('iframe');
  const before = subject();
  const begun = performance.now();
  root.querySelector('[aria-label="Message suivant"]').click();
  await new Promise((done) => {
    const look = () => {
      const frame = subject();
      if (!frame || frame === before) requestAnimationFrame(look);
      else frame.addEventListener('load', () => requestAnimationFrame(() => setTimeout(done)));
    };
    look();
  });
  return performance.now() - begun;
}"""


BARE = """async (root) => {
  const bare = document.createElement('iframe');
  bare.setAttribute('sandbox', '');
  bare.srcdoc = root.querySelector('iframe').srcdoc;
  const begun = performance.now();
  root.append(bare);
  await new Promise((done) => bare.addEventListener('load', () => requestAnimationFrame(() => setTimeout(done))));
  const taken = performance.now() - begun;
  bare.remove();
  return taken;
}"""


def test_the_next_message_is_there_at_once_even_of_a_hundred_thousand(lab, page):
    lab.write("beaucoup.ipynb", SAMPLE, MANY, "preview")
    notebook = lab.open(page, "beaucoup.ipynb", alone=True)
    notebook.run_all()
    preview = notebook.output(2).locator(".pw-message-preview")
    expect(preview.locator(".pw-preview-place")).to_contain_text("50001 / 100000")
    expect(preview.get_by_role("option").first).to_be_visible()
    assert preview.get_by_role("option").count() < 60
    taken, bare = [], []
    for _step in range(12):
        page.wait_for_timeout(250)  # a person reads; the next one is asked for meanwhile
        taken.append(preview.evaluate(STEP))
        page.wait_for_timeout(100)
        bare.append(preview.evaluate(BARE))
    longer = statistics.median(taken) - statistics.median(bare)
    print(f"next message painted: median {statistics.median(taken):.0f} ms, best {min(taken):.0f} ms")
    print(f"that is {longer:.0f} ms more than the browser's bare frame of the same document")
    # On a busy machine the browser's own frame takes as long as it likes; what comes on top is ours.
    assert min(taken) <= 150
    assert longer <= 100
    begun = page.evaluate("performance.now()")
    preview.get_by_role("searchbox").fill("aubry")
    expect(preview.get_by_role("option").first).to_contain_text("AUBRY")
    print(f"search in 100,000: {page.evaluate('performance.now()') - begun:.0f} ms")


def test_what_was_caught_is_read_and_new_letters_come_by_themselves(lab, caught, page, shoot, use_theme):
    (caught / "01795000000000000000-000001.eml").write_bytes(letter("<p>Bonjour</p>", "Rappel à 8 h"))
    lab.write("boite.ipynb", INBOX, "inbox")
    notebook = lab.open(page, "boite.ipynb", alone=True)
    notebook.run_all()
    inbox = notebook.output(1).locator(".pw-inbox")
    expect(inbox.locator(".pw-inbox-count")).to_have_text("1 message dans la boîte de test")
    expect(inbox).to_contain_text("Aucun vrai patient n’a reçu ces messages.")
    (caught / "01795000000000000000-000002.eml").write_bytes(letter("<p>Le second</p>", "Second"))
    expect(inbox.locator(".pw-inbox-count")).to_have_text("2 messages dans la boîte de test")
    inbox.get_by_role("option").filter(has_text="Second").click()
    expect(inbox.frame_locator("iframe").get_by_text("Le second")).to_be_visible()
    use_theme(page, "light")
    page.wait_for_timeout(1500)
    shoot(page, "light")
    use_theme(page, "dark")
    page.wait_for_timeout(1500)
    shoot(page, "dark")
    assert "Second" not in json.dumps(notebook.saved())


# --- letters made to hurt -----------------------------------------------------------------------------

EVIL = "https://evil.example"
RUNS = f"new Image().src='{EVIL}/ran';parent.postMessage('ran','*');top.postMessage('ran','*')"
LISTEN = "window.ran = []; addEventListener('message', (event) => event.data === 'ran' && ran.push(1))"
HURTFUL = {
    "script": f"<script>{RUNS}</script>",
    "error": f'<img src="data:x" onerror="{RUNS}">',
    "svg": f'<svg onload="{RUNS}"><script>{RUNS}</script></svg>',
    "base": f'<base href="{EVIL}/"><img src="relative.png">',
    "refresh": f'<meta http-equiv="refresh" content="0;url={EVIL}/refresh">',
    "form": f'<form action="{EVIL}/form"><input autofocus onfocus="{RUNS}"><button>Go</button></form>',
    "frame": f'<iframe src="{EVIL}/frame"></iframe>',
    "document in a frame": f'<iframe srcdoc="<script>{RUNS}</script>"></iframe>',
    "link": f'<a href="javascript:{RUNS}">first</a> <a href="{EVIL}/link" target="_top">second</a>',
    "style": f"<style>@import '{EVIL}/a.css'; p {{ background: url({EVIL}/b.png) }}</style><p>x</p>",
    "in line": f'<p style="background:url({EVIL}/c.png)">x</p>',
    "image": f'<img src="{EVIL}/d.png"><img srcset="{EVIL}/e.png 1x"><table background="{EVIL}/f.png"></table>',
    "object": f'<object data="{EVIL}/g"></object><embed src="{EVIL}/h"><video src="{EVIL}/j"></video>',
    "broken style": f"<style>p{{}}</style><script>{RUNS}</script></style>",
    "broken frame": f'"></iframe><script>{RUNS}</script><iframe srcdoc="',
    "sheet": f'<link rel="stylesheet" href="{EVIL}/k.css"><link rel="prefetch" href="{EVIL}/l">',
    "mutation": f'<math><mtext><table><mglyph><style><!--</style><img title="--><img src=1 onerror={RUNS}>">',
}
LIVE = set(HURTFUL) - {"link", "mutation", "broken frame"}
"""Those that do harm by themselves, without a click, where nothing holds them."""


def letter(body: str, subject: str) -> bytes:
    head = f"From: Mal <mal@x.example>\nTo: Zoé <zoe@x.example>\nSubject: {subject}\nMIME-Version: 1.0\n"
    return f"{head}Content-Type: text/html; charset=utf-8\n\n<p>avant</p>{body}<p>après</p>\n".encode()


def test_letters_made_to_hurt_run_nothing_ask_for_nothing_and_lead_nowhere(lab, caught, page, context):
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    for number, (name, body) in enumerate(HURTFUL.items()):
        (caught / f"01796000000000000000-{number:06d}.eml").write_bytes(letter(body, f"piège {name}"))
    lab.write("pieges.ipynb", INBOX, "inbox")
    page.add_init_script(LISTEN)
    notebook = lab.open(page, "pieges.ipynb", alone=True)
    notebook.run_all()
    inbox = notebook.output(1).locator(".pw-inbox")
    place = page.url
    for name in HURTFUL:
        inbox.get_by_role("searchbox").fill(f"piège {name}")
        inbox.get_by_role("option").filter(has_text=f"piège {name}").first.click()
        expect(inbox.locator(".pw-letter-subject")).to_have_text(f"piège {name}")
        shown = inbox.frame_locator("iframe")
        expect(shown.get_by_text("avant")).to_be_visible()
        for link in shown.locator("a").all():
            link.click()
        page.wait_for_timeout(120)
        assert inbox.locator("iframe").count() == 1
        assert {frame.url for frame in page.frames if frame != page.main_frame} <= {"about:srcdoc"}, name
        assert len(page.frames) == 2, name
    assert page.evaluate("window.ran") == []
    assert page.url == place
    assert [url for url in asked if "evil" in url] == []


def test_the_same_letters_do_hurt_where_nothing_holds_them(browser):
    context = browser.new_context()
    context.route("**/*", lambda route: route.abort())
    try:
        harmed = set()
        for name, body in HURTFUL.items():
            page = context.new_page()
            harm: list[str] = []
            page.on("request", lambda request, harm=harm: harm.append(request.url) if "evil" in request.url else None)
            page.set_content(f"<!DOCTYPE html><p>avant</p>{body}", wait_until="commit")
            page.wait_for_timeout(150)
            page.close()
            if harm:
                harmed.add(name)
        assert harmed >= LIVE
    finally:
        context.close()


STATIC = """
from IPython.display import HTML, display
from workbench.displays.showing import message_html
from workbench.domain.messages import Address, Message

somebody = Address(email="zoe@x.example")
for body in BODIES:
    message = Message(
        sender=somebody, recipient=somebody, subject=body, html=f"<p>avant</p>{body}", text="x", writer=lambda _: b""
    )
    display(HTML(message_html(message)))
"""


def test_a_static_message_holds_them_as_well(lab, page, context):
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    lab.write("statique.ipynb", STATIC.replace("BODIES", repr(list(HURTFUL.values()))))
    page.add_init_script(LISTEN)
    notebook = lab.open(page, "statique.ipynb", alone=True)
    notebook.run_all()
    expect(notebook.output(0).locator("iframe")).to_have_count(len(HURTFUL))
    page.wait_for_timeout(1000)
    assert page.evaluate("window.ran") == []
    assert [url for url in asked if "evil" in url] == []
