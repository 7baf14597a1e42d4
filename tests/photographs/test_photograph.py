"""Whatever file people bring, they get an upright RGB array or a sentence."""

import base64
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from fermask.photographs.photograph import (
    MAX_JPEG_PIXELS,
    MAX_PIXELS,
    MAX_SCANS,
    list_photographs,
    open_photograph,
    read_photograph,
    walk_photographs,
)
from tests.pictures import encoded, png_that_claims

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


@pytest.fixture
def landmark():
    """40 wide, 24 high: a red upper left corner on blue, so that every turn shows."""
    image = Image.new("RGB", (40, 24), BLUE)
    image.paste(RED, (0, 0, 16, 8))
    return image


def is_upright(pixels):
    return (
        pixels.shape == (24, 40, 3)
        and np.abs(pixels[4, 8].astype(int) - RED).max() < 40
        and all(np.abs(pixels[y, 30].astype(int) - BLUE).max() < 40 for y in (4, 20))
        and np.abs(pixels[20, 8].astype(int) - BLUE).max() < 40
    )


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_the_formats_people_have(landmark, format):
    assert is_upright(read_photograph(encoded(landmark, format)))


# How a camera held that way stores the upright picture.
STORED = {
    1: [],
    2: [Image.Transpose.FLIP_LEFT_RIGHT],
    3: [Image.Transpose.ROTATE_180],
    4: [Image.Transpose.FLIP_TOP_BOTTOM],
    5: [Image.Transpose.TRANSPOSE],
    6: [Image.Transpose.ROTATE_90],
    7: [Image.Transpose.TRANSVERSE],
    8: [Image.Transpose.ROTATE_270],
}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", STORED)
def test_a_turned_camera_gives_an_upright_picture(landmark, orientation, format):
    for turn in STORED[orientation]:
        landmark = landmark.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert is_upright(read_photograph(encoded(landmark, format, exif=exif)))


def test_a_nonsensical_orientation_is_passed_over(landmark):
    exif = Image.Exif()
    exif[0x0112] = 77
    assert is_upright(read_photograph(encoded(landmark, "JPEG", exif=exif)))


def test_path_bytes_and_file_read_the_same(landmark, tmp_path):
    path = tmp_path / "a.png"
    landmark.save(path)
    expected = np.asarray(landmark)
    with path.open("rb") as file:
        file.read()
        sources = [path, str(path), path.read_bytes(), file]
        for source in sources:
            np.testing.assert_array_equal(read_photograph(source), expected)


def test_transparency_shows_white():
    image = Image.new("RGBA", (4, 2), (*RED, 255))
    image.paste((0, 0, 0, 0), (2, 0, 4, 2))
    pixels = read_photograph(encoded(image, "PNG"))
    assert tuple(pixels[0, 0]) == RED
    assert tuple(pixels[0, 3]) == WHITE


def test_half_transparency_is_half_white():
    pixels = read_photograph(encoded(Image.new("RGBA", (2, 2), (0, 0, 0, 128)), "PNG"))
    assert np.abs(pixels.astype(int) - 127).max() <= 1


def test_a_transparent_palette_shows_white():
    image = Image.new("P", (4, 2), 0)
    image.putpalette([*RED, *GREEN])
    image.paste(1, (2, 0, 4, 2))
    pixels = read_photograph(encoded(image, "PNG", transparency=0))
    assert tuple(pixels[0, 0]) == WHITE
    assert tuple(pixels[0, 3]) == GREEN


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bits_keep_their_brightness(format):
    values = np.array([[0, 257 * 100, 257 * 200, 65535]], np.uint16)
    pixels = read_photograph(encoded(Image.fromarray(values), format))
    assert pixels[0].tolist() == [[0] * 3, [100] * 3, [200] * 3, [255] * 3]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK"])
def test_every_mode_becomes_rgb(mode):
    image = Image.new("RGB", (5, 3), WHITE).convert(mode)
    pixels = read_photograph(encoded(image, "JPEG" if mode == "CMYK" else "PNG"))
    assert pixels.shape == (3, 5, 3)
    assert pixels.dtype == np.uint8
    assert pixels.min() > 250


def test_cmyk_colours_are_not_inverted():
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    red, green, blue = read_photograph(encoded(image, "JPEG"))[4, 4].astype(int)
    assert red > 200
    assert green < 60
    assert blue < 60


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
def test_an_animation_shows_its_first_frame(format):
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    data = encoded(frames[0], format, save_all=True, append_images=frames[1:], lossless=True)
    assert tuple(read_photograph(data)[4, 4]) == RED


def noise_picture(format):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    return encoded(Image.fromarray(pixels), format)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_a_file_that_is_only_begun_is_refused_by_name(format, tmp_path):
    path = tmp_path / "holiday.jpg"
    path.write_bytes(noise_picture(format)[:40])
    with pytest.raises(ValueError, match=r"holiday\.jpg.*(damaged|expected)"):
        read_photograph(path)


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("GIF", {"interlace": False}),
        ("BMP", {}),
        ("TIFF", {}),
    ],
)
def test_of_a_file_that_lacks_its_end_is_read_what_is_there(format, options):
    whole = Image.fromarray(skimage.data.astronaut())
    data = encoded(whole, format, **options)
    for share in (0.5, 0.97):
        read = open_photograph(data[: int(share * len(data))])
        assert "missing" in read.warning
        assert read.image_rgb.shape == (512, 512, 3)
        rows = np.s_[300:] if format == "BMP" else np.s_[:200]
        differs = np.abs(read.image_rgb[rows].astype(int) - skimage.data.astronaut()[rows])
        assert np.median(differs) < 20
    assert open_photograph(data).warning == ""


def test_it_is_said_how_much_is_missing():
    data = encoded(Image.fromarray(skimage.data.astronaut()), "BMP")
    read = open_photograph(data[: 3 * len(data) // 4])
    assert "about 25% of the picture is missing" in read.warning


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_file_cut_anywhere_is_a_picture_or_a_sentence(data):
    format = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"]))
    whole = noise_picture(format)
    cut = data.draw(st.integers(0, len(whole) - 1))
    try:
        read = open_photograph(whole[:cut])
    except ValueError as error:
        assert str(error).startswith("The picture: ")  # noqa: PT017
    else:
        assert read.image_rgb.shape == (64, 64, 3)
        if format == "JPEG":
            assert read.warning
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


MOTION = b"MotionPhoto_Data\0\0\0\x18ftypmp42" + 1000 * b"\xff\xda\0\x08\x01\x01\0\0\x3f\0"


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"]),
    st.one_of(st.binary(max_size=300), st.just(MOTION)),
)
@example("JPEG", MOTION)
@example("JPEG", b"\xff" * 1000)
def test_what_stands_behind_a_picture_is_not_read(format, behind):
    whole = noise_picture(format)
    read = open_photograph(whole + behind)
    np.testing.assert_array_equal(read.image_rgb, read_photograph(whole))
    assert read.warning == ""


def test_a_thumbnail_within_a_jpeg_is_not_its_end(landmark):
    data = encoded(landmark, "JPEG", comment=encoded(landmark, "JPEG"))
    assert data.count(b"\xff\xd9") > 1
    assert open_photograph(data).warning == ""
    assert "ends early" in open_photograph(data[:-2]).warning


@pytest.mark.parametrize(("mode", "white"), [("F", 1.0), ("F", 255.0), ("I", 65535), ("I", 10**6)])
def test_of_thirty_two_bits_the_brightest_is_white(mode, white):
    values = np.array([[0, white / 2, white]], np.float32 if mode == "F" else np.int32)
    pixels = read_photograph(encoded(Image.fromarray(values), "TIFF"))
    np.testing.assert_allclose(pixels[0, :, 0], [0, 127, 255], atol=1)


def test_a_very_large_jpeg_is_decoded_at_a_part_of_its_size():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.new("L", (16_000, 12_500), 255)
    image.paste(0, (0, 0, 4000, 12_500))
    assert image.width * image.height == MAX_JPEG_PIXELS
    read = open_photograph(encoded(image, "JPEG", exif=exif))
    assert read.image_rgb.shape == (8000, 6250, 3)
    assert (read.reduced, read.warning) == (2, "")
    assert read.image_rgb[1990:2010:19, 3000, 0].tolist() == [0, 255]
    progressive = encoded(image.crop((0, 0, 8001, 6250)), "JPEG", progressive=True)
    with pytest.raises(ValueError, match="at most 50 million pixels, received 8001 × 6250"):
        read_photograph(progressive)


@pytest.mark.parametrize(("longest", "size"), [(1600, 1600), (801, 1600), (800, 800), (399, 400)])
def test_a_jpeg_is_decoded_no_larger_than_is_asked_for_and_no_smaller(longest, size):
    image = Image.new("L", (1600, 1000), 255)
    image.paste(0, (0, 0, 400, 1000))
    read = open_photograph(encoded(image, "JPEG"), longest)
    assert read.image_rgb.shape == (size * 5 // 8, size, 3)
    assert read.reduced == 1600 / size
    assert (read.image_rgb[9, [size // 4 - 9, size // 4 + 9], 0] > 127).tolist() == [False, True]
    assert open_photograph(encoded(image, "PNG"), longest).reduced == 1


def test_more_than_that_is_refused_before_it_is_decoded():
    data = bytearray(encoded(Image.new("L", (8, 8)), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = (16_001).to_bytes(2) + (12_500).to_bytes(2)
    with pytest.raises(ValueError, match="at most 200 million pixels, received 12500 × 16001"):
        read_photograph(bytes(data))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_corrupted_bytes_never_raise_anything_else(format):
    data = noise_picture(format)
    random = np.random.default_rng(0)
    for _ in range(40):
        damaged = bytearray(data)
        for place in random.integers(0, min(len(data), 400), 4):
            damaged[place] = random.integers(256)
        try:
            assert read_photograph(bytes(damaged)).dtype == np.uint8
        except ValueError as error:
            assert "picture" in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"Dear all, please find attached", "expected a JPEG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "expected a JPEG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(data, said, tmp_path):
    path = tmp_path / "letter.jpg"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"letter\.jpg.*{said}"):
        read_photograph(path)


@pytest.mark.parametrize("side", [7100, 9600, 20_000, 2_000_000])
def test_a_decompression_bomb_is_refused_before_decoding(side):
    with pytest.raises(ValueError, match="50 million pixels"):
        read_photograph(png_that_claims(side, side))


def test_the_size_limit_is_inclusive():
    assert MAX_PIXELS == 50_000_000
    image = Image.new("1", (8000, 6250))
    assert read_photograph(encoded(image, "PNG")).shape == (6250, 8000, 3)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.jpg.*no such file"):
        read_photograph(tmp_path / "nowhere.jpg")


def test_a_folder_is_no_picture(tmp_path):
    with pytest.raises(ValueError, match="folder"):
        read_photograph(tmp_path)


@pytest.mark.parametrize("source", [None, 3, [1, 2]])
def test_other_objects_are_refused(source):
    with pytest.raises(ValueError, match="Expected a path"):
        read_photograph(source)


def test_a_text_file_object_is_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("text")
    with path.open() as file, pytest.raises(ValueError, match="binary"):
        read_photograph(file)


def test_folders_expand_sorted_and_files_stay_as_given(tmp_path):
    for name in ("b.JPG", "a.png", "notes.txt", "sub/c.webp", ".hidden/d.jpg", "._a.png"):
        path = tmp_path / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    odd = tmp_path / "no_extension"
    odd.touch()
    album = tmp_path / "album"
    (album / "link").symlink_to(album / "sub")
    expected = [odd, album / "a.png", album / "b.JPG", album / "sub" / "c.webp"]
    assert list_photographs([odd, album]) == expected
    assert list_photographs(str(album)) == expected[1:]
    assert list_photographs([]) == []
    with pytest.raises(FileNotFoundError, match="nothing_here"):
        list_photographs([tmp_path / "nothing_here"])


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
def test_pictures_are_found_in_a_folder_by_what_they_hold(landmark, format, tmp_path):
    data = HEIC if format == "HEIF" else encoded(landmark, format)
    names = ["IMG_0001", "a.jpg_1088wx1632h", "b.dat", "c.JPE"]
    for name in names:
        (tmp_path / name).write_bytes(data)
    for name, other in (("d", b"Dear all"), ("e.mp4", b"\0\0\0\x18ftypmp42"), ("BMW", b"BMW 318")):
        (tmp_path / name).write_bytes(other)
    passed_over = []
    found = [path.name for path in map(Path, walk_photographs(tmp_path, passed_over.append))]
    assert found == names
    assert sorted(Path(path).name for path in passed_over) == ["BMW", "d", "e.mp4"]


@pytest.mark.parametrize(
    "address", ["https://example.org/a.jpg", "http://a.b", "data:image/png;base64,AA"]
)
@pytest.mark.parametrize("kind", [str, Path])
def test_an_address_is_no_missing_file(address, kind):
    for read in (read_photograph, list_photographs):
        with pytest.raises(ValueError, match="save it as a file"):
            read(kind(address))


def test_a_path_is_read_as_people_paste_it(landmark, tmp_path):
    path = tmp_path / "my holiday.png"
    landmark.save(path)
    for pasted in (f"'{path}'", f'"{path}"', f" {path} ", path.as_uri(), f"file:{path}"):
        assert is_upright(read_photograph(pasted))
        assert list_photographs([pasted]) == [path]


def test_a_jpeg_of_a_thousand_scans_is_refused_before_decoding(landmark):
    plain = encoded(landmark, "JPEG", progressive=True)
    assert is_upright(read_photograph(plain))
    # Each scan is the header of one alone: the decoder would go over the whole picture for it.
    endless = plain[:-2] + 1000 * b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + plain[-2:]
    with pytest.raises(ValueError, match=f"at most {MAX_SCANS} scans"):
        read_photograph(endless)


# ``landmark`` as a phone stores it that was held upright: on its side, with the turn beside it.
HEIC = base64.b64decode(
    b"AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAcdtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAA"
    b"AAAAAAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAAB6wABAAAAAAAAAEUAAgAAAAACMAABAAAAAAAAACQAAAA4aWlu"
    b"ZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAB"
    b"BmlwcnAAAADlaXBjbwAAAHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMA"
    b"AAMAHroCQGEAAQApQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqrprm4CGgwIAAAAyAAAADAIRiAAEABkQBwXPBiQAA"
    b"ABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAAChjbGFwAAAAGAAAAAEAAAAoAAAAAf///9gA"
    b"AAAC////6AAAAAIAAAAQcGl4aQAAAAADCAgIAAAACWlyb3QDAAAAGWlwbWEAAAAAAAAAAQABBoECAwWEhgAAABpp"
    b"cmVmAAAAAAAAAA5jZHNjAAIAAQABAAAAcW1kYXQAAABBKAGvDsha1NBXhBivX+xeR6/+Ot//+S8Cj2Z+w96AznAo"
    b"lZDPw3W//6ytN83OVO0H+fjEgP7Jv1Mk06Dhfy0XYFQAAAAGRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAA"
    b"AAA="
)


def test_a_phone_s_heic_is_read_upright(tmp_path):
    assert HEIC[4:12] == b"ftypheic"
    assert is_upright(read_photograph(HEIC))
    (tmp_path / "IMG_0001.HEIC").write_bytes(HEIC)
    assert [path.name for path in list_photographs(tmp_path)] == ["IMG_0001.HEIC"]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_damaged_heic_is_a_sentence(share):
    with pytest.raises(ValueError, match="HEI"):
        read_photograph(HEIC[: int(share * len(HEIC))])
