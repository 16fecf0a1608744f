"""The words of a text editor with merge fields: its tools, what they ask, and the list that opens at an ``@``."""

from __future__ import annotations

from workbench.language import _, n_
from workbench.widgets.view import by_number


def rich_text_words() -> dict[str, str]:
    """Return the words that ``shared/rich_text`` and its toolbar show, by name."""
    return {
        "fields": _("Merge fields"),
        **by_number("found", lambda count: n_("{count} field", "{count} fields", count)),
        "nothing": _("No field goes by that name."),
        "example": _("For this patient: {value}"),
        "tag_if": _("if {what}"),
        "tag_depending": _("depending on {what}"),
        "tag_elif": _("else, depending on {what}"),
        "tag_else": _("else"),
        "tag_endif": _("end of the case"),
        "picture_of": _("Image {src} ({alt})"),
        "tools": _("Layout of the text"),
        "style": _("Kind of paragraph"),
        "paragraph": _("Text"),
        "heading": _("Heading {level}"),
        "font": _("Typeface"),
        "size": _("Size"),
        "undo": _("Undo (Ctrl+Z)"),
        "redo": _("Redo (Ctrl+Shift+Z)"),
        "bold": _("Bold (Ctrl+B)"),
        "italic": _("Italic (Ctrl+I)"),
        "underline": _("Underlined (Ctrl+U)"),
        "left": _("To the left"),
        "center": _("Centred"),
        "right": _("To the right"),
        "bullets": _("List"),
        "numbers": _("Numbered list"),
        "table": _("Table"),
        "rule": _("Line across"),
        "insert": _("Insert a field (@)"),
        "field": _("Field"),
        "addRowBefore": _("Row above"),
        "addRowAfter": _("Row below"),
        "deleteRow": _("Remove the row"),
        "addColumnBefore": _("Column to the left"),
        "addColumnAfter": _("Column to the right"),
        "deleteColumn": _("Remove the column"),
        "mergeOrSplit": _("Join or split cells"),
        "toggleHeaderRow": _("Row of headings"),
        "deleteTable": _("Remove the table"),
        "apply": _("Apply"),
        "cancel": _("Cancel"),
        **_colour_words(),
        **_link_words(),
        **_picture_words(),
    }


def _colour_words() -> dict[str, str]:
    return {
        "colour": _("Colour of the text"),
        "other_colour": _("Another colour"),
        "no_colour": _("Ordinary colour"),
        "black": _("Black"),
        "grey": _("Grey"),
        "blue": _("Blue"),
        "teal": _("Teal"),
        "green": _("Green"),
        "amber": _("Amber"),
        "red": _("Red"),
        "purple": _("Purple"),
    }


def _link_words() -> dict[str, str]:
    return {
        "link": _("Link"),
        "address": _("Address: a web page, an e-mail address or a telephone number"),
        "link_text": _("Text of the link"),
        "remove_link": _("Remove the link"),
        "bad_link": _("This is no address: write a web page (https://…), an e-mail address or a telephone number."),
        "tag": _("Condition or formula"),
        "remove_tag": _("Remove it"),
    }


def _picture_words() -> dict[str, str]:
    return {
        "picture": _("Image"),
        "picture_file": _("Image file (PNG, JPEG or GIF)"),
        "alt": _("What the image shows, in words (empty if it only decorates)"),
        "width": _("Width (pixels or %)"),
        "add_picture": _("Insert the image"),
        "no_file": _("Choose an image file first."),
        "not_picture": _("« {name} » is not an image that mail programs show: choose a PNG, JPEG or GIF file."),
        **by_number(
            "pasted_picture",
            lambda count: n_(
                "{count} image of what you pasted was left out: save it as a file, then insert it with « Image ».",
                "{count} images of what you pasted were left out: save them as files, then insert them with « Image ».",
                count,
            ),
        ),
        "no_picture_here": _("Images cannot be added here."),
        "heavy_picture": _("« {name} » weighs {weight} MB, too much for an e-mail: make it smaller than 5 MB."),
    }
