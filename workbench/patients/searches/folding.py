"""Look for words without regard to accents and case, inside either database."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from workbench.domain.fields import folded


class FoldedText(FunctionElement[str]):
    """A text of the database without accents, in lower case; ``œ`` is ``oe``."""

    name = "folded"
    type = sa.Text()
    inherit_cache = True


@compiles(FoldedText)
def _in_sql(element: FoldedText, compiler: Any, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    # Most texts have no accent at all, and a function of ours is called from the database's own machine: slow.
    return f"CASE WHEN length(CAST({text} AS BLOB)) = length({text}) THEN lower({text}) ELSE folded({text}) END"


@compiles(FoldedText, "postgresql")
def _in_postgresql(element: FoldedText, compiler: Any, **options: Any) -> str:
    text = compiler.process(element.clauses, **options)
    # Most texts have no accent at all, and taking accents away is slow.
    return (
        f"CASE WHEN octet_length({text}) = char_length({text}) THEN lower({text}) ELSE "
        f"lower(regexp_replace(normalize(replace(replace({text}, 'œ', 'oe'), 'Œ', 'oe'), NFKD), "
        "'[^[:ascii:]]', '', 'g')) END"
    )


def _in_sqlite(text: str | None) -> str | None:
    if not isinstance(text, str):
        return text
    return text.lower() if text.isascii() else _without_accents(text)


@lru_cache(maxsize=32_768)
def _without_accents(text: str) -> str:
    return folded(text.replace("œ", "oe").replace("Œ", "oe"))


def teach_folding(driver: Any, record: Any, _proxy: object) -> None:
    """Give a connection of SQLite the function ``folded``, once; a listener of the pool's ``checkout``."""
    if "folded" not in record.info:
        driver.create_function("folded", 1, _in_sqlite, deterministic=True)
        record.info["folded"] = True


def holds_words(words: str, *columns: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """Say that every one of `words` (as ``words.plain`` gives them) stands in one of the columns."""
    some = sa.or_(*(column.is_not(None) for column in columns))  # most remarks are empty: nothing to fold
    texts = [sa.func.coalesce(column, "") for column in columns]
    whole: sa.ColumnElement[Any] = texts[0]
    for text in texts[1:]:
        whole = whole.concat(" ").concat(text)
    return sa.and_(some, *(FoldedText(whole).like(f"%{word}%") for word in words.split()))
