"""A film gives the frames asked for, with their places in it, or a sentence."""

import numpy as np
import pytest

from fermask.photographs.shots import read_shots
from fermask.photographs.video import count_frames, read_frames
from tests.pictures import write_film


@pytest.fixture
def film(tmp_path):
    """25 frames of growing brightness at ten a second."""
    frames = [np.full((48, 64, 3), 10 * i, np.uint8) for i in range(25)]
    return write_film(tmp_path / "a.mp4", frames, frames_a_second=10)


@pytest.mark.parametrize("every", [1, 4, 10, 100])
def test_every_nth_frame_with_its_place(film, every):
    frames = list(read_frames(film, every))
    assert [frame.number for frame in frames] == list(range(0, 25, every))
    for frame in frames:
        assert frame.seconds == pytest.approx(frame.number / 10, abs=0.01)
        assert frame.image_rgb.shape == (48, 64, 3)
        assert frame.image_rgb.mean() == pytest.approx(10 * frame.number, abs=8)
    assert count_frames(film) == 25


def test_what_is_no_film_is_a_sentence(tmp_path):
    path = tmp_path / "letter.mp4"
    path.write_text("Dear all")
    with pytest.raises(ValueError, match=r"letter\.mp4: expected a film"):
        list(read_shots(path))
    with pytest.raises(FileNotFoundError, match=r"none\.mov: there is no such file"):
        count_frames(tmp_path / "none.mov")
    with pytest.raises(ValueError, match="received 0"):
        list(read_frames(path, 0))


@pytest.mark.parametrize("text", ["ffconcat version 1.0\nfile a.mp4\n", "#EXTM3U\na.mp4\n"])
def test_a_list_of_other_files_is_no_film(film, text):
    path = film.with_name("list.mp4")
    path.write_text(text)
    with pytest.raises(ValueError, match=r"list\.mp4: expected a film"):
        list(read_shots(path))


def test_a_film_that_is_cut_gives_what_is_there_or_a_sentence(film):
    whole = film.read_bytes()
    for share in (0.3, 0.9):
        film.write_bytes(whole[: int(share * len(whole))])
        try:
            assert len(list(read_frames(film))) <= 25
        except ValueError as error:
            assert "expected a film" in str(error)  # noqa: PT017
