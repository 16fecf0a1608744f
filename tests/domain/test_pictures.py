"""An image of a text is named by its bytes, in the HTML and in its part, and nothing else passes for one."""

from __future__ import annotations

import pytest

from workbench.domain.messages import Attachment
from workbench.domain.pictures import (
    PICTURE_URL,
    content_id,
    data_url,
    data_urls,
    is_content_id,
    picture_url,
    with_its_pictures,
)

DIGEST = "0f" * 32


def picture(digest: str = DIGEST, data: bytes = b"PNG") -> Attachment:
    return Attachment(name="logo.png", media_type="image/png", digest=digest, data=data)


def test_a_kept_file_is_named_by_its_digest() -> None:
    assert content_id(f"{DIGEST}/logo.png") == f"{DIGEST}@workbench"
    assert picture_url(f"{DIGEST}/logo.png") == f"cid:{DIGEST}@workbench"
    assert is_content_id(content_id(DIGEST))


@pytest.mark.parametrize(
    "text",
    ["", "logo@workbench", f"{DIGEST}@workbench\n", f"{DIGEST}@workbench.example", f"{DIGEST.upper()}@workbench"],
)
def test_another_name_is_none_of_ours(text: str) -> None:
    assert not is_content_id(text)
    assert not PICTURE_URL.fullmatch(f"cid:{text}")


def test_a_message_s_html_stands_alone_with_its_pictures() -> None:
    html = f'<img src="{picture_url(DIGEST)}"><img src="cid:{"1" * 64}@workbench"><img src="cid:other">'
    alone = with_its_pictures(html, data_urls([picture()]))
    assert alone == html.replace(picture_url(DIGEST), data_url("image/png", b"PNG"))
    assert data_url("image/png", b"PNG") == "data:image/png;base64,UE5H"


def test_pictures_beyond_the_room_there_is_are_left_out() -> None:
    assert list(data_urls([picture("1" * 64, b"123"), picture("2" * 64, b"12"), picture("3" * 64, b"1")], most=4)) == [
        f"{'1' * 64}@workbench",
        f"{'3' * 64}@workbench",
    ]
