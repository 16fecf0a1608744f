"""Measure what the screens cost a person's browser and notebook at many recipients, in the machine's own Chromium.

``python tests/benchmarks/measure_screens.py [ROWS] [--rounds N]``: the gestures of ``measure_table.py``, a walk through
the whole table, then the heap of the page after a garbage collection (what JupyterLab itself takes is told apart, as
the heap before the table is shown), and the size of the saved notebook. Targets at 100,000 rows: first rows within
1 s, each search, order and « tick all » within 0.5 s, heap within 150 MB, notebook within 50 kB and no address in it.
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

from tests.benchmarks.measure_table import ADDRESSING, FIRST, OPENING, SHOWING, STEPS, TABLE, TIMED  # noqa: E402
from tests.browser.jupyter import Lab, jupyterlab  # noqa: E402
from workbench.wiring import init_workspace  # noqa: E402

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


def measure(page: Page, lab: Lab, rows: int) -> dict[str, float]:
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
    page.evaluate(WALK, rows)
    after = heap(session)
    taken |= {"heap of the page (MB)": after, "of it the table's (MB)": after - before}
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_timeout(1500)
    saved = (lab.workspace / "notebooks" / NAME).read_text(encoding="utf-8")
    taken |= {"saved notebook (kB)": len(saved) / 1000, "addresses in it": float(saved.count("p7@exemple.fr"))}
    page.evaluate("() => jupyterapp.shell.currentWidget.context.sessionContext.shutdown()")
    return taken


def main() -> None:
    """Measure, and print the median of the rounds."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("rows", type=int, nargs="?", default=100_000)
    options.add_argument("--rounds", type=int, default=3)
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
                rounds.append(measure(context.new_page(), lab, given.rows))
                context.close()
            browser.close()
    print(f"{given.rows:,} rows, median of {given.rounds} rounds")
    for name in rounds[0]:
        print(f"  {name:42} {statistics.median(taken[name] for taken in rounds):8.0f}")


if __name__ == "__main__":
    main()
