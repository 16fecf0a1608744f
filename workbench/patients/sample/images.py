"""Draw the images of the sample: placeholders for X-rays, photographs and casts, signatures, the logo and the map."""

from __future__ import annotations

import io
import math
import random
from functools import cache
from importlib.metadata import distribution
from typing import TYPE_CHECKING

from workbench.patients.sample.data import sample_words

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

KINDS = {
    "panoramique": ("face",),
    "téléradiographie": ("profil",),
    "intra-orale": ("face", "droite", "gauche"),
    "moulage": ("face", "droite", "gauche"),
}
"""The views of each kind of image."""

STAGES = ("début", "en cours", "fin")

_SIZE = (240, 168)
_PALETTES = {
    "panoramique": ((24, 28, 34), (206, 212, 218), (120, 128, 138), (240, 244, 248)),
    "téléradiographie": ((20, 24, 30), (190, 198, 206), (96, 104, 114), (240, 244, 248)),
    "intra-orale": ((196, 112, 116), (250, 246, 234), (150, 156, 164), (60, 26, 30)),
    "moulage": ((232, 226, 212), (206, 194, 168), (168, 152, 120), (70, 62, 48)),
}
"""Of each kind: the ground, the teeth, what holds them, the words."""

_FINE = 3
"""How many times larger a picture is drawn before it is made smaller: lines get soft edges."""

_LEAF, _INK = (74, 140, 82), (47, 79, 60)

_GROUND, _TEETH, _HOLD, _WORDS = range(4)


@cache
def clinical_image(kind: str, view: str, stage: str, words: str) -> bytes:
    """Return a PNG that shows nobody: teeth as a child draws them, with `words` below, so that no two are alike."""
    from PIL import ImageDraw

    image = _drawn(kind, view, stage).copy()
    ImageDraw.Draw(image).text((8, _SIZE[1] - 18), words, fill=_WORDS, font=_font())
    return _png(image)


@cache
def signature(practitioner_id: str, name: str) -> bytes:
    """Return a PNG of a scribble in ink on nothing: a practitioner's signature."""
    from PIL import Image, ImageDraw

    dice = random.Random(f"hand of {practitioner_id}")  # noqa: S311 (an invented signature)
    image = Image.new("LA", (220, 80), (0, 0))
    draw = ImageDraw.Draw(image)
    loop, wave, tall = dice.uniform(3.5, 6), dice.uniform(9, 17), dice.uniform(16, 24)
    points = [
        (
            16 + step + 11 * math.sin(step / loop),
            40 - tall * math.cos(step / loop) / (1 + step / 70) - 7 * math.sin(step / wave),
        )
        for step in range(30 + 11 * min(len(name), 13))
    ]
    draw.line(points, fill=(30, 255), width=2, joint="curve")
    draw.line([(dice.randint(14, 40), 70), (points[-1][0] + 8, dice.randint(52, 66))], fill=(30, 255), width=2)
    return _png(image)


def signature_names() -> dict[str, str]:
    """Return the name each practitioner signs with."""
    return {one["practitioner_id"]: one["last_name"] for one in sample_words()["practitioners"]}


@cache
def logo(name: str) -> bytes:
    """Return a PNG of a linden leaf with the practice's name beside it."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (420 * _FINE, 96 * _FINE), "white")
    draw = ImageDraw.Draw(image)
    outline = [
        # A heart, lying on its side a little: the leaf of a linden.
        (
            48 + 34 * math.sin(turn) ** 3,
            46 - 27.3 * math.cos(turn) + 10.5 * math.cos(2 * turn) + 4.2 * math.cos(3 * turn),
        )
        for turn in (step * math.pi / 90 for step in range(180))
    ]
    draw.polygon([(x * _FINE, y * _FINE) for x, y in outline], fill=_LEAF)
    draw.line([(48 * _FINE, 26 * _FINE), (48 * _FINE, 92 * _FINE)], fill="white", width=2 * _FINE)
    for y in (40, 52, 64):
        for aside in (-1, 1):
            draw.line(
                [(48 * _FINE, y * _FINE), ((48 + 16 * aside) * _FINE, (y - 11) * _FINE)], fill="white", width=_FINE
            )
    draw.text((98 * _FINE, 30 * _FINE), name, fill=_INK, font=_font(28 * _FINE))
    return _png(image.resize((420, 96), Image.Resampling.LANCZOS).quantize(32))


@cache
def access_map(street: str) -> bytes:
    """Return a PNG of a few streets with a pin on the practice."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (480 * _FINE, 280 * _FINE), (236, 240, 233))
    draw = ImageDraw.Draw(image)
    for line, width in (
        ((0, 190, 480, 150), 22),
        ((150, 0, 190, 280), 16),
        ((340, 0, 320, 280), 16),
        ((0, 60, 480, 40), 10),
    ):
        draw.line([part * _FINE for part in line], fill="white", width=width * _FINE)
    draw.ellipse([part * _FINE for part in (370, 195, 450, 262)], fill=(200, 222, 192))
    draw.ellipse([part * _FINE for part in (236, 112, 268, 144)], fill=(200, 62, 54))
    draw.polygon([part * _FINE for part in (238, 136, 266, 136, 252, 166)], fill=(200, 62, 54))
    draw.ellipse([part * _FINE for part in (246, 122, 258, 134)], fill="white")
    for x, y, words in ((18, 194, street), (376, 220, "Le Mail"), (198, 230, "Arrêt Tilleuls")):
        draw.text((x * _FINE, y * _FINE), words, fill=_INK, font=_font(13 * _FINE))
    return _png(image.resize((480, 280), Image.Resampling.LANCZOS).quantize(48))


@cache
def _font(size: int = 10) -> FreeTypeFont:
    """Return a font with accents: the one that comes with the program that draws our charts."""
    from PIL import ImageFont

    file = distribution("matplotlib").locate_file("matplotlib/mpl-data/fonts/ttf/DejaVuSans.ttf")
    return ImageFont.truetype(str(file), size)


@cache
def _drawn(kind: str, view: str, stage: str) -> Image:
    """Draw an image without words; a treatment that goes on straightens the teeth, and brackets show meanwhile."""
    from PIL import Image, ImageDraw

    dice = random.Random(f"{kind} {view} {stage}")  # noqa: S311 (invented teeth)
    image = Image.new("P", _SIZE, _GROUND)
    image.putpalette([part for colour in _PALETTES[kind] for part in colour])
    draw = ImageDraw.Draw(image)
    crooked = {"début": 5, "en cours": 2, "fin": 0}[stage]
    braced = stage == "en cours" and kind != "téléradiographie"
    aside = {"droite": -26, "gauche": 26}.get(view, 0)
    if kind == "téléradiographie":
        draw.arc((30, 8, 190, 168), 180, 330, fill=_HOLD, width=3)
        draw.line([(179, 50), (198, 74), (184, 80), (190, 94), (180, 102), (186, 114), (160, 134)], fill=_HOLD, width=2)
        spans = [(168 - 15 * number, 96) for number in range(4)]
    else:
        bend = 4 if kind == "moulage" else -3
        spans = [(120 + aside + 20 * number, 84 + abs(number) * bend) for number in range(-5, 6)]
    for x, y in spans:
        for up in (-16, 16):
            x_here, y_here = x + dice.uniform(-crooked, crooked), y + up + dice.uniform(-crooked, crooked)
            draw.rounded_rectangle((x_here - 7, y_here - 13, x_here + 7, y_here + 13), 5, fill=_TEETH, outline=_HOLD)
            if braced:
                draw.rectangle((x_here - 2, y_here - 2, x_here + 2, y_here + 2), fill=_HOLD)
    if braced:
        for up in (-16, 16):
            draw.line([(x, y + up) for x, y in spans], fill=_HOLD, width=1)
    return image


def _png(image: Image) -> bytes:
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()
