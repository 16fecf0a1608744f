"""Write an executed notebook as one HTML file that opens offline: words and numbers, no code, no script."""

from __future__ import annotations

import copy
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.language import _, language
from workbench.settings import write_private

_TEMPLATES = Path(__file__).parent / "report_templates"


def write_report(node: Any, file: Path, *, title: str, at: datetime) -> Path:
    """Write the report of an executed notebook, readable by its owner alone.

    Whatever an output holds, the page runs no script and asks for nothing outside: it forbids itself both.
    """
    from nbconvert import HTMLExporter

    told = copy.deepcopy(node)
    told.metadata["title"] = _("Report of « {notebook} », {date}").format(
        notebook=title, date=at.astimezone().strftime("%d/%m/%Y %H:%M" if language() == "fr" else "%Y-%m-%d %H:%M")
    )
    exporter = HTMLExporter(
        template_name="report", extra_template_basedirs=[str(_TEMPLATES)], exclude_input=True,
        exclude_output_prompt=True, exclude_anchor_links=True, language_code=language(), sanitize_html=True,
        embed_images=True,
    )  # fmt: skip
    body, _resources = exporter.from_notebook_node(told)
    write_private(file.expanduser().absolute(), body.encode())
    return file
