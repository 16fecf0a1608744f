from __future__ import annotations

from tests.practice.conftest import made_sample, practice  # noqa: F401 - the practice of that room's tests
from tests.practice.test_writing import HTML, somebody
from workbench.displays.formatters import sent_bundle
from workbench.practice import Practice


def test_a_sent_message_tells_whether_it_is_what_left_and_nothing_of_anybody_stays_in_the_notebook(
    practice: Practice,  # noqa: F811
) -> None:
    patient = somebody(practice)
    results = practice.write_to(patient, subject="Votre plan", html=HTML, account="folder").send(confirmed=True)
    sent = practice.sent(results["delivery_id"].iloc[0])
    told = sent_bundle(sent, live_view=lambda message: {"live": message})
    assert "Byte for byte what left" in told["text/html"]
    assert "it is not kept in the notebook" in told["text/html"]
    practice.erase_patient(patient, "RGPD")
    forgotten = sent_bundle(practice.sent(sent.delivery_id), live_view=lambda message: {})
    assert "not kept any more" in forgotten["text/html"]
    for bundle in (told, forgotten):
        assert bundle["text/plain"] == f"<SentMessage {sent.delivery_id}: sent>"
        assert sent.recipient.name not in bundle["text/html"]
        assert "Votre plan" not in bundle["text/html"]
