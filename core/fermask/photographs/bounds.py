"""What Pillow reads without a bound of its own: run-length bitmaps, and comments of GIFs."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image, ImageFile

# Pillow takes time in the square of their length.
_MOST_COMMENTS = 1 << 16
_CODEC = "fermask_bmp_rle"


def check_comments(data: bytes) -> None:
    """Raises a ValueError where a GIF has long comments before its first picture."""
    if data[:3] != b"GIF" or len(data) < 13:
        return
    file, length = BytesIO(data), 0
    file.seek(13 + (3 * 2 ** ((data[10] & 7) + 1) if data[10] & 128 else 0))
    while (kind := file.read(1)) not in (b"", b";", b","):
        # Like Pillow, whatever else stands here is passed over.
        if kind != b"!":
            length += 1
        else:
            is_comment, start = file.read(1) == b"\xfe", file.tell()
            while size := file.read(1):
                if size == b"\0":
                    break
                file.seek(size[0], 1)
            length += (min(file.tell(), len(data)) - start) if is_comment else 0
        if length > _MOST_COMMENTS:
            raise ValueError(f"its comments have more than {_MOST_COMMENTS:,} bytes")


def bound_bitmap(image: Image.Image) -> None:
    """Has a run-length bitmap decoded within its width × height, however far its jumps lead."""
    if not isinstance(image, ImageFile.ImageFile) or image.format != "BMP":
        return
    if image.tile and image.tile[0].codec_name == "bmp_rle":
        Image.register_decoder(_CODEC, _RunLengths)
        image.tile = [image.tile[0]._replace(codec_name=_CODEC)]


class _RunLengths(ImageFile.PyDecoder):
    """BITMAPINFOHEADER's BI_RLE8 and BI_RLE4; what is not drawn stays 0, as in Pillow."""

    _pulls_fd = True

    def decode(self, buffer: object) -> tuple[int, int]:
        assert self.fd is not None
        read, four_bits = self.fd.read, self.args[1]
        width, height = self.state.xsize, self.state.ysize
        pixels = np.zeros(width * height, np.uint8)
        x = y = 0
        while y < height and len(pair := read(2)) == 2:
            count, value = pair
            run = b""
            if count:
                run = (
                    bytes((value >> 4, value & 15)) * 128 if four_bits else bytes((value,)) * count
                )
            elif value == 0:
                x, y = 0, y + 1
            elif value == 1:
                break
            elif value == 2:
                right, up = read(2).ljust(2, b"\0")
                x, y = x + right, y + up
            else:
                count = value
                stored = read((count + 1) // 2 if four_bits else count)
                # Each run of this kind fills whole words.
                read(len(stored) % 2)
                run = b"".join(bytes((b >> 4, b & 15)) for b in stored) if four_bits else stored
            drawn = run[: max(0, min(count, width - x))]
            start = y * width + x
            pixels[start : start + len(drawn)] = np.frombuffer(drawn, np.uint8)
            x += len(drawn)
        self.set_as_raw(pixels.tobytes(), "P" if self.mode != "L" else "L", (0, self.args[-1]))
        return -1, 0
