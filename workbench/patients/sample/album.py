"""The album of the sample practice: which images there are, of whom, at which stage of which treatment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from workbench.patients.sample.data import sample_words
from workbench.patients.sample.days import SampleDays
from workbench.patients.sample.images import (
    KINDS,
    STAGES,
    access_map,
    clinical_image,
    logo,
    signature,
    signature_names,
)
from workbench.patients.sample.plans import plan_rows

IMAGES = 200
"""How many clinical images there are; those of the treatments fill whatever the patients by hand leave."""

_BY_HAND = ("2201", "2204", "2207", "2208", "2301")
_TAKEN = {"début": 170, "en cours": 60, "fin": 12}
"""How many days ago the images of a stage were taken, more or less."""

_WHEN = {"début": "début de traitement", "en cours": "en cours de traitement", "fin": "fin de traitement"}
_SHOWN = {"proposé": 1, "en cours": 2, "contention": 3}
"""How many stages a treatment has been photographed at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleImage:
    """An image with its row; `taken` is how many days ago."""

    media_id: str
    file_name: str
    kind: str
    caption: str
    taken: int
    view: str | None = None
    stage: str | None = None
    patient_id: str | None = None
    plan_id: str | None = None
    practitioner_id: str | None = None

    @property
    def path(self) -> str:
        """Where its file lies in the workspace."""
        return f"documents/images/{self.media_id}.png"

    def draw(self) -> bytes:
        """Return the bytes of its file, the same at each call."""
        if self.practitioner_id is not None:
            return signature(self.practitioner_id, signature_names()[self.practitioner_id])
        if self.patient_id is None:
            practice = sample_words()["practice"]
            return logo(practice["name"]) if self.kind == "logo" else access_map(practice["address_line_1"])
        words = f"{self.patient_id} · {self.kind} {self.view}, {self.stage}"
        return clinical_image(self.kind, str(self.view), str(self.stage), words)


def media_rows(days: SampleDays) -> list[dict[str, Any]]:
    """Return the album's rows; only the days on which the images were taken depend on the day."""
    return [
        {
            **dated,
            "patient_id": image.patient_id,
            "practitioner_id": image.practitioner_id,
            "plan_id": image.plan_id,
            "stage": image.stage,
            "kind": image.kind,
            "view": image.view,
            "file_name": image.file_name,
            "media_type": "image/png",
            "path": image.path,
            "digest": hashlib.sha256(image.draw()).hexdigest(),
            "caption": image.caption,
            "health": image.patient_id is not None,
        }
        for image, dated in zip(sample_images(days), media_dates(days), strict=True)
    ]


def media_dates(days: SampleDays) -> list[dict[str, Any]]:
    """Return the day on which each image was taken, without drawing any."""
    return [
        {
            "media_id": image.media_id,
            "taken_on": days.today - timedelta(days=image.taken) if image.patient_id else None,
        }
        for image in sample_images(days)
    ]


def sample_images(days: SampleDays) -> tuple[SampleImage, ...]:
    """Return every image of the album; the same on every day."""
    treated = {
        plan["patient_id"]: (plan["plan_id"], plan["stage"])
        for plan in plan_rows(days)["treatment_plans"]
        if plan.get("semesters")
    }
    return _album(tuple(sorted((file_number, *plan) for file_number, plan in treated.items())))


@cache
def _album(treated: tuple[tuple[str, str, str], ...]) -> tuple[SampleImage, ...]:
    signed = [
        SampleImage(
            media_id=f"SIG-{practitioner_id}",
            file_name=f"signature-{practitioner_id}.png",
            kind="signature",
            caption=f"Signature du Dr {name}",
            taken=0,
            practitioner_id=practitioner_id,
        )
        for practitioner_id, name in signature_names().items()
    ]
    ours = [
        SampleImage(media_id="CAB-LOGO", file_name="logo.png", kind="logo", caption="Logo du cabinet", taken=0),
        SampleImage(
            media_id="CAB-PLAN", file_name="plan-acces.png", kind="plan d’accès", caption="Plan d’accès", taken=0
        ),
    ]
    clinical = []
    for number, (file_number, plan_id, kind, view, stage) in zip(range(1, IMAGES + 1), _wanted(treated), strict=False):
        clinical.append(
            SampleImage(
                media_id=f"I-{number:04}",
                file_name=f"{kind} {view} {stage}.png",
                kind=kind,
                caption=f"{kind.capitalize()}, vue de {view}, {_WHEN[stage]}",
                taken=_TAKEN[stage] + number % 40,
                view=view,
                stage=stage,
                patient_id=file_number,
                plan_id=plan_id,
            )
        )
    return (*signed, *ours, *clinical)


def _wanted(treated: tuple[tuple[str, str, str], ...]) -> Iterator[tuple[str, str | None, str, str, str]]:
    """Name the images in the order in which they are drawn until there are enough."""
    every = [(kind, view) for kind, views in KINDS.items() for view in views]
    for file_number in _BY_HAND:
        yield from ((file_number, None, kind, view, "début") for kind, view in every[:3])
    for number, (file_number, plan_id, stage) in enumerate(treated):
        for shown in STAGES[: _SHOWN[stage]]:
            for kind, view in (every[number % len(every)], every[(number + 3) % len(every)]):
                yield file_number, plan_id, kind, view, shown
