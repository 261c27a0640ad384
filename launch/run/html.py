"""The pieces of a page that opens anywhere: no network, no scripts."""

import base64
from collections.abc import Sequence
from html import escape
from typing import Any

from innervate.errors import RunError

LIMIT_BYTES = 15_000_000
"""A page should pass through a mail box."""

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --accent: #b5462f; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
p.about { color: #888; margin-top: .2rem; }
img, video { max-width: 100%; height: auto; border-radius: 6px; background: #fff; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td, th { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
td:first-child { white-space: normal; }
td.n { font-variant-numeric: tabular-nums; }
pre { overflow-x: auto; background: #8881; padding: .7rem; border-radius: 6px; font-size: .85rem; }
.big { font-size: 2.2rem; font-weight: 600; color: var(--accent); }
details { margin: .8rem 0; } summary { cursor: pointer; }
"""


def document(title: str, parts: Sequence[str]) -> str:
    """The whole HTML text; raises RunError where it would be larger than a mail box takes."""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><title>{escape(title)}</title><style>{_STYLE}</style></head>'
        f"<body>{''.join(parts)}</body></html>\n"
    )
    if len(text) > LIMIT_BYTES:
        raise RunError(
            f"The page would weigh {len(text) / 1e6:.1f} MB; name fewer runs, or leave the videos out with --no-video."
        )
    return text


def html_table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table; figures below one another line up."""
    top = "".join(f"<th>{escape(h)}</th>" for h in head) if any(head) else ""
    body = "".join("<tr>" + "".join(f"<td class=n>{escape(str(c))}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>" if top else f"<table>{body}</table>"


def html_image(png: bytes, words: str) -> str:
    """A picture inside the page."""
    return f'<img alt="{escape(words)}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'
