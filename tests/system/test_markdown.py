import pandas as pd

from fermask.system.markdown import markdown_table


def test_a_markdown_table_has_a_line_for_each_row():
    table = pd.DataFrame({"a": ["x", "y"], "b": [1, 2]})
    assert markdown_table(table) == "| a | b |\n| --- | --: |\n| x | 1 |\n| y | 2 |\n"
