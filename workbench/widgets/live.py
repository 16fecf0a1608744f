"""The live views of what a notebook must not keep: a frame of people, a message. They ask the kernel for it (P12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from workbench.displays.showing import shown
from workbench.domain.messages import Message
from workbench.widgets.frame_view import FrameView
from workbench.widgets.message_preview import MessagePreview
from workbench.widgets.view import View


def live_view(thing: pd.DataFrame | Message) -> Mapping[str, Any]:
    """Return how a notebook shows the live view of a frame or a message."""
    return _bundle(FrameView(thing) if isinstance(thing, pd.DataFrame) else _reading(thing))


def _reading(message: Message) -> MessagePreview:
    name = message.recipient.name or message.recipient.email
    row = {"name": name, "state": "ready" if message.recipient.email else "to_correct", "note": "", "detail": ""}
    preview = MessagePreview()
    preview.show(pd.DataFrame([row]), lambda _number: shown(message))
    return preview


def _bundle(view: View) -> Mapping[str, Any]:
    bundle = view._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    return data or {}
