"""A check of the LaTeX of equations: whether it is well-formed."""

import re


def check_latex(latex: str) -> None:
    """Check that environments, braces and brackets are balanced, and that rows have the columns of their array."""
    assert re.sub(r"\\[{}]", "", latex).count("{") == re.sub(r"\\[{}]", "", latex).count("}")
    opened: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", latex):
        if kind == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    assert latex.count(r"\left") == latex.count(r"\right")
    for body in re.findall(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}", latex):
        widths = {row.count("&") for row in body.split(r"\\")}
        assert len(widths) == 1
        assert max(widths) < 10  # amsmath sets no more columns
    for columns, body in re.findall(r"\\begin\{array\}\{([lcr|]*)\}(.*?)\\end\{array\}", latex):
        assert {row.count("&") + 1 for row in body.split(r"\\")} == {len(columns.replace("|", ""))}
    for line in re.sub(r"\\begin\{(bmatrix|array)\}.*?\\end\{\1\}", "", latex).split("\\\\\n"):
        assert line.count("&") == 1, line
