"""An email type (« email type, maquette »): what is written once and merged for everyone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from workbench.domain.attached import DocumentRule, ImageRule
from workbench.domain.keeping import BY_HAND
from workbench.domain.options import Options
from workbench.domain.people import Channel, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One email type in its folder; a change is a new revision.

    `html` is the body with its merge fields; `text`, when given, replaces the text part made from it.
    `required` codes leave a recipient out when they have no value; `defaults` give a text instead.
    `group` (``patient``, ``family``) joins messages, `guardians` = ``both`` writes to every guardian of a minor.
    `expires` says how long a message is good for once it is confirmed (``domain.departures.lifetime``); when it says
    nothing, a message about an appointment to come is, until that appointment begins.
    `health` says that this template was deliberately allowed to carry health data on ordinary mail (P13).
    `further_roles` get a message of their own beside that of `role` (F77). `attachments` are the files that go with
    each message, `pictures` those that its text shows (``cid:``), both by the name they are kept under; `images` and
    `documents` are chosen for each recipient. `signature` names one, ``"-"`` wants none, nothing leaves it to the
    account. `variant_of` is the path of the email type that this one writes in another `language` (F69), `changed_from`
    that of the email type whose text this one changes for one mailing alone. `options` are said on top of the
    account's.
    """

    label: str
    subject: str
    html: str
    folder: str = ""
    text: str | None = None
    account: str | None = None
    signature: str | None = None
    role: Role = Role.PATIENT
    further_roles: tuple[Role, ...] = ()
    channel: Channel = Channel.EMAIL
    purpose: str = ""
    step: str = ""
    group: str = ""
    guardians: str = ""
    reply_to: str | None = None
    language: str = "fr"
    variant_of: str = ""
    changed_from: str = ""
    attachments: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    images: tuple[ImageRule, ...] = ()
    documents: tuple[DocumentRule, ...] = ()
    options: Options = field(default_factory=Options)
    required: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    health: bool = False
    expires: str = ""
    revision: int = 0

    @property
    def path(self) -> str:
        """``Folder/Label``, or the label alone."""
        return f"{self.folder}/{self.label}" if self.folder else self.label

    @property
    def roles(self) -> tuple[Role, ...]:
        """Everyone it is written to: the role, then the further ones."""
        return (self.role, *self.further_roles)

    @property
    def occasion_purpose(self) -> str:
        """The purpose two messages must share to count as the same one for the same occasion."""
        return self.purpose or self.changed_from or self.path

    def by_hand(self, label: str, **words: Any) -> Self:
        """Return it with other words for one sending: in no list, and the same for whoever was told already.

        Allowed to carry health data was what its author wrote: no other text.
        """
        once = {"purpose": self.occasion_purpose, "variant_of": "", "health": False, **words}
        return replace(self, label=label, folder=BY_HAND, revision=0, **once)

    def dressed_as(self, main: Template) -> Template:
        """Return what leaves of this variant (F69): its own words and files, and everything else as its main one says.

        Its words are its subject, its texts and its default texts, its files those that go with it and the images that
        it shows: all that a message is made of, so that what was frozen of it is made anew from it alone. Both count as
        one for whoever was told already.
        """
        return replace(
            main,
            label=self.label,
            folder=self.folder,
            subject=self.subject,
            html=self.html,
            text=self.text,
            defaults=self.defaults,
            attachments=self.attachments,
            pictures=self.pictures,
            language=self.language,
            variant_of=self.variant_of,
            changed_from=self.changed_from,
            purpose=main.occasion_purpose,
            health=main.health and not self.changed_from,
            revision=self.revision,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the ledger keeps a revision of them (the revision number apart)."""
        return {
            "label": self.label,
            "subject": self.subject,
            "html": self.html,
            "folder": self.folder,
            "text": self.text,
            "account": self.account,
            "signature": self.signature,
            "role": str(self.role),
            "channel": str(self.channel),
            "purpose": self.purpose,
            "step": self.step,
            "group": self.group,
            "reply_to": self.reply_to,
            "language": self.language,
            "attachments": list(self.attachments),
            "required": list(self.required),
            "defaults": dict(self.defaults),
            "health": self.health,
            # Said when it is chosen: what was kept before is the same revision still.
            **({"guardians": self.guardians} if self.guardians else {}),
            **({"expires": self.expires} if self.expires else {}),
            **({"further_roles": [str(role) for role in self.further_roles]} if self.further_roles else {}),
            **({"variant_of": self.variant_of} if self.variant_of else {}),
            **({"changed_from": self.changed_from} if self.changed_from else {}),
            **({"pictures": list(self.pictures)} if self.pictures else {}),
            **({"images": [rule.to_dict() for rule in self.images]} if self.images else {}),
            **({"documents": [rule.to_dict() for rule in self.documents]} if self.documents else {}),
            **({"options": self.options.to_dict()} if self.options != Options() else {}),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, revision: int = 0) -> Self:
        """Take back what `to_dict` gave."""
        known = dict(values)
        known["role"] = Role(known.get("role", Role.PATIENT))
        known["channel"] = Channel(known.get("channel", Channel.EMAIL))
        known["attachments"] = tuple(known.get("attachments", ()))
        known["required"] = tuple(known.get("required", ()))
        known["further_roles"] = tuple(map(Role, known.get("further_roles", ())))
        known["pictures"] = tuple(known.get("pictures", ()))
        known["images"] = tuple(map(ImageRule.from_dict, known.get("images", ())))
        known["documents"] = tuple(map(DocumentRule.from_dict, known.get("documents", ())))
        known["options"] = Options.from_dict(known.get("options", {}))
        return cls(**known, revision=revision)

    def digest(self) -> str:
        """SHA-256 of everything a revision holds."""
        text = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """An email type as it was saved once: what it said, when, by whom, and why if somebody told.

    `archived_at` is when the email type was taken out of the lists, if it was.
    """

    template: Template
    saved_at: datetime
    saved_by: str
    reason: str = ""
    archived_at: datetime | None = None
