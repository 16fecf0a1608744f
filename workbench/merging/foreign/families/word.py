"""Word: the names that a practice's table gives to its columns, in ``MERGEFIELD`` fields.

They are no text: ``merging.foreign.word`` takes them out of the document and leaves a mark where each one stood.
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.merging.foreign.tokens import Family, Token

_TABLE = {
    "nom": "PNOM",
    "nompatient": "PNOM",
    "nomdupatient": "PNOM",
    "lastname": "PNOM",
    "prenom": "PPRENOM",
    "prenompatient": "PPRENOM",
    "prenomdupatient": "PPRENOM",
    "firstname": "PPRENOM",
    "civilite": "PCIVIL",
    "title": "PCIVIL",
    "sexe": "PSEXE",
    "age": "PAGE",
    "nomnaissance": "PNOMNAIS",
    "nomdenaissance": "PNOMNAIS",
    "nomdejeunefille": "PNOMNAIS",
    "datenaissance": "PNAIS",
    "datedenaissance": "PNAIS",
    "rue": "PRUE",
    "adresse1": "PRUE",
    "codepostal": "PCP",
    "cp": "PCP",
    "ville": "PVILLE",
    "city": "PVILLE",
    "telephone": "PTEL",
    "tel": "PTEL",
    "portable": "PMOBILE",
    "mobile": "PMOBILE",
    "email": "PEMAIL",
    "courriel": "PEMAIL",
    "dossier": "PDOSSIER",
    "numerodossier": "PDOSSIER",
    "numerodedossier": "PDOSSIER",
    "ndossier": "PDOSSIER",
    "nodossier": "PDOSSIER",
    "daterdv": "RDVDATE",
    "daterendezvous": "RDVDATE",
    "datedurendezvous": "RDVDATE",
    "heurerdv": "RDVHEURE",
    "heurerendezvous": "RDVHEURE",
    "heuredurendezvous": "RDVHEURE",
    "jourrdv": "RDVJOUR",
    "date": "DATE",
    "mutuelle": "MUTNOM",
    "addressblock": "PADR",
    "greetingline": "DAPPEL",
}


def _find(_text: str, _in_tag: bool) -> Iterator[Token]:
    return iter(())


FAMILY = Family(name="word", program="Word", find=_find, table=_TABLE)
