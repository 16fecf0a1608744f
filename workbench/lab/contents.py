"""The files JupyterLab shows and saves: no patient is saved with a notebook's outputs, no copy lies about."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_server.services.contents.filecheckpoints import AsyncFileCheckpoints
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado.web import HTTPError

from workbench.domain.summaries import SUMMARY_MIME, MailingSummary
from workbench.language import _
from workbench.settings import private_folder

KEPT = "publipostage"
"""The name under which the metadata of a notebook or an output may ask that it is saved as it is."""

_WIDGET = "application/vnd.jupyter.widget-view+json"
_PICTURE = "image/png"

_COUNT = re.compile(r"[-+]?\d{1,7}(?:\.\d{1,9})?|True|False|None")
"""A text that says how many, and nothing about anybody: a telephone number is longer."""


class WorkspaceCheckpoints(AsyncFileCheckpoints):
    """Earlier states of the notebooks, kept in JupyterLab's private folder instead of beside them."""

    def checkpoint_path(self, checkpoint_id: str, path: str) -> str:
        """Return where the earlier state of a file is kept; its folders are made."""
        file = Path(path.strip("/"))
        folder = Path(self.checkpoint_dir) / file.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.fspath(private_folder(folder) / f"{file.stem}-{checkpoint_id}{file.suffix}")


class WorkspaceContents(AsyncLargeFileManager):
    """The workspace's files; a notebook is saved without what its cells showed of patients (P12)."""

    checkpoints_class = WorkspaceCheckpoints

    async def save(self, model: dict[str, Any], path: str = "") -> Any:
        """Save a file; what cannot be made safe is not saved."""
        if model.get("type") == "notebook" and isinstance(model.get("content"), dict):
            model = {**model, "content": without_patients(model["content"])}
        elif model.get("type") == "file" and path.strip("/").lower().endswith(".ipynb"):
            model = _notebook_as_a_file(model)
        return await super().save(model, path)  # type: ignore[no-untyped-call]  # of Jupyter


def _notebook_as_a_file(model: dict[str, Any]) -> dict[str, Any]:
    if model.get("chunk") is not None:
        raise HTTPError(400, _("This notebook is too large to come by this way. Copy its file into the folder."))
    try:
        content = model["content"]
        notebook = json.loads(base64.b64decode(content) if model.get("format") == "base64" else content)
    except (KeyError, TypeError, ValueError):
        notebook = None
    if not isinstance(notebook, dict):
        raise HTTPError(400, _("This is no notebook that can be read: it was not saved."))
    text = json.dumps(without_patients(notebook), ensure_ascii=False, indent=1)
    return {**model, "format": "text", "content": f"{text}\n"}


def without_patients(notebook: Mapping[str, Any]) -> dict[str, Any]:
    """Return a notebook without the outputs that may show patients, and without the state of its widgets.

    Widgets stay (their data never are in the file), as do pictures, bare numbers, the numbers of a mailing and the
    name of an error. Another output is replaced by a sentence, unless its metadata, or the notebook's, hold
    ``{"publipostage": {"keep_outputs": true}}``.

    Raises
    ------
    HTTPError
        When the notebook is in a format other than the fourth, whose outputs stand elsewhere.
    """
    if notebook.get("nbformat") != 4:
        raise HTTPError(400, _("This notebook is in an old format: it was not saved."))
    metadata = {name: value for name, value in notebook.get("metadata", {}).items() if name != "widgets"}
    cells = notebook.get("cells", [])
    if not _asked_to_keep(metadata):
        cells = [_cell_without_patients(cell) for cell in cells]
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": notebook.get("nbformat_minor", 0)}


def _cell_without_patients(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    outputs = cell.get("outputs")
    if not outputs:
        return cell
    kept: list[Mapping[str, Any]] = []
    left_out = _left_out()
    for output in outputs:
        safe = _safe(output)
        # One sentence says it for all that a cell has printed.
        said = safe == left_out and left_out in kept[-1:]
        if safe is not None and not said:
            kept.append(safe)
    return {**cell, "outputs": kept}


def _safe(output: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if _asked_to_keep(output.get("metadata", {})):
        return output
    data = output.get("data", {})
    summary = MailingSummary.read(data.get(SUMMARY_MIME))
    if summary is not None:
        return {**output, "data": summary.bundle(), "metadata": {}}
    if _WIDGET in data:
        return {**output, "data": {_WIDGET: data[_WIDGET]}, "metadata": {}}
    if _PICTURE in data:
        return {**output, "data": {_PICTURE: data[_PICTURE]}, "metadata": {}}
    if set(data) == {"text/plain"} and _COUNT.fullmatch(_text(data["text/plain"]).strip()):
        return output
    if output.get("output_type") == "error":
        name = str(output.get("ename", ""))
        return {"output_type": "error", "ename": name, "evalue": "", "traceback": [name]}
    if output.get("output_type") == "stream" and not _text(output.get("text", "")).strip():
        return None
    return _left_out()


def _left_out() -> Mapping[str, Any]:
    sentence = _("This result may show patients and was not saved. Run the cell to see it again.")
    return {
        "output_type": "display_data",
        "data": {"text/plain": sentence},
        "metadata": {KEPT: {"keep_outputs": True}},
    }


def _asked_to_keep(metadata: object) -> bool:
    ours = metadata.get(KEPT) if isinstance(metadata, Mapping) else None
    return isinstance(ours, Mapping) and ours.get("keep_outputs") is True


def _text(value: object) -> str:
    return "".join(map(str, value)) if isinstance(value, list) else str(value)
