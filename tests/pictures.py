"""Picture files and archives, written in memory, for tests of what people upload."""

import io
import struct
import zipfile
import zlib

import cv2
from PIL import Image


def encoded(image: Image.Image, format: str, **options) -> bytes:
    """A picture as a file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG whose header promises this size; a decoder would reserve memory for all of it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(99))), (b"IEND", b"")):
        crc = struct.pack(">I", zlib.crc32(kind + body))
        data += struct.pack(">I", len(body)) + kind + body + crc
    return data


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, **options) -> bytes:
    """A ZIP archive's bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method, **options) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def write_film(path, frames, frames_a_second=10):
    """Writes RGB frames, uint8 ``(h, w, 3)``, as a film; gives ``path``."""
    height, width = frames[0].shape[:2]
    code = cv2.VideoWriter_fourcc(*"mp4v")
    writer = cv2.VideoWriter(str(path), code, frames_a_second, (width, height))
    for frame in frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    writer.release()
    return path
