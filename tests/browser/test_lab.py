"""JupyterLab on a workspace, in a real browser."""

from __future__ import annotations


def test_a_cell_runs_and_a_picture_is_taken(lab, page, use_theme, shoot):
    lab.write("calcul.ipynb", "%%md\n# Un calcul", "6 * 7", "import workbench as wb\nwb.open()")
    notebook = lab.open(page, "calcul.ipynb")
    notebook.run_all()
    assert notebook.text(1) == "42"
    assert notebook.saved()["cells"][1]["outputs"][0]["data"]["text/plain"] == "42"
    use_theme(page, "dark")
    assert shoot(page, "dark").stat().st_size > 10_000
