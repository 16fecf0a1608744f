"""Write an executed notebook as one file that opens offline, a page or a PDF: words and numbers, no code, no script."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import nh3
from jinja2 import pass_context
from nbconvert import HTMLExporter
from nbformat.v4 import new_markdown_cell

from workbench.errors import UsageError
from workbench.language import _, language
from workbench.printing.pdf import pdf_of_page
from workbench.settings import write_private

_PAGES, _PAPER = (".html", ".htm"), ".pdf"
_TEMPLATES = Path(__file__).parent / "report_templates"
_SHOWN = ("text/html", "text/plain", "image/png", "image/jpeg")
_STYLES = {
    "background", "border-collapse", "color", "font-weight", "height", "min-width", "padding", "text-align", "width",
}  # fmt: skip


class _Report(HTMLExporter):
    """nbconvert's page, its Markdown cleaned as its outputs are."""

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        return _clean(super().markdown2html(context, source))


def write_report(
    node: Any, file: Path, *, title: str, at: datetime, parameters: Mapping[str, object] | None = None
) -> Path:
    """Write the report of an executed notebook (`report_of`), readable by its owner alone; a PDF where it ends so.

    Raises
    ------
    UsageError
        When the file's name ends in nothing that a report can be.
    PrintingFailed
        When no PDF can be made on this computer.
    """
    refuse_other_endings(file)
    body = report_of(node, title=title, at=at, parameters=parameters)
    content = pdf_of_page(body, title) if file.suffix.lower() == _PAPER else body.encode()
    write_private(file.expanduser().absolute(), content)
    return file


def refuse_other_endings(file: Path) -> None:
    """Refuse a report's name that says neither a page nor a PDF.

    Raises
    ------
    UsageError
        When it ends in something else.
    """
    if file.suffix.lower() not in {*_PAGES, _PAPER}:
        raise UsageError(
            _("« {file} »: a report is a page (.html) or a PDF (.pdf); nothing was executed.").format(file=file.name)
        )


def report_of(node: Any, *, title: str, at: datetime, parameters: Mapping[str, object] | None = None) -> str:
    """Return the report of an executed notebook, run at `at` by its own clock.

    Whatever an output holds, the page runs no script and asks for nothing outside: its HTML is cleaned, and the page
    forbids itself both.
    """
    told = copy.deepcopy(node)
    told.metadata["title"] = _("Report of « {notebook} », {date}").format(
        notebook=title, date=at.strftime("%d/%m/%Y %H:%M" if language() == "fr" else "%Y-%m-%d %H:%M")
    )
    for cell in told.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(_presentable, cell.outputs) if output is not None]
    told.cells.insert(1 if told.cells and told.cells[0].cell_type == "markdown" else 0, _head(told, parameters or {}))
    exporter = _Report(  # type: ignore[no-untyped-call]  # nbconvert is typed in part
        template_name="report", extra_template_basedirs=[str(_TEMPLATES)], exclude_input=True,
        exclude_output_prompt=True, exclude_input_prompt=True, exclude_anchor_links=True, language_code=language(),
    )  # fmt: skip
    body, _resources = exporter.from_notebook_node(told)
    return str(body)


def _head(told: Any, parameters: Mapping[str, object]) -> Any:
    """Return what a reader needs to know first: which run it was, and with what."""
    lines = "".join(
        f"<li><code>{escape(name)}</code> = {escape(str(value))}</li>" for name, value in parameters.items()
    )
    return new_markdown_cell(f"<p><strong>{escape(told.metadata['title'])}</strong></p><ul>{lines}</ul>")


def _presentable(output: Any) -> Any | None:
    """Return an output as a page may show it, or nothing."""
    if "data" not in output:
        return output
    output.data = {kind: value for kind, value in output.data.items() if kind in _SHOWN}
    if "text/html" in output.data:
        output.data["text/html"] = _clean(output.data["text/html"])
    return output if output.data else None


def _clean(html: str) -> str:
    attributes = {tag: set(some) for tag, some in nh3.ALLOWED_ATTRIBUTES.items()}
    attributes["*"] = attributes.get("*", set()) | {"style", "class"}
    return nh3.clean(
        html,
        attributes=attributes,
        attribute_filter=_only_own_images,
        filter_style_properties=_STYLES,
        url_schemes={"data", "http", "https", "mailto"},
    )


def _only_own_images(tag: str, attribute: str, value: str) -> str | None:
    """Keep a picture that stands in the page itself; links wait for a click."""
    if attribute in {"src", "cite"}:
        return value if tag == "img" and value.startswith("data:image/") else None
    return value
