"""Look through the subject: empty, too long, shouted, or telling a neighbour what a patient is treated for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from workbench.checking.remarks import error, warning
from workbench.checking.sample_patients import sample_name
from workbench.checking.words import found_in
from workbench.domain.fields import Catalogue, DataClass
from workbench.domain.mailings import Finding
from workbench.domain.messages import Rendered
from workbench.domain.templates import Template
from workbench.language import _
from workbench.merging.syntax import JINJA, compile_codes

LONGEST_SUBJECT = 78
"""Characters of a subject that mail programs show in a list; RFC 5322 asks for lines no longer."""

_NAME = re.compile(r"[A-Za-z_]\w*")
_FEWEST_LETTERS = 8  # of a subject in capitals: « RDV » is no shouting


def check_subject(
    template: Template,
    rendered: Mapping[str, Rendered],
    catalogue: Catalogue,
    health: tuple[str, ...],
    *,
    unusual: Iterable[str] = (),
) -> list[Finding]:
    """Return what is wrong with a subject, as it is written and as it is merged.

    Parameters
    ----------
    rendered
        The message of each invented patient, by the patient's name.
    health
        The words of health (`words.health_words`).
    unusual
        Invented patients whose names are long on purpose: a long subject is not the author's fault there.
    """
    findings: list[Finding] = []
    if "\n" in template.subject.strip():
        findings.append(warning("subject_lines", _("Subject. It stands on several lines, and leaves as one.")))
    findings += _health_fields(template.subject, catalogue)
    subjects = {name: message.subject for name, message in rendered.items()}
    said = found_in("\n".join([JINJA.sub(" ", template.subject), *dict.fromkeys(subjects.values())]), health)
    findings += [
        warning(
            f"health_word:{word}",
            _(
                "Subject. « {word} » tells of somebody's health to whoever sees the telephone on a table; say it in "
                "the text, or with neutral words such as « your appointment »."
            ).format(word=word),
        )
        for word in said
    ]
    if not template.subject.strip():
        return [*findings, error("empty_subject", _("Subject. There is none: write one."))]
    findings += [
        warning(
            "empty_subject",
            _("Subject. It is empty with {sample}; give a text for whoever has none of its values.").format(
                sample=sample_name(name)
            ),
            sample=name,
        )
        for name, subject in subjects.items()
        if not subject.strip()
    ]
    longest = max((subject for name, subject in subjects.items() if name not in {*unusual}), key=len, default="")
    if len(longest) > LONGEST_SUBJECT:
        findings.append(
            warning(
                "long_subject",
                _(
                    "Subject. It has {count} characters; beyond {most} mail programs cut it off. Begin with what "
                    "matters, and shorten it."
                ).format(count=len(longest), most=LONGEST_SUBJECT),
            )
        )
    written = "".join(sign for sign in _own_text(template.subject, catalogue) if sign.isalpha())
    if len(written) >= _FEWEST_LETTERS and written == written.upper() and written != written.lower():
        findings.append(
            warning(
                "shouted_subject", _("Subject. It is all in capitals: it reads as shouting, and filters dislike it.")
            )
        )
    return findings


def _own_text(text: str, catalogue: Catalogue) -> str:
    """Return a text's own words, without its fields and conditions."""
    return JINJA.sub(" ", compile_codes(text, catalogue)[0])


def _health_fields(subject: str, catalogue: Catalogue) -> list[Finding]:
    source, _findings = compile_codes(subject, catalogue)
    named = dict.fromkeys(name for tag in JINJA.findall(source) for name in _NAME.findall(tag))
    return [
        error(
            f"health_field:@{catalogue[name].code}",
            _(
                "Subject. @{code} tells of somebody's health, and a subject is read by everybody: keep it to the text."
            ).format(code=catalogue[name].code),
        )
        for name in named
        if name in catalogue and catalogue[name].data_class is DataClass.HEALTH
    ]
