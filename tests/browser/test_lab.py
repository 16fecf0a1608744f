"""What a person meets who opens the workspace: the first notebook at work, the mailbox in view, and nothing else."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.jupyter import PATIENCE, Lab, Notebook
from workbench.lab.configuration import STATE_FOLDER
from workbench.lab.notebooks import FIRST_NOTEBOOK, digest

FIRST = FIRST_NOTEBOOK.removeprefix("notebooks/")


@pytest.fixture
def kernels(lab: Lab) -> Iterator[None]:
    """Leave no kernel to the next test."""
    yield
    for one in lab.ask("sessions"):
        lab.ask(f"sessions/{one['id']}", method="DELETE")


@pytest.fixture
def counting(lab: Lab) -> Iterator[str]:
    """A notebook as if it were our first one: it counts how often its cells ran, and shows the mailbox's cell."""
    file = lab.write(
        FIRST,
        "%%md\n# Un carnet",
        "ran = globals().get('ran', 0) + 1\nopen('ran', 'a').write(str(ran))\nran",
        "import ipywidgets\nipywidgets.HTML('<b>La boîte</b>')",
        *["%%md\n" + "long\n\n" * 20] * 4,
        metadata={"publipostage": {"run_on_open": True}},
        tags={2: ["inbox"]},
    )
    (lab.workspace / "notebooks" / "ran").unlink(missing_ok=True)
    page = lab.workspace / STATE_FOLDER / "page/page_config.json"
    before = page.read_text(encoding="utf-8")
    told = json.loads(before)
    setting = {**json.loads(told["publipostage"]), "notebook": FIRST_NOTEBOOK}
    told["publipostage"] = json.dumps({**setting, "notebooks": {FIRST_NOTEBOOK: [digest(file)]}})
    page.write_text(json.dumps(told), encoding="utf-8")
    yield FIRST
    page.write_text(before, encoding="utf-8")


def ran(lab: Lab) -> str:
    file = lab.workspace / "notebooks" / "ran"
    return file.read_text(encoding="utf-8") if file.exists() else ""


def until_it_ran(notebook: Notebook) -> None:
    expect(notebook.output(2)).to_contain_text("La boîte", timeout=PATIENCE * 1000)
    notebook.wait_until_idle()


def test_the_first_notebook_opens_at_work_with_the_mailbox_beside_it(lab, page, shoot, use_theme, kernels):
    page.goto(f"{lab.url}/lab/tree/{FIRST_NOTEBOOK}?token={lab.token}")
    panel = page.locator(".jp-NotebookPanel")
    mailbox = page.locator("#publipostage-workbench-inbox")
    expect(mailbox).to_be_visible(timeout=PATIENCE * 1000)
    expect(mailbox.get_by_text("Boîte de test").first).to_be_visible()
    expect(page.get_by_role("tab", name="Boîte de test")).to_be_visible()
    assert panel.bounding_box()["width"] > 1.5 * mailbox.bounding_box()["width"]
    expect(panel.locator("section.pw").first).to_be_visible()
    # Who opens it reads its beginning, not its end.
    expect(panel.get_by_role("heading", name="Publipostage", exact=True)).to_be_in_viewport()
    # Nobody asks a question, and no news cover the corner.
    expect(page.locator(".jp-Dialog")).to_have_count(0)
    expect(page.locator(".Toastify__toast")).to_have_count(0)
    expect(page.locator("#filebrowser")).not_to_be_visible()
    shoot(page, "light")
    use_theme(page, "dark")
    shoot(page, "dark")
    file = lab.workspace / FIRST_NOTEBOOK
    assert file.stat().st_mode & 0o077 == 0


def test_the_workspace_opens_on_the_desk_and_no_code_is_seen(lab, page, shoot, use_theme, kernels):
    page.goto(f"{lab.url}/?token={lab.token}")
    panel = page.locator(".jp-NotebookPanel")
    expect(panel.locator(".pw-desk-bar")).to_be_visible(timeout=PATIENCE * 1000)
    expect(panel.locator(".pw-day h2")).to_be_visible(timeout=PATIENCE * 1000)
    for unseen in (".cm-editor", ".jp-NotebookPanel-toolbar", ".jp-OutputPrompt", ".jp-MarkdownCell"):
        assert not [one for one in panel.locator(unseen).all() if one.is_visible()], unseen
    expect(page.locator("#filebrowser")).not_to_be_visible()
    expect(page.locator(".jp-Dialog")).to_have_count(0)
    shoot(page, "light")
    use_theme(page, "dark")
    shoot(page, "dark")
    # Another notebook has its code as ever.
    lab.write("calcul.ipynb", "6 * 7")
    notebook = Notebook(page, lab.workspace / "notebooks/calcul.ipynb")
    notebook.do("docmanager:open", path="notebooks/calcul.ipynb", factory="Notebook")
    expect(page.locator(".cm-editor:visible")).to_have_count(1)
    notebook.wait_for_kernel()


def test_each_opening_runs_once_in_a_fresh_kernel(lab, page, counting, kernels):
    notebook = lab.open(page, counting)
    until_it_ran(notebook)
    assert ran(lab) == "1"
    page.reload()
    notebook.wait_for_kernel()
    page.wait_for_function("() => document.querySelector('#publipostage-workbench-inbox') !== null")
    until_it_ran(notebook)
    assert ran(lab) == "11"
    assert len(lab.ask("sessions")) == 1


def test_a_sending_under_way_outlives_the_page_it_was_begun_on(lab, page, counting, kernels):
    notebook = lab.open(page, counting)
    until_it_ran(notebook)
    before = lab.ask("sessions")[0]["kernel"]["id"]
    notebook.execute(
        "import threading\nthreading.Thread(target=threading.Event().wait, args=(60,), name='workbench-dispatcher', "
        "daemon=True).start()"
    )
    page.reload()
    expect(page.locator(".Toastify__toast")).to_contain_text("Un travail est encore en cours", timeout=PATIENCE * 1000)
    assert ran(lab) == "1"
    assert lab.ask("sessions")[0]["kernel"]["id"] == before
    assert lab.ask("sessions")[0]["kernel"]["execution_state"] in {"idle", "busy"}


def test_a_notebook_from_elsewhere_never_runs_by_itself(lab, page, counting, kernels):
    foreign = (lab.workspace / "notebooks" / counting).read_text(encoding="utf-8")
    (lab.workspace / "notebooks" / "ailleurs.ipynb").write_text(foreign, encoding="utf-8")
    notebook = lab.open(page, "ailleurs.ipynb")
    page.wait_for_timeout(3_000)
    assert ran(lab) == ""
    assert notebook.text(1) == ""


def test_a_first_notebook_that_somebody_changed_runs_when_asked_to(lab, page, counting, kernels, use_theme, shoot):
    file = lab.workspace / "notebooks" / counting
    changed = json.loads(file.read_text(encoding="utf-8"))
    changed["cells"][1]["source"] += "\n"
    file.write_text(json.dumps(changed), encoding="utf-8")
    notebook = lab.open(page, counting)
    notice = page.locator(".Toastify__toast", has_text="Ce notebook a été modifié")
    expect(notice).to_be_visible()
    assert ran(lab) == ""
    shoot(page, "light")
    use_theme(page, "dark")
    shoot(page, "dark")
    notice.get_by_role("button", name="Exécuter").click()
    until_it_ran(notebook)
    assert ran(lab) == "1"
    expect(notice).to_have_count(0)


def test_a_notebook_closed_while_it_sends_shows_its_screens_again_when_it_is_opened_again(lab, page, counting, kernels):
    notebook = lab.open(page, counting)
    until_it_ran(notebook)
    notebook.execute(
        "import threading\nthreading.Thread(target=threading.Event().wait, args=(60,), name='workbench-dispatcher', "
        "daemon=True).start()"
    )
    notebook.saved()  # or it would ask
    notebook.do("application:close")
    expect(notebook.panel).to_have_count(0)
    notebook.do("docmanager:open", path=FIRST_NOTEBOOK, factory="Notebook")
    expect(page.locator(".Toastify__toast")).to_contain_text("Un travail est encore en cours", timeout=PATIENCE * 1000)
    expect(notebook.output(2)).to_contain_text("La boîte")
    assert ran(lab) == "1"


def test_a_narrow_window_keeps_the_notebook_to_itself(lab, page, counting, kernels):
    page.set_viewport_size({"width": 1200, "height": 800})
    notebook = lab.open(page, counting)
    until_it_ran(notebook)
    expect(page.locator("#publipostage-workbench-inbox")).to_have_count(0)


def test_the_tile_of_the_launcher_opens_the_first_notebook(lab, page, counting, kernels, shoot):
    page.goto(f"{lab.url}/lab?reset&token={lab.token}")
    tile = page.locator(".jp-LauncherCard", has_text="Publipostage")
    expect(tile).to_be_visible(timeout=PATIENCE * 1000)
    expect(page.locator(".jp-Launcher-sectionTitle", has_text="Cabinet")).to_be_visible()
    shoot(page)
    tile.click()
    until_it_ran(Notebook(page, lab.workspace / FIRST_NOTEBOOK))
    assert ran(lab) == "1"


def test_an_output_that_would_tell_others_of_a_patient_reaches_nobody(lab, context: BrowserContext, kernels):
    page: Page = context.new_page()
    with socket.create_server(("127.0.0.1", 0)) as spy:
        spy.settimeout(0.5)
        address = f"http://127.0.0.1:{spy.getsockname()[1]}"
        lab.write(
            "dehors.ipynb",
            "from IPython.display import HTML\n"
            f"HTML('<img id=spy src={address}/?patient=1><script src={address}/x.js></script>')",
        )
        refused: list[str] = []
        page.on("console", lambda line: refused.append(line.text) if "Content Security Policy" in line.text else None)
        lab.open(page, "dehors.ipynb").run_all()
        expect(page.locator("#spy")).to_have_count(1)
        with pytest.raises(TimeoutError):
            spy.accept()
    assert refused


def test_a_cell_runs_and_what_may_show_patients_is_not_saved(lab, page, kernels, use_theme, shoot):
    lab.write("calcul.ipynb", "%%md\n# Un calcul", "6 * 7", "'Martel Odette'")
    notebook = lab.open(page, "calcul.ipynb")
    notebook.run_all()
    # No button leads to a page that this server does not have.
    expect(page.locator(".jp-NotebookPanel-toolbar:visible")).to_have_count(1)
    expect(page.locator('.jp-NotebookPanel-toolbar [data-jp-item-name^="voila"]')).to_have_count(0)
    assert [notebook.text(1), notebook.text(2)] == ["42", "'Martel Odette'"]
    saved = notebook.saved()
    assert saved["cells"][1]["outputs"][0]["data"]["text/plain"] == "42"
    assert "n’a pas été enregistré" in json.dumps(saved["cells"][2]["outputs"], ensure_ascii=False)
    # On the page it stays; saving again asks nothing.
    assert notebook.text(2) == "'Martel Odette'"
    notebook.run(1)
    notebook.saved()
    expect(page.locator(".jp-Dialog")).to_have_count(0)
