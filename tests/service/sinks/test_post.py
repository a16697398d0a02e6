"""What an answer means for whoever wants to deliver something."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamrnn.service.sinks.post import Poster, RefusedError, TryLaterError, read_secret
from tests.mosquitto import free_port
from tests.service.sinks.receiver import Answer, Receiver


def test_what_is_accepted_was_sent_whole() -> None:
    with Receiver(Answer(204)) as receiver:
        Poster(5.0).post(f"{receiver.url}/in?a=b", {"x-key": "1"}, b"body")
        (got,) = receiver.received
        assert (got.path, got.body, got.headers["x-key"]) == ("/in?a=b", b"body", "1")
        assert got.headers["user-agent"].startswith("streamrnn/")


@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500, 502, 503])
def test_what_may_pass_is_tried_later(status: int) -> None:
    with Receiver(Answer(status)) as receiver, pytest.raises(TryLaterError, match=f"{status}"):
        Poster(5.0).post(receiver.url, {}, b"")


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_will_never_be_taken_is_refused(status: int) -> None:
    refused = pytest.raises(RefusedError, match=f"HTTP {status} no such key")
    with Receiver(Answer(status, b"no\nsuch key")) as receiver, refused:
        Poster(5.0).post(receiver.url, {}, b"")


def test_a_redirection_is_not_followed_as_it_would_take_the_secret_along() -> None:
    with Receiver() as elsewhere:
        moved = Answer(307, headers={"location": elsewhere.url})
        with Receiver(moved) as receiver, pytest.raises(TryLaterError, match="307"):
            Poster(5.0).post(receiver.url, {"authorization": "Bearer s"}, b"")
        assert elsewhere.received == []


def test_a_wish_to_wait_is_passed_on_but_bounded() -> None:
    answers = [Answer(429, headers={"retry-after": text}) for text in ("7", "9999999", "Tue")]
    poster = Poster(5.0)
    waits = []
    with Receiver(*answers) as receiver:
        for _ in answers:
            with pytest.raises(TryLaterError) as caught:
                poster.post(receiver.url, {}, b"")
            waits.append(caught.value.seconds)
    assert waits == [7.0, 3600.0, 0.0]


def test_nobody_there_is_tried_later() -> None:
    with pytest.raises(TryLaterError, match="refused"):
        Poster(5.0).post(f"http://127.0.0.1:{free_port()}/", {}, b"")


@pytest.mark.parametrize("url", ["http://host:99999999/bot:secret", "http://[::/secret"])
def test_an_address_that_is_none_does_not_show_its_secret(url: str) -> None:
    with pytest.raises(TryLaterError) as caught:
        Poster(5.0).post(url, {}, b"", secrets=[url, "secret"])
    assert "secret" not in str(caught.value)


def test_an_answer_that_repeats_a_secret_is_cleaned() -> None:
    cleaned = pytest.raises(RefusedError, match=r"bad token \*\*\*!")
    with Receiver(Answer(400, b"bad token s3cret!")) as receiver, cleaned:
        Poster(5.0).post(receiver.url, {}, b"", secrets=["", "s3cret"])


@pytest.mark.parametrize(
    "answer",
    [
        b"x" * 190 + b"two  spaces",  # where the answer is cut
        b'{"token":"q\\"/\\u00e4"}',
        b"/bot?token=q%22/%C3%A4 q%22%2F%C3%A4",
        b"x" * 150 + b"long" * 1000,
    ],
)
def test_a_secret_is_known_in_whatever_way_it_is_repeated(answer: bytes) -> None:
    secrets = ["two  spaces", 'q"/ä', "long" * 1000]
    with Receiver(Answer(500, answer)) as receiver, pytest.raises(TryLaterError) as caught:
        Poster(5.0).post(receiver.url, {}, b"", secrets=secrets)
    assert "***" in str(caught.value)
    for part in ("two", "spaces", "u00e4", "C3", "long"):
        assert part not in str(caught.value)


def test_a_long_answer_is_not_read_to_its_end() -> None:
    poster = Poster(5.0)
    with Receiver(Answer(500, b"x" * 1_000_000), Answer(200, b"y" * 1_000_000)) as receiver:
        with pytest.raises(TryLaterError) as caught:
            poster.post(receiver.url, {}, b"")
        assert len(str(caught.value)) < 300
        poster.post(receiver.url, {}, b"")
        poster.post(receiver.url, {}, b"")
        assert len(receiver.received) == 3


def test_a_connection_is_used_again() -> None:
    poster = Poster(5.0)
    with Receiver() as receiver:
        for _ in range(3):
            poster.post(receiver.url, {}, b"")
        assert len({got.headers["host"] for got in receiver.received}) == 1
        assert len(receiver.received) == 3


def test_the_first_line_of_a_file_is_the_secret(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("  abc \nsecond line")
    assert read_secret(tmp_path / "token") == "abc"


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", "gehëim".encode(), b"a\x07b"])
def test_a_file_without_a_secret_is_tried_later(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(TryLaterError, match="token"):
        read_secret(tmp_path / "token")


def test_a_file_that_is_not_there_is_tried_later(tmp_path: Path) -> None:
    with pytest.raises(TryLaterError, match="cannot be read"):
        read_secret(tmp_path / "token")
