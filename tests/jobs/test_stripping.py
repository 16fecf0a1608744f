from __future__ import annotations

from typing import Any

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from workbench.domain.mailings import Tally
from workbench.domain.summaries import SUMMARY_MIME, MailingSummary
from workbench.jobs.stripping import People, stripped

NAME, ADDRESS = "Mme Zoé QUÉMÉNEUR", "zoe.quemeneur@exemple.test"
KERNEL = {"name": "python3", "display_name": "Python 3"}
PEOPLE = People.of([pd.DataFrame({"recipient": [NAME, ""], "address": [ADDRESS, ""]})])
SUMMARY = MailingSummary.of(Tally({("sent", ""): 12, ("skipped", "no_address"): 2}), warnings=["shared_address"])


def shown(data: dict[str, Any], **metadata: object) -> Any:
    return new_output("display_data", data=data, metadata=metadata)


def after(*outputs: Any, people: People = PEOPLE, keep_output: bool = False) -> tuple[list[Any], int, str]:
    node = new_notebook(cells=[new_code_cell("x", outputs=list(outputs))])
    dropped = stripped(node, people, keep_output=keep_output)
    nbformat.validate(node)
    return node.cells[0].outputs, dropped, nbformat.writes(node)


def test_a_summary_is_kept_and_its_words_are_written_anew():
    wicked = {"text/html": f"<b>{NAME}</b>", "text/plain": NAME, SUMMARY_MIME: SUMMARY.plain(), "image/png": "aGk="}
    [kept], dropped, text = after(shown(wicked, note=NAME))
    assert dropped == 0
    assert kept.data == SUMMARY.bundle()
    assert kept.metadata == {}
    assert "QUÉMÉNEUR" not in text


@pytest.mark.parametrize(
    "output",
    [
        new_output("stream", name="stdout", text="12 messages\n"),
        new_output("stream", name="stderr", text="careful"),
        shown({"text/html": "<table><tr><td>1</td></tr></table>"}),
        shown({"text/plain": "41"}),
        shown({"image/png": "aGk="}),
        shown({"application/javascript": "alert(1)"}),
        shown({"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}),
        shown({SUMMARY_MIME: {**SUMMARY.plain(), "more": NAME}}),
        shown({SUMMARY_MIME: {**SUMMARY.plain(), "rows": [["sent", NAME, 1]]}}),
        shown({SUMMARY_MIME: {**SUMMARY.plain(), "rows": [["sent", "", "12"]]}}),
        shown({SUMMARY_MIME: {**SUMMARY.plain(), "rows": [["sent", "", True]]}}),
        shown({SUMMARY_MIME: {**SUMMARY.plain(), "rows": [[NAME, "", 1]]}}),
        shown({SUMMARY_MIME: {**SUMMARY.plain(), "warnings": [["zoe.quemeneur", 1]]}}),
        shown({SUMMARY_MIME: "text"}),
    ],
)
def test_every_other_output_is_dropped_and_counted(output):
    outputs, dropped, _text = after(output)
    assert dropped == 1
    assert [one.output_type for one in outputs] == ["stream"]
    assert "1 output of this cell is not kept" in outputs[0].text


def test_a_code_that_is_a_recipients_name_is_not_kept():
    people = People.of([pd.DataFrame({"recipient": ["martin"], "address": ["m@exemple.test"]})])
    named = MailingSummary(rows=(("skipped", "martin", 1),))
    assert after(shown({SUMMARY_MIME: named.plain()}), people=people)[1] == 1
    assert after(shown({SUMMARY_MIME: named.plain()}))[1] == 0


def test_an_error_keeps_its_class_and_only_our_own_sentence():
    foreign = new_output("error", ename="ValueError", evalue=f"no {NAME}", traceback=[f"Traceback {ADDRESS}"])
    ours = new_output("error", ename="BadValue", evalue="This is not an e-mail address.", traceback=["x"])
    naming = new_output("error", ename="BadValue", evalue=f"There is no run « {ADDRESS.upper()} ».", traceback=["x"])
    outputs, dropped, text = after(foreign, ours, naming, people=People())
    assert dropped == 0
    assert [(one.ename, one.evalue) for one in outputs] == [
        ("ValueError", ""), ("BadValue", "This is not an e-mail address."), ("BadValue", "There is no run « … »."),
    ]  # fmt: skip
    assert NAME not in text
    assert ADDRESS not in text.lower()


def test_a_name_is_recognised_as_a_word():
    assert PEOPLE.named_in("… QUÉMÉNEUR …")
    assert PEOPLE.named_in(f"<{ADDRESS.upper()}>")
    assert PEOPLE.named_in("zoé")
    assert not PEOPLE.named_in("QUÉMÉNEURS")


def test_a_patient_is_recognised_whoever_received_the_letter():
    people = People.of([], pd.DataFrame({"last_name": ["Le Goff", None], "first_name": ["Nathan", ""]}))
    assert people.named_in("NATHAN")
    assert people.named_in("m_goff")
    assert not people.named_in("Zoé")


def test_widgets_and_metadata_go_whatever_is_kept():
    for keep_output in (False, True):
        cell = new_code_cell(
            "x", outputs=[shown({"application/vnd.jupyter.widget-view+json": {}, "text/plain": "a"})],
            metadata={"tags": ["parameters"], "execution": {"at": NAME}, "papermill": {"x": NAME}},
        )  # fmt: skip
        words = new_markdown_cell("# Title", metadata={"papermill": {}})
        node = new_notebook(
            cells=[words, cell],
            metadata={"widgets": {"state": NAME}, "papermill": {"parameters": {"a": NAME}}, "kernelspec": KERNEL},
        )
        stripped(node, PEOPLE, keep_output=keep_output)
        assert node.metadata == {"kernelspec": KERNEL}
        assert node.cells[0].metadata == {}
        assert node.cells[1].metadata == {"tags": ["parameters"]}
        assert "widget" not in nbformat.writes(node)


def test_outputs_are_kept_when_asked():
    outputs, dropped, _text = after(new_output("stream", name="stdout", text=NAME), keep_output=True)
    assert (dropped, outputs[0].text) == (0, NAME)
