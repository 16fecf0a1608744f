"""What the deliveries that are measured are about: reminders of eight fields, text and 6 KB of HTML (DESIGN 7).

The names of the template stand in ``{{ }}`` alone, so that Jinja2 and handlebars merge the very same file.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path

SUBJECT = "Rappel : {{ prenom }}, votre rendez-vous du {{ jour }} à {{ heure }}"

TEXT = """Bonjour {{ civilite }} {{ nom }},

Nous vous attendons le {{ jour }} à {{ heure }} avec {{ praticien }}, fauteuil {{ fauteuil }}.
Votre dossier porte le numéro {{ dossier }} ; merci de le rappeler si vous téléphonez.

À bientôt, {{ prenom }},
le secrétariat du cabinet des Tilleuls
"""

_ROW = (
    '<tr><td style="padding:6px 12px;color:#5a6475;font-size:14px">{label}</td>'
    '<td style="padding:6px 12px;color:#1c2330;font-size:16px;font-weight:600">{value}</td></tr>\n'
)
_ADVICE = (
    '<p style="margin:0 0 12px 0;color:#1c2330;font-size:15px;line-height:1.55">Pensez à apporter votre carte '
    "Vitale, votre attestation de mutuelle et l’ordonnance du médecin. Si vous ne pouvez pas venir, prévenez-nous "
    "au moins quarante-huit heures avant : un autre patient attend peut-être cette place.</p>\n"
)
_ROWS = {
    "Jour": "{{ jour }}",
    "Heure": "{{ heure }}",
    "Praticien": "{{ praticien }}",
    "Fauteuil": "{{ fauteuil }}",
    "Dossier": "{{ dossier }}",
}
HTML_BYTES = 6_000


def html() -> str:
    """Return the HTML of the reminder, 6 KB of it."""
    head = (
        '<!DOCTYPE html>\n<html lang="fr"><head><meta charset="utf-8"><title>Rappel</title></head>\n'
        '<body style="margin:0;background-color:#f2f4f7;font-family:Helvetica,Arial,sans-serif">\n'
        '<h1 style="font-size:22px">Votre rendez-vous</h1>\n<p>Bonjour {{ civilite }} {{ nom }},</p>\n<table>\n'
    )
    rows = "".join(_ROW.format(label=label, value=value) for label, value in _ROWS.items())
    tail = "<p>À bientôt, {{ prenom }} !</p>\n</body></html>\n"
    middle = f"{head}{rows}</table>\n"
    room = HTML_BYTES - len((middle + tail).encode())
    return middle + _ADVICE * (room // len(_ADVICE.encode())) + tail


COLUMNS = ("id", "email", "civilite", "nom", "prenom", "jour", "heure", "praticien", "fauteuil", "dossier")
CODES = {
    "civilite": "PCIVIL", "nom": "PNOM", "prenom": "PPRENOM", "jour": "PNAIS", "heure": "PCP", "praticien": "PVILLE",
    "fauteuil": "PRUE", "dossier": "PDOSSIER",
}  # fmt: skip
"""Which field of a patient's file stands for a column, where nobody has an appointment."""

_LAST = ("LEFÈVRE", "MARTIN", "NGUYỄN", "GARNIER", "ŒUVRARD", "D’ARTAGNAN", "DE LA TOUR", "KERMORGANT")
_FIRST = ("Zoé", "Alexis", "Jean-Noël", "Éric", "Anaïs", "Hugo", "Emma", "Odette")
_DAYS = ("lundi 23 novembre 2026", "mardi 24 novembre 2026", "mercredi 25 novembre 2026")


def recipients(count: int) -> Iterator[dict[str, str]]:
    """Give so many invented people, the same each time."""
    chance = random.Random(20261123)
    for number in range(count):
        yield {
            "id": str(number),
            "email": f"patient{number}@mail.example",
            "civilite": chance.choice(("Mme", "M.")),
            "nom": chance.choice(_LAST),
            "prenom": chance.choice(_FIRST),
            "jour": chance.choice(_DAYS),
            "heure": f"{chance.randrange(8, 19)} h {chance.randrange(0, 60, 5):02}",
            "praticien": chance.choice(("Dr Molaire", "Dr Corvaisier")),
            "fauteuil": f"F{chance.randrange(1, 5)}",
            "dossier": f"{100000 + number}",
        }


def attachment(size: int) -> bytes:
    """Return a constant file of so many bytes that no program would shorten."""
    return random.Random(7).randbytes(size)


def write_workload(folder: Path, *, count: int, attached: int = 0) -> None:
    """Put the parts of a workload into a folder, for every contender alike.

    ``recipients.csv``, ``subject.txt``, ``text.txt``, ``page.html``, with `attached` bytes ``leaflet.pdf``, and
    ``reminder.html``, the template file of ours; ``codes.html`` is the same for patients that a search finds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "recipients.csv").open("w", newline="", encoding="utf-8") as file:
        lines = csv.DictWriter(file, COLUMNS)
        lines.writeheader()
        lines.writerows(recipients(count))
    (folder / "subject.txt").write_text(SUBJECT, encoding="utf-8")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    (folder / "page.html").write_text(html(), encoding="utf-8")
    front = {"label": "Rappel", "subject": SUBJECT, "text": TEXT}
    if attached:
        (folder / "leaflet.pdf").write_bytes(attachment(attached))
        front["attachments"] = ["leaflet.pdf"]  # type: ignore[assignment]
    # JSON is YAML.
    lines_of_front = "\n".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in front.items())
    whole = f"---\n{lines_of_front}\n---\n{html()}"
    (folder / "reminder.html").write_text(whole, encoding="utf-8")
    for name, code in CODES.items():
        whole = whole.replace(f"{{{{ {name} }}}}", f"{{{{ {code} }}}}")
    (folder / "codes.html").write_text(whole.replace('label: "Rappel"', 'label: "Codes"'), encoding="utf-8")


def letter_bytes(attached: int = 0) -> int:
    """Return about how many bytes a letter of ours has after its headers: what ``smtp-source`` sends, too."""
    body = len((html() + TEXT).encode()) * 115 // 100  # quoted-printable of French
    return body + (attached * 4 // 3) * 78 // 76
