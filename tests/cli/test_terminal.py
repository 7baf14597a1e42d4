"""What the commands share: how they end."""

import subprocess
import sys

from fermask.system.paths import SOURCE


def test_a_reader_that_has_enough_is_no_error():
    code = (
        "from fermask.cli.terminal import one_sentence_errors\n"
        "with one_sentence_errors():\n"
        "    for i in range(100_000): print('a line', i, flush=True)\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code], cwd=SOURCE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert writer.stdout.readline() == b"a line 0\n"
    writer.stdout.close()
    said = writer.stderr.read()
    writer.stderr.close()
    writer.wait()
    assert said == b""
