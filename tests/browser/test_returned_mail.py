"""Returned mail at the desk: dropped on the results, recorded, and the patient's file is one click away."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.axe import serious
from tests.browser.jupyter import Lab
from tests.journeys.smtp_sink import serving
from tests.practice.reports import delivery_report, plain_report
from workbench.wiring import open_practice

REMINDER = "Rendez-vous/Rappel de rendez-vous"
PATIENT = 40_000  # milliseconds, on a busy machine

RESULTS = """
import workbench as wb
practice = wb.open({workspace!r})
desk = practice.desk()
desk.go("results")
desk
"""

DROP = """([target, files]) => {
  const carried = new DataTransfer();
  for (const [name, content] of files) {
    carried.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name));
  }
  for (const kind of ["dragover", "drop"]) {
    target.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
  }
}"""


def send(workspace: Path, folder: Path) -> tuple[list[tuple[str, bytes]], str]:
    """Send reminders to a server that takes them all; return what comes back later, and one of the addresses."""
    with open_practice(workspace, user="claire") as practice, serving(folder) as sink:
        rows = practice.search("appointments", start="J+1", end="J+3", state="upcoming")
        practice.accounts.set(
            "secretariat", email="secretariat@exemple.test", host="127.0.0.1", port=sink.port, security="none"
        )
        practice.mailing(rows, REMINDER, account="secretariat").send(confirmed=True)
        results = practice.results(identities=True)
        taken = results[(results["status"] == "sent") & (results["patient_id"] != "")]
    # The marks are those of the letters that the server took.
    marks = {one.recipients[0]: str(one.message["Message-ID"]) for one in sink.messages()}
    first, second = taken["address"].drop_duplicates().tolist()[:2]
    files = [
        ("retour 1.eml", delivery_report(marks[first], first)),
        ("retour 2.eml", plain_report(marks[second], second, "552 mailbox is full")),
        ("bonjour.eml", b"From: <img src=x onerror=alert(1)>\n\nBonjour"),
        ("<img src=x onerror=alert(1)>.eml", b"\x89PNG"),
    ]
    return files, first


def test_returned_mail_is_dropped_and_recorded(
    lab: Lab, page: Page, shoot: Callable[..., Path], tmp_path: Path
) -> None:
    files, address = send(lab.workspace, tmp_path / "sink")
    lab.write("retours.ipynb", RESULTS.format(workspace=str(lab.workspace)))
    notebook = lab.open(page, "retours.ipynb")
    notebook.run(0)
    root = notebook.cell(0).locator(".pw-results-page")
    expect(root.locator(".pw-results-list tbody tr")).to_have_count(1, timeout=PATIENT)

    carried = [[name, base64.b64encode(content).decode()] for name, content in files]
    root.evaluate(f"(root, files) => ({DROP})([root, files])", carried)
    part = root.locator(".pw-returned")
    found = part.locator("li[data-delivery]")
    expect(found).to_have_count(2, timeout=PATIENT)
    domain = address.rpartition("@")[2]
    expect(part).to_contain_text(f"Boîte inconnue chez {domain}")
    expect(part).to_contain_text("Boîte pleine")
    expect(part).to_contain_text("courrier ordinaire")
    expect(part.locator("img")).to_have_count(0)
    shoot(page, "found")
    assert serious(page, ".pw-results-page") == []

    # By the keyboard: the second one is left out, then the first one recorded.
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    record = part.get_by_role("button", name="Noter 1 message")
    record.focus()
    page.keyboard.press("Enter")
    expect(part.get_by_role("status")).to_contain_text("1 message", timeout=PATIENT)
    assert serious(page, ".pw-results-page") == []
    shoot(page, "recorded")

    root.locator(".pw-results-list .pw-results-name").click()
    row = root.locator(".pw-results-rows tbody tr").filter(has_text="Revenu")
    expect(row).to_have_count(1, timeout=PATIENT)
    expect(row).to_contain_text(f"Boîte inconnue chez {domain}")
    shoot(page, "mailing")
    # Chosen by the file button as well: it is recorded already.
    part.locator("input[type=file]").set_input_files(
        {"name": "retour 1.eml", "mimeType": "message/rfc822", "buffer": files[0][1]}
    )
    expect(part).to_contain_text("déjà", timeout=PATIENT)
    with open_practice(lab.workspace, user="claire") as practice:
        results = practice.results(identities=True)
        assert results["reason"].str.startswith("returned:").sum() == 1
        assert set(results["status"]) <= {"sent", "skipped"}
    row.get_by_role("button", name="Ouvrir la fiche").click()
    expect(notebook.cell(0).locator(".pw-patient-page, .pw-patient").first).to_be_visible(timeout=PATIENT)
    assert "@" not in str(notebook.saved()["cells"][0]["outputs"]).replace("@jupyter", "")
