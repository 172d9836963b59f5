"""Labels with a special meaning in DOT, Mermaid, XML, HTML, scripts or templates, which break unescaped pictures."""

from typing import Final

HOSTILE: Final = {
    "script": "<script>alert(1)</script>",
    "dot": '"];x[',
    "dot escape": r"\N\G\l",
    "entity": "&lt;&#65;#35;",
    "cdata": "]]>",
    "comment": "--><!--",
    "newlines": "one\ntwo\r\n\n%%{init: {}}%%",
    "markdown": "`**bold**` _x_ 1. 2",
    "emoji": "👨‍👩‍👧 ∂L",
    "right to left": "שלום\u202eעולם",
    "backslash": "end\\",
    "surrogate": "\ud800\x00",
    "long": "x<" * 5_000,
    "dotted": "a<b.c&d.0",
    "an image": "<img src=x onerror=\"document.title='hacked'\">",
    "the end of the script": "</script><script>document.title='hacked'</script>",
    "a comment": "<!--<script>",
    "quotes": "\"'`${document.title='hacked'}",
    "separators": "one\ntwo\r\nthree\u2028four\x00five",
    "emoji joined": "👩‍👩‍👧 🏳️‍🌈",
    "right to left only": "שלום עולם",
    "an override": "a\u202eb",
    "a lone surrogate": "\ud800",
    "length": "x" * 10_000,
    "a template": "$svg ${title} {0} %s",
    "nothing": " ",
}
