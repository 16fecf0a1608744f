"""The signatures are written, looked at, kept, brought in and handed out from a screen."""

from __future__ import annotations

import base64
import io
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from workbench.practice import Practice
from workbench.widgets.settings_page import SettingsPage
from workbench.widgets.signatures_screen import NEW, SignaturesScreen
from workbench.wiring import open_practice

WRITTEN = '<div>@CORPS</div>\n<p>@CABNOM, à bientôt</p>\n<p><img src="logo.png" alt="Logo"></p>'


@pytest.fixture
def practice(sample_made_once: Path, tmp_path: Path) -> Iterator[Practice]:
    shutil.copytree(sample_made_once, tmp_path / "W")
    with open_practice(tmp_path / "W", user="claire") as opened:
        yield opened


class Watched(SignaturesScreen):
    """A screen that keeps what it says to its page."""

    def __init__(self, practice: Practice) -> None:
        self.said: list[tuple[dict[str, Any], list[bytes]]] = []
        super().__init__(practice)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.said.append((content, list(buffers or [])))

    def hear(self, kind: str, **values: Any) -> dict[str, Any]:
        """Say something as the page does; give what the screen answers."""
        self._hear(self, {"kind": kind, "request": len(self.said), "view": "v", **values}, [])
        return [message for message, _buffers in self.said if message["kind"] == "answer"][-1]


@pytest.fixture
def screen(practice: Practice) -> Watched:
    return Watched(practice)


def coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def logo() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (60, 20), (29, 91, 191)).save(made, "PNG")
    return made.getvalue()


def test_each_signature_comes_with_who_uses_it_and_is_looked_at_when_it_is_chosen(
    screen: Watched, practice: Practice
) -> None:
    practice.accounts.set("folder", kind="folder", signature="Cabinet")
    rows = {one["label"]: one for one in screen.hear("open")["signatures"]}
    assert rows["Cabinet"]["used_by"] == ["the account « folder »"]
    seen = screen.hear("look", label="En-tête", html=rows["En-tête"]["html"])
    assert "data:image/" in seen["screen"]
    assert seen["findings"] == []


def test_a_draft_is_looked_at_without_being_kept(screen: Watched, practice: Practice) -> None:
    seen = screen.hear("look", label="Essai", html="<div>@CORPS</div><p>@CABNOM</p><script>alert(1)</script>")
    assert "Cabinet des Tilleuls" in seen["screen"]
    assert "alert(1)" not in seen["screen"]
    assert "Essai" not in practice.signatures
    unknown = screen.hear("look", label="Essai", html="<div>@CORPS</div><p>@ABCDEF</p>")
    assert "ABCDEF" in unknown["findings"][0]["message"]
    twice = screen.hear("look", label="Essai", html="@CORPS @CORPS")
    assert (twice["screen"], twice["findings"][0]["severity"]) == ("", "error")


def test_a_signature_is_saved_once_under_a_name_and_another_one_is_not_written_over(screen: Watched) -> None:
    html = "<div>@CORPS</div><p>Merci</p>"
    answer = screen.hear("save", label="Merci", html=html, new=True)
    assert answer["saved"] == "Merci"
    assert "already a signature" in screen.hear("save", label="Merci", html="@CORPS", new=True)["error"]
    assert "name" in screen.hear("save", label=" ", html="@CORPS", new=True)["error"]
    assert "marker" in screen.hear("save", label="Merci", html="<p>no marker</p>")["error"]
    kept = {one["label"]: one["html"] for one in screen.hear("open")["signatures"]}
    assert kept["Merci"] == html


def test_what_somebody_else_saved_meanwhile_is_not_written_over(screen: Watched, practice: Practice) -> None:
    mine, theirs = "<div>@CORPS</div>à moi", "<div>@CORPS</div>à elle"
    screen.hear("open")
    with open_practice(practice.path, user="marie") as hers:
        hers.signatures.save(replace(hers.signatures["Cabinet"], html=theirs))
    refused = screen.hear("save", key="Cabinet", label="Cabinet", html=mine)["error"]
    assert refused.startswith("marie saved the signature « Cabinet »")
    assert refused.endswith(
        "« Duplicate » keeps what you wrote as a new signature, « Undo my changes » shows the other."
    )
    # A page that is opened anew shows hers; what was begun before is still not hers.
    screen.hear("open")
    screen.hear("draft", key="Cabinet", label="Cabinet", html=mine, based_on="Cabinet")
    with open_practice(practice.path, user="marie") as hers:
        hers.signatures.save(replace(hers.signatures["Cabinet"], html=theirs + "!"))
    assert screen.hear("open")["signatures"][0]["html"] == theirs + "!"
    assert "marie" in screen.hear("save", key="Cabinet", label="Cabinet", html=mine)["error"]
    screen.hear("draft", key="Cabinet", html=None)
    assert screen.hear("save", key="Cabinet", label="Cabinet", html=mine)["saved"] == "Cabinet"
    assert screen.hear("save", key="Cabinet", label="Cabinet", html=mine + "!")["saved"] == "Cabinet"
    with open_practice(practice.path, user="marie") as hers:
        hers.signatures.archive("Cabinet")
    screen.hear("draft", key="Cabinet", label="Cabinet", html=mine, based_on="Cabinet")
    refused = screen.hear("save", key="Cabinet", label="Cabinet", html=mine)["error"]
    assert "archived" in refused
    assert refused.endswith("What you wrote stands as a new signature: save it if it is still to be used.")
    opened = screen.hear("open")["drafts"]
    assert opened == {NEW: {"label": "Cabinet", "html": mine, "based_on": ""}}
    screen.hear("draft", key="Cabinet", label="Cabinet", html=mine, based_on="Cabinet")  # the page tells it once more
    assert screen.hear("save", key=NEW, label="Cabinet", html=mine, new=True)["drafts"] == {}


def test_what_is_written_and_not_saved_is_there_for_a_page_opened_later(screen: Watched) -> None:
    screen.hear("draft", key="Cabinet", label="Cabinet", html="<div>@CORPS</div>x", based_on="Cabinet")
    assert screen.hear("open")["drafts"]["Cabinet"]["html"] == "<div>@CORPS</div>x"
    screen.hear("draft", key="Cabinet", html=None)
    assert screen.hear("open")["drafts"] == {}


def test_files_and_their_images_come_in_and_go_out_as_they_came(screen: Watched, practice: Practice) -> None:
    page = f"---\nlabel: Logo\n---\n{WRITTEN}"
    answer = screen.hear("import", names=["x.html", "logo.png"], data=[coded(page.encode()), coded(logo())])
    assert answer["saved"] == "Logo"
    assert len(practice.signatures["Logo"].pictures) == 1
    screen.hear("export", label="Logo")
    message, [packed] = next(said for said in reversed(screen.said) if said[1])
    assert message["name"] == "Logo.zip"
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert "Logo.html" in archive.namelist()
    screen.hear("archive", label="Logo")
    assert "Logo" not in practice.signatures
    assert screen.hear("import", names=["Logo.zip"], data=[coded(packed)])["saved"] == "Logo"
    assert len(practice.signatures["Logo"].pictures) == 1


def test_a_file_that_is_no_signature_is_refused_with_a_sentence(screen: Watched) -> None:
    assert "HTML file" in screen.hear("import", names=["logo.png"], data=[coded(logo())])["error"]
    assert "zip" in screen.hear("import", names=["x.zip"], data=[coded(b"no zip")])["error"]
    assert "read" in screen.hear("import", names=["x.html"], data=["é"])["error"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../outside.html", "---\nlabel: Outside\n---\n<div>@CORPS</div>")
    assert screen.hear("import", names=["x.zip"], data=[coded(packed.getvalue())])["saved"] == "Outside"


def test_an_image_that_is_put_in_is_kept_and_shown(screen: Watched) -> None:
    src = screen.hear("picture", name="logo.png", data=coded(logo()))["src"]
    assert src.startswith("cid:")
    assert screen.hear("shown_picture", src=src)["type"] == "image/png"
    html = f'<div>@CORPS</div><p><img src="{src}" alt="Logo"></p>'
    looked = screen.hear("look", label="Image", html=html)
    assert "data:image/png" in looked["screen"]
    assert looked["findings"] == []
    assert screen.hear("save", label="Image", html=html, new=True)["saved"] == "Image"
    assert "error" in screen.hear("picture", name="x.png", data=coded(b"no image"))


def test_a_signature_in_use_is_not_archived(screen: Watched, practice: Practice) -> None:
    practice.accounts.set("folder", kind="folder", signature="Cabinet")
    assert "in use" in screen.hear("archive", label="Cabinet")["error"]


def test_it_is_a_part_of_the_settings(practice: Practice) -> None:
    page = SettingsPage(practice)
    page.open(part="signatures")
    assert isinstance(page.signatures, SignaturesScreen)


def test_the_list_shows_each_signature_as_it_is_kept(screen: Watched):
    shown = screen.hear("small", label="Secrétariat")["screen"]
    assert "Cabinet des Tilleuls" in shown
    assert "default-src 'none'" in shown
    assert "error" in screen.hear("small", label="Nobody")
