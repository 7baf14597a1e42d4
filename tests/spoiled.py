"""Parquet files with a damaged part, for tests of what reads only parts of them."""

import pyarrow.parquet as pq

from fermask.system.kept import CHECKSUMS


def spoil(path, group, column):
    """Overwrites the bytes of a column in a group of rows of a file without a checksum."""
    (path.parent / CHECKSUMS).unlink(missing_ok=True)
    chunk = pq.read_metadata(path).row_group(group).column(column)
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(content)
