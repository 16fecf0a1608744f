"""The words of the library of email types."""

from __future__ import annotations

from workbench.language import _, n_
from workbench.widgets.view import by_number


def library_words() -> dict[str, str]:
    """Return the words of the library by name, in the language of the moment."""
    return {
        "title": _("Email types"),
        "tree": _("Email types in their folders"),
        "search": _("Folder, name, subject or text"),
        "none_found": _("No email type holds these words."),
        "empty": _("There is no email type yet: make one, or bring some in from a file."),
        "reading": _("The email types are being read…"),
        "no_folder": _("Without a folder"),
        "archived": _("Archived email types"),
        **by_number("found", lambda count: n_("{count} email type", "{count} email types", count)),
        "all": _("All email types"),
        "silent": _("The kernel is busy or has stopped; the answer comes as soon as it is free."),
        # gestures
        "new": _("New…"),
        "import": _("Import…"),
        "export_all": _("Export everything"),
        "export": _("Export"),
        "edit": _("Edit the text"),
        "duplicate": _("Duplicate…"),
        "rename": _("Rename…"),
        "move": _("Move…"),
        "archive": _("Archive…"),
        "unarchive": _("Bring back"),
        "translate": _("Add a language…"),
        "more": _("More"),
        "cancel": _("Cancel"),
        "close": _("Close"),
        "keys": _(
            "Arrows to go round, Enter to open, F2 to rename, Delete to archive; drag an email type onto a folder."
        ),
        # forms
        "label": _("Label"),
        "folder": _("Folder"),
        "language": _("Language"),
        "begin_from": _("Begin from"),
        "empty_text": _("an empty text"),
        "starters": _("Comes with the workbench"),
        "own": _("Yours"),
        "create": _("Create"),
        "copy_of": _("{label} (copy)"),
        "new_title": _("New email type"),
        "duplicate_title": _("Duplicate « {path} »"),
        "translate_title": _("« {path} » in another language"),
        "rename_title": _("Rename « {path} »"),
        "move_title": _("Move « {path} »"),
        "rename_folder": _("Rename the folder…"),
        "rename_folder_title": _("Rename the folder « {folder} »"),
        **by_number(
            "rename_folder_note",
            lambda count: n_("{count} email type goes with it.", "{count} email types go with it.", count),
        ),
        "save": _("Save"),
        "reason": _("Why (for whoever looks at the versions later)"),
        "archive_ask": _("Archive « {path} »? It leaves the lists; what was sent with it stays, and it can come back."),
        **by_number(
            "archive_variants",
            lambda count: n_(
                "Its {count} variant in another language goes with it.",
                "Its {count} variants in other languages go with it.",
                count,
            ),
        ),
        "archive_yes": _("Archive"),
        # an email type
        "tabs": _("What is shown of it"),
        "preview": _("Preview"),
        "settings": _("Settings"),
        "revisions": _("Versions"),
        "findings": _("Check"),
        "version": _("version {revision}, saved by {who}, {when}"),
        "languages": _("Languages"),
        "proposed_by": _("Proposed by: {searches}"),
        "sharing": _("Also for the same: {paths}"),
        "in_order": _("✓ In order"),
        "errors": _("✕ To correct: {count}"),
        "warnings": _("? To look at: {count}"),
        "unchecked": _("Being checked…"),
        # overview
        "subject": _("Subject"),
        "saved": _("Last change"),
        "searches": _("Proposed by"),
        "state": _("Check"),
        # preview
        "with": _("As it would be for"),
        "samples": _("Invented patients: nobody real is shown here."),
        "counts_title": _("What counts when it is sent"),
        # findings
        "nothing_found": _(
            "✓ Nothing was found: the email type is in order. It was merged for invented patients, too."
        ),
        "check_again": _("Check again"),
        "checking": _("The email type is merged for invented patients…"),
        "with_whom": _("with {who}"),
        # revisions
        "compare": _("Compare"),
        "before": _("Before"),
        "after": _("After"),
        "look": _("Look"),
        "look_at": _("Look at version {number}"),
        "restore": _("Go back to it"),
        "restore_ask": _("Go back to version {number}? It becomes a new version; none is lost."),
        "restore_yes": _("Go back to version {number}"),
        "current": _("current"),
        "same": _("Both say the same."),
        "looks_only": _("The text reads alike; only its look or its code differs."),
        "gone_text": _("gone:"),
        "new_text": _("new:"),
        "lines": _("Line by line"),
        "looking_at": _("Version {number}"),
        "reset": _("Back to the text it came with…"),
        "reset_ask": _(
            "Let « {path} » say again what it said when it came with the workbench? It becomes a new version."
        ),
        "reset_yes": _("Back to the first text"),
        # settings
        "nobody_ticked": _("nobody"),
        "more_ticked": _("{first} + {count}"),
        "remove_file": _("Take « {file} » away"),
        "add_file": _("Add a file…"),
        "remove": _("Take away"),
        "no_file": _("No file"),
        "changed_settings": _("Changed: {count}"),
        "unchanged": _("Nothing changed"),
        "undo": _("Undo the changes"),
        "health_ask": _("Health data will leave on ordinary addresses with this email type. Save it all the same?"),
        "health_yes": _("Allow it, in my name"),
        "read_again": _("Read it again"),
        # import
        "import_title": _("Bring email types in"),
        "drop": _(
            "Drop files here, or choose them: email types (.html, .zip), Word documents (.docx), messages, texts."
        ),
        "choose_files": _("Choose files…"),
        "sending_file": _("« {file} » is being read…"),
        "not_read": _("« {file} »: {reason}"),
        "take_in": _("Import {count}"),
        "nothing_new": _("Everything in this file is here already."),
        "codes": _("Its codes"),
        **by_number(
            "known_codes", lambda count: n_("{count} code is understood", "{count} codes are understood", count)
        ),
        "unknown_codes": _("What do these codes mean? What you say is remembered for the next text."),
        **by_number("means", lambda count: n_("{code} means ({count} time)", "{code} means ({count} times)", count)),
        "leave_out": _("– leave it out"),
        "keep_text": _("– let it stay as text"),
        "lost": _("What could not be carried over"),
        "as_type": _("Keep it as"),
        "read_codes": _("Show it with these meanings"),
        # writing
        "writing": _("Writing: {label}"),
        "back": _("← Email types"),
        "dirty": _("● Not saved yet"),
        "unsaved": _("● A text that you wrote, {when}, is not saved yet."),
        "resume": _("Take the text up again"),
        "use": _("Use it in a mail merge"),
        "clean": _("✓ Saved, version {revision}"),
        "leave_ask": _("What you wrote is not saved. What shall become of it?"),
        "leave_stay": _("Go on writing"),
        "leave_discard": _("Give it up"),
        "leave_save": _("Save and leave"),
        "theirs": _("Theirs was marked – and yours + :"),
        "save_over": _("Save mine after theirs"),
        "save_copy": _("Save mine under another name…"),
        "take_theirs": _("Take theirs, give mine up"),
    }
