"""A message on paper: all that was said of it, nothing fetched, whatever its HTML tries."""

from __future__ import annotations

import io
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from workbench.domain.printing import Sheet
from workbench.printing.pdf import document_of, pdf_of

LINES = (("De", "Cabinet <cabinet@exemple.test>"), ("À", "Mme Œuvré"), ("Objet", "Devis à 45,00 €"), ("Pièces", ""))


def sheet(html: str = "<p>Bonjour</p>", **changes: object) -> Sheet:
    told: dict[str, object] = {"title": "Devis", "lines": LINES, "html": html, "text": "Bonjour", "foot": "n° 41"}
    return Sheet(**{**told, **changes})  # type: ignore[arg-type]


def pages(content: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]


@pytest.fixture
def knocked() -> Iterator[tuple[str, list[object]]]:
    """A server on this machine, and who connected to it."""
    seen: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                try:
                    seen.append(server.accept())
                except TimeoutError:
                    continue

        listening = threading.Thread(target=listen)
        listening.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", seen
        ended.set()
        listening.join()


def test_what_stands_above_a_message_and_what_it_says_are_printed_with_page_numbers() -> None:
    [page] = pages(pdf_of([sheet("<h1>Chère Mme Œuvré</h1><p>45,00 € – à bientôt</p>")]))
    for told in ("Devis", "De", "Cabinet <cabinet@exemple.test>", "Chère Mme Œuvré", "45,00 €", "n° 41", "1 / 1"):
        assert told in page
    assert "Pièces" not in page  # nothing is said of what there is none of


def test_each_message_has_pages_of_its_own_in_one_file() -> None:
    told = pages(pdf_of([sheet("<p>long</p>" * 120), sheet("<p>court</p>")]))
    assert len(told) > 2
    assert "1 / 1" in told[-1]
    assert "court" in told[-1]
    assert "court" not in told[0]


def test_one_message_s_style_is_not_another_s() -> None:
    red = "<style>p { color: #ff0000; font-size: 40pt }</style><p>rouge</p>"
    alone = pdf_of([sheet("<p>noir</p>")])
    beside = pdf_of([sheet(red), sheet("<p>noir</p>")])
    sizes = [
        {operand[1] for operand, operator in pypdf.generic.ContentStream(page["/Contents"], None).operations
         if operator == b"Tf"}
        for page in (pypdf.PdfReader(io.BytesIO(alone)).pages[0], pypdf.PdfReader(io.BytesIO(beside)).pages[-1])
    ]  # fmt: skip
    assert sizes[0] == sizes[1]


def test_the_pictures_of_a_message_are_printed() -> None:
    image = io.BytesIO()
    Image.new("RGB", (40, 30), "#3366cc").save(image, "PNG")
    address = f"data:image/png;base64,{b64encode(image.getvalue()).decode()}"
    html = '<img src="cid:abc@workbench" width="40" height="30" alt="logo">'
    with_it = pdf_of([sheet(html, images={"abc@workbench": address})])
    found = pypdf.PdfReader(io.BytesIO(with_it)).pages[0].images
    assert [one.image.size for one in found if one.image is not None] == [(40, 30)]
    assert not pypdf.PdfReader(io.BytesIO(pdf_of([sheet(html)]))).pages[0].images


def test_nothing_is_fetched_from_anywhere(knocked: tuple[str, list[object]], tmp_path: Path) -> None:
    url, seen = knocked
    secret = tmp_path / "secret.css"
    secret.write_text("p::after { content: 'SECRET' }")
    content = pdf_of(
        [
            sheet(
                f"""<style>@import url({url}/a.css); body {{ background: url({url}/b.png) }}
                @font-face {{ font-family: X; src: url({url}/c.ttf) }} p {{ font-family: X }}</style>
                <link rel="stylesheet" href="{url}/d.css"><link rel="stylesheet" href="file://{secret}">
                <p style="background:url('{url}/e.png')">Bonjour</p><img src="{url}/f.png">
                <img src="file://{secret}"><iframe src="{url}/g"></iframe><object data="{url}/h"></object>
                <script>fetch("{url}/i")</script><svg><image href="{url}/j.png"/></svg>"""
            )
        ]
    )
    assert seen == []
    assert "SECRET" not in pages(content)[0]
    assert "Bonjour" in pages(content)[0]


def test_a_message_cannot_take_away_or_change_what_stands_above_it() -> None:
    hostile = """<style>.wb-sheet, .wb-lines, div, table, tr, td { display: none !important; visibility: hidden;
    color: #ffffff !important; position: absolute; left: -9999px } @page { size: 1cm 1cm }</style>
    </table></div></body></html><p>Bonjour</p><!-- <style>"""
    page = pages(pdf_of([sheet(hostile)]))[0]
    assert "Mme Œuvré" in page
    assert pypdf.PdfReader(io.BytesIO(pdf_of([sheet(hostile)]))).pages[0].mediabox.width > 590


@settings(max_examples=15)
@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=120))
def test_any_text_is_printed_and_none_of_it_is_markup(title: str, value: str, foot: str) -> None:
    made = document_of(sheet(title=f"<b>{title}", lines=((value, f"</td><script>{value}"),), foot=foot))
    assert "<script" not in made
    assert "<b>" not in made
    assert pages(pdf_of([sheet(title=title, lines=((value, value),), foot=foot)]))


def test_html_that_is_beyond_reading_is_printed_as_its_text() -> None:
    assert "Bonjour" in pages(pdf_of([sheet("<div>" * 5000 + "x" + "</div>" * 5000)]))[0]
