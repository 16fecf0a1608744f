"""Measure what the screens cost a person's browser and notebook at many recipients, in the machine's own Chromium.

``python tests/benchmarks/measure_screens.py [ROWS] [--rounds N] [--times]``: the gestures of the recipient table, then
a walk through all of it, the heap of the page after a garbage collection (what JupyterLab itself takes is told apart,
as the heap before the table is shown), and the size of the saved notebook; ``--times`` stops there. A fresh
page and a fresh kernel each round; the rows are made in an earlier cell. Every time is taken in the page, from the
gesture to the first frame that shows its answer; the kernel, the browser and JupyterLab share the machine. Targets at
100,000 rows: first rows within 1 s, each search, order and « tick all » within 0.5 s, heap within 150 MB, notebook
within 50 kB and no address in it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import CDPSession, Page, sync_playwright  # noqa: E402

from tests.browser.jupyter import Lab, jupyterlab  # noqa: E402
from workbench.wiring import init_workspace  # noqa: E402

OPENING = r"""
import numpy as np, pandas as pd
from workbench.widgets.recipient_table import Column, RecipientTable
chance = np.random.default_rng(1)
beginnings, ends = ["LEF", "MART", "D’ART", "LEMA", "NGUY", "GARN", "ŒUV", "GALL"], ["ÈVRE", "IN", "AGNAN", "ÎTRE", "ỄN", "IER", "RARD", "OIS"]
names = [f"{a}{b}" for a in beginnings for b in ends]
firsts = ["Zoé", "Alexis", "Jean-Noël", "Éric", "Anaïs", "Hugo", "Emma", "Luka", "Odette", "Solène"]
n = COUNT
numbers = np.arange(n)
pick = lambda some: np.array(some, dtype=object)[chance.integers(0, len(some), n)]
frame = pd.DataFrame({
    "subject_key": [f"appointment:{number}" for number in numbers],
    "starts_at": pd.Timestamp("2026-11-23 08:00", tz="Europe/Paris") + pd.to_timedelta(numbers * 5 % 1_000_000, unit="min"),
    "patient": pick(names) + "-" + pick(names) + " " + pick(firsts),
    "file_number": (1000 + numbers).astype(str),
    "nature": pd.Categorical(pick(["NP", "CTRL", "DET", "COUR"])),
    "practitioner": pd.Categorical(pick(["Dr Martin Molaire", "Dr Camille Corvaisier"])),
    "chair": pd.Categorical(pick(["F1", "F2", "F3"])),
    "family": pd.Series(pick([f"FAM-{number}" for number in range(5000)]), dtype="string"),
    "duration": pd.array(numbers % 4 * 10 + 10, dtype="Int64"),
    "balance": np.where(numbers % 3 == 0, numbers * 0.5, np.nan),
    "phone": [f"06 12 {number // 10_000:02} {number // 100 % 100:02} {number % 100:02}" for number in numbers],
}).assign(date=lambda frame: frame["starts_at"])
who = pd.DataFrame({
    "address": [f"p{number // 2}@exemple.fr" for number in numbers], "receiver": "", "hint": "",
    "problem": np.where(numbers % 20 == 0, "pas d’adresse", ""), "opted_out": numbers % 50 == 1,
}, index=frame["subject_key"])
who.loc[who["problem"] != "", "address"] = ""
kinds = {"starts_at": "time", "date": "date", "duration": "number", "balance": "number"}
columns = [Column(name=name, label=name, kind=kinds.get(name, "text"), hidden=name == "phone") for name in frame if name != "subject_key"]
table = RecipientTable()
"""  # noqa: E501 (lines of a notebook)
SHOWING = "table.show(frame, columns, unit=lambda count: f'{count} rows')\ntable"
ADDRESSING = "table.address(who)"

# The time from a gesture to the second frame after its answer stands in the page: the answer is painted by then.
TIMED = """async ([gesture, shown]) => {
  const [act, answered] = [new Function(gesture), new Function(`return ${shown}`)];
  const frame = () => new Promise(requestAnimationFrame);
  const begun = performance.now();
  act();
  while (!answered()) { await frame(); if (performance.now() - begun > 60000) throw new Error(`never: ${shown}`); }
  await frame();
  return performance.now() - begun;
}"""
TABLE = "document.querySelector('.pw-recipient-table')"
LINE = f"{TABLE}.querySelector('.pw-count-line').textContent"
BOX = f"{TABLE}.querySelector('[type=search]')"
FIRST = f"({TABLE}?.querySelector('[row-index=\"0\"] [col-id=patient] bdi')?.textContent ?? '')"


def typed(text: str) -> str:
    return f"{BOX}.value = {text!r}; {BOX}.dispatchEvent(new Event('input'))"


def pressed(place: int) -> str:
    return f"{TABLE}.querySelectorAll('.pw-table-foot button')[{place}].click()"


def ordered(column: str) -> str:
    label = f"{TABLE}.querySelector('.ag-header-cell[col-id={column}] .ag-header-cell-label')"
    return f"window.before = {FIRST}; {label}.click()"


STEPS = (
    ("address every row", "window.run(2)", f"!{LINE}.includes('…')"),
    ("search, the box just entered", f"{BOX}.focus(); {typed('lefevre zoe')}", f"{LINE}.includes('affiché')"),
    ("search again", typed("odette 12"), f"{FIRST}.includes('Odette')"),
    ("leave the search", typed(""), f"!{LINE}.includes('affiché')"),
    ("sort by name", ordered("patient"), f"{FIRST} !== '' && {FIRST} !== window.before"),
    ("sort by name, descending", ordered("patient"), f"{FIRST} !== '' && {FIRST} !== window.before"),
    ("sort by balance", ordered("balance"), f"{FIRST} !== '' && {FIRST} !== window.before"),
    ("tick none", pressed(0), f"{LINE}.includes(' 0 coché') || {LINE}.includes('s0 coché')"),
    ("tick all", pressed(1), f"!{LINE}.includes('s0 coché')"),
)

NAME = "measured.ipynb"
READY = "() => window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel?.status === 'idle'"
RUN = """() => { window.run = (number) => { jupyterapp.shell.currentWidget.content.activeCellIndex = number;
  return jupyterapp.commands.execute('notebook:run-cell'); }; }"""
WALK = f"""async (rows) => {{
  const view = {TABLE}.querySelector('.ag-grid-viewport');
  for (let part = 1; part <= 60; part += 1) {{
    view.scrollTop = (view.scrollHeight * part) / 60;
    await new Promise((done) => setTimeout(done, 40));
  }}
  view.scrollTop = 0;
  await new Promise((done) => setTimeout(done, 300));
}}"""


def heap(session: CDPSession) -> float:
    """Return the megabytes that scripts hold after a garbage collection."""
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def measure(page: Page, lab: Lab, rows: int, *, times: bool) -> dict[str, float]:
    """Open the notebook in a fresh page and return every figure."""
    page.goto(f"{lab.url}/doc/tree/notebooks/{NAME}?reset&token={lab.token}")
    page.wait_for_function(READY, timeout=90_000)
    page.evaluate(RUN)
    page.evaluate("() => window.run(0)")
    session = page.context.new_cdp_session(page)
    before = heap(session)
    taken = {"first rows, from running the cell (ms)": page.evaluate(TIMED, ["window.run(1)", f"{FIRST} !== ''"])}
    page.wait_for_timeout(1500)
    for name, gesture, shown in STEPS:
        taken[f"{name} (ms)"] = page.evaluate(TIMED, [gesture, shown])
        page.wait_for_timeout(700)
    if not times:
        taken |= weighed(page, lab, session, rows, before)
    page.evaluate("() => jupyterapp.shell.currentWidget.context.sessionContext.shutdown()")
    return taken


def weighed(page: Page, lab: Lab, session: CDPSession, rows: int, before: float) -> dict[str, float]:
    """Walk through the whole table, and return what it holds in the page and in the saved notebook."""
    page.evaluate(WALK, rows)
    after = heap(session)
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_timeout(1500)
    saved = (lab.workspace / "notebooks" / NAME).read_text(encoding="utf-8")
    return {
        "heap of the page (MB)": after,
        "of it the table's (MB)": after - before,
        "saved notebook (kB)": len(saved) / 1000,
        "addresses in it": float(saved.count("p7@exemple.fr")),
    }


def main() -> None:
    """Measure, and print the median of the rounds."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("rows", type=int, nargs="?", default=100_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--times", action="store_true", help="the gestures alone")
    given = options.parse_args()
    rounds: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        workspace = init_workspace(home / "cabinet", demo=True)
        with jupyterlab(workspace, home) as lab, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
            )
            for _round in range(given.rounds):
                lab.write(NAME, OPENING.replace("COUNT", str(given.rows)), SHOWING, ADDRESSING)
                context = browser.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
                rounds.append(measure(context.new_page(), lab, given.rows, times=given.times))
                context.close()
            browser.close()
    print(f"{given.rows:,} rows, median of {given.rounds} rounds")
    for name in rounds[0]:
        print(f"  {name:42} {statistics.median(taken[name] for taken in rounds):8.0f}")


if __name__ == "__main__":
    main()
