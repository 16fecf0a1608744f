"""What the practice says of itself: its name, where it is, how it is reached, its language and its clock."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from workbench.addresses import address_problem
from workbench.errors import BadValue, DatabaseRefused, UnknownName
from workbench.language import LANGUAGES, _
from workbench.patients.calendar import zone_called
from workbench.patients.imports.values import read_long_text, read_text
from workbench.patients.schema import practices

CARD_COLUMNS = tuple(column.name for column in practices.columns if column.name != "practice_id")
"""What a practice may say of itself; also the columns of its merge fields."""


def set_card(connection: sa.Connection, practice_id: str, values: Mapping[str, str | None]) -> None:
    """Change some of these columns; nothing (``None``) empties one.

    Raises
    ------
    UnknownName
        When there is no such column.
    BadValue
        When a value does not fit its column.
    """
    for name in values:
        if name not in CARD_COLUMNS:
            raise UnknownName(
                _("A practice has no « {name} ». What it has: {known}.").format(
                    name=name, known=", ".join(CARD_COLUMNS)
                )
            )
    checked = {name: _checked(name, value) for name, value in values.items()}
    if checked:
        connection.execute(practices.update().where(practices.c.practice_id == practice_id).values(checked))


def _checked(name: str, value: str | None) -> str | None:
    read = read_long_text if name == "emergency_text" else read_text
    text = read(value or "").strip()
    if not text:
        if not practices.c[name].nullable:
            raise BadValue(_("« {name} » of the practice cannot be empty.").format(name=name))
        return None
    if name == "email" and address_problem(text):
        raise BadValue(_("This is not an e-mail address."))
    if name == "language" and text not in LANGUAGES:
        raise BadValue(
            _("There is no language « {name} »: it is one of {known}.").format(name=text, known=", ".join(LANGUAGES))
        )
    if name == "zone":
        try:
            zone_called(text)
        except DatabaseRefused as error:
            raise BadValue(error.sentence) from error
    if name in {"website", "booking_url"} and not text.lower().startswith(("https://", "http://")):
        raise BadValue(_("« {name} » must be a whole address, as https://www.example.org.").format(name=name))
    return text
