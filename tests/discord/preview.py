"""Messages as Discord's dark or light theme shows them: payloads of Components V2 and of plain text on one HTML page.

    python -m tests.discord.preview messages.json page.html

`messages.json` is a list of message bodies as a bot sends them; a body may have `"files": {"name.png": "base64"}`.
"""

from __future__ import annotations

import html
import json
import re
import sys
from base64 import b64encode
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Message = Mapping[str, Any]
"""A message body, with what it shows under `files`: name to base64."""

DARK = {
    "page": "#313338", "text": "#dbdee1", "strong": "#f2f3f5", "faint": "#949ba4", "card": "#2b2d31", "edge": "#4e5058",
    "code": "#1e1f22", "button": "#4e5058", "label": "#ffffff",
}  # fmt: skip
LIGHT = {
    "page": "#ffffff", "text": "#313338", "strong": "#060607", "faint": "#5c5e66", "card": "#f2f3f5", "edge": "#c4c9ce",
    "code": "#e3e5e8", "button": "#e3e5e8", "label": "#313338",
}  # fmt: skip
_STYLE = """
body { background: var(--page); color: var(--text); margin: 0; padding: 16px; width: 640px;
       font: 16px/1.375 "gg sans", "Noto Sans", "Liberation Sans", sans-serif; overflow-wrap: break-word; }
article { padding: 4px 0 4px 56px; position: relative; margin-bottom: 14px; max-width: 584px; }
article:last-child { margin-bottom: 0; }
article::before { content: "V"; position: absolute; left: 0; width: 40px; height: 40px; border-radius: 50%;
       background: #5865f2; color: white; text-align: center; line-height: 40px; font-weight: bold; }
.author { font-weight: 600; color: var(--strong); } .author span { background: #5865f2; color: white; font-size: 10px;
       border-radius: 3px; padding: 1px 4px; margin-left: 4px; vertical-align: 2px; }
.container { background: var(--card); border-left: 4px solid var(--edge); border-radius: 8px; padding: 16px;
       display: flex; flex-direction: column; gap: 10px; margin-top: 4px; }
.components { display: flex; flex-direction: column; gap: 8px; }
h1, h2, h3 { margin: 0; color: var(--strong); } h1 { font-size: 24px; } h2 { font-size: 20px; } h3 { font-size: 16px; }
small { font-size: 13px; color: var(--faint); display: block; } blockquote { border-left: 4px solid var(--edge);
       margin: 2px 0; padding: 0 8px 0 12px; border-radius: 3px; } ul { margin: 2px 0; padding-left: 22px; }
code { background: var(--code); border-radius: 4px; padding: 1px 4px; font: 13.6px "DejaVu Sans Mono", monospace; }
pre { background: var(--code); border-radius: 4px; padding: 8px; margin: 4px 0; white-space: pre-wrap;
      font: 13.6px "DejaVu Sans Mono", monospace; }
img { width: 100%; border-radius: 8px; display: block; } .row { display: flex; gap: 8px; margin-top: 4px; }
.button { border-radius: 8px; padding: 6px 14px; font-size: 14px; color: var(--label); background: var(--button); }
.b1 { background: #5865f2; color: white; } .b3 { background: #248046; color: white; }
.b4 { background: #da373c; color: white; } .off { opacity: .5; }
.select { background: var(--code); border-radius: 8px; padding: 8px 12px; flex: 1; color: var(--faint); }
.select::after { content: "⌄"; float: right; } .file { background: var(--card); border: 1px solid var(--edge);
       border-radius: 8px; padding: 12px; color: #0081c9; }
hr { border: 0; border-top: 1px solid var(--edge); width: 100%; }
"""

_INLINE = re.compile(
    r"\\(?P<literal>[^0-9A-Za-z\s])|`(?P<code>[^`\n]+)`|\*\*(?P<bold>.+?)\*\*|\*(?P<italic>[^*\s][^*]*)\*"
    r"|~~(?P<struck>.+?)~~|(?P<link>https?://\S+)|(?P<mention><[@#]\S+>|@everyone|@here)"
)
_TAGS = {"code": "code", "bold": "b", "italic": "i", "struck": "s", "link": "u", "mention": "mark"}
_FENCE = re.compile(r"^```\w*\n(.*?)\n?```$", re.MULTILINE | re.DOTALL)


def page(messages: Iterable[Message], theme: Mapping[str, str] = DARK) -> str:
    """One HTML page with the messages, pictures inside."""
    colours = "".join(f"--{name}: {colour};" for name, colour in theme.items())
    articles = "".join(f"<article><div class=author>Viva<span>APP</span></div>{_body(m)}</article>" for m in messages)
    return f"<!doctype html><meta charset=utf-8><title>Viva</title><style>:root {{{colours}}}{_STYLE}</style>{articles}"


def _body(message: Message) -> str:
    files: Mapping[str, str] = message.get("files", {})
    content = f"<div>{_markdown(message['content'])}</div>" if message.get("content") else ""
    shown = _all(message.get("components", []), files)
    return content + (f"<div class=components>{shown}</div>" if shown else "")


def _all(components: Iterable[Mapping[str, Any]], files: Mapping[str, str]) -> str:
    return "".join(_component(component, files) for component in components)


def _component(component: Mapping[str, Any], files: Mapping[str, str]) -> str:
    """One component by its type in Discord's numbering."""
    match component["type"]:
        case 1:
            return f"<div class=row>{_all(component['components'], files)}</div>"
        case 2:
            look = f"button b{component['style']}" + (" off" if component.get("disabled") else "")
            return f'<div class="{look}">{html.escape(component["label"])}</div>'
        case 3:
            return f"<div class=select>{html.escape(component.get('placeholder') or '')}</div>"
        case 10:
            return f"<div>{_markdown(component['content'])}</div>"
        case 12:
            return "".join(_picture(item, files) for item in component["items"])
        case 13:
            return f"<div class=file>{html.escape(_name(component['file']))}</div>"
        case 14:
            return "<hr>"
        case 17:
            colour = f'style="border-color: #{component["accent_color"]:06x}"' if component.get("accent_color") else ""
            return f"<div class=container {colour}>{_all(component['components'], files)}</div>"
        case other:
            raise ValueError(f"the preview knows no component of type {other}")


def _picture(item: Mapping[str, Any], files: Mapping[str, str]) -> str:
    alt = html.escape(item["description"], quote=True)
    return f'<img src="data:image/png;base64,{files[_name(item["media"])]}" alt="{alt}">'


def _name(media: Mapping[str, str]) -> str:
    return media["url"].removeprefix("attachment://")


def _markdown(text: str) -> str:
    """What the cards use of Discord's Markdown."""
    parts = _FENCE.split(text)
    return "".join(f"<pre>{html.escape(p)}</pre>" if n % 2 else _lines(p.strip("\n")) for n, p in enumerate(parts))


def _lines(text: str) -> str:
    if not text:
        return ""
    out: list[str] = []
    for line in text.split("\n"):
        mark, _, rest = line.partition(" ")
        if mark in ("#", "##", "###"):
            out.append(f"<h{len(mark)}>{inline(rest)}</h{len(mark)}>")
        elif mark == "-#":
            out.append(f"<small>{inline(rest)}</small>")
        elif mark == ">":
            out.append(f"<blockquote>{inline(rest)}</blockquote>")
        elif mark in ("-", "*") and rest:
            out.append(f"<ul><li>{inline(rest)}</ul>")
        else:
            out.append(f"<div>{inline(line) or '&nbsp;'}</div>")
    return "".join(out)


def inline(text: str) -> str:
    """One line of Markdown as HTML."""
    out, end = "", 0
    for match in _INLINE.finditer(text):
        kind, inner = match.lastgroup or "", match[match.lastgroup or 0]
        out += html.escape(text[end : match.start()])
        shown = inline(inner) if kind in ("bold", "italic", "struck") else html.escape(inner)
        out += f"<{_TAGS[kind]}>{shown}</{_TAGS[kind]}>" if kind in _TAGS else shown
        end = match.end()
    return out + html.escape(text[end:])


def with_files(body: Mapping[str, Any], files: Iterable[tuple[str, bytes]]) -> Message:
    """A message body with the files that go with it."""
    return {**body, "files": {name: b64encode(data).decode() for name, data in files}}


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text(page(json.loads(source.read_text(encoding="utf-8"))), encoding="utf-8")
