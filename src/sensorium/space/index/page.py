"""What a search found as a page of HTML: thumbnails, players that begin where it is, scores. It opens from a folder."""

import base64
from collections.abc import Iterator
from html import escape
from pathlib import Path

from sensorium.space.index.chance import NEAR, OTHERS
from sensorium.space.index.search import Hit, Results
from sensorium.space.index.types import Spot

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75em; margin: 2em auto; padding: 0 1em; color: #222 }
h1 { font-size: 1.3em } main { display: grid; grid-template-columns: repeat(auto-fill, minmax(15em, 1fr)); gap: 1.2em }
figure { margin: 0; border: 1px solid #ddd; border-radius: 6px; padding: .7em; overflow-wrap: anywhere }
img, video { width: 100%; max-height: 14em; object-fit: contain; background: #f4f4f4 } audio { width: 100% }
figcaption { font-size: .85em; color: #555 } blockquote { margin: .4em 0; color: #222; max-height: 9em; overflow: auto }
"""
_SNIPPET = 300
_NOTHING = "Nothing was found. 没有找到。"

FAR = (
    f"Nothing near was found: of no hit the words are likelier than {NEAR:.0%}, beside {len(OTHERS)} others that could "
    "be said of it, and none has them in its text or name."
)
FAR_ZH = (
    f"没有找到相近的内容：与另外 {len(OTHERS)} 种说法相比，没有一项与所搜词语相符的概率超过 {NEAR:.0%}，"
    "文字和文件名中也没有这些词。"
)
"""The same, for a page."""


def as_page(asked: str, results: Results) -> str:
    """A page that needs nothing else, but the files for its players and links."""
    figures = "".join(_figure(rank, hit) for rank, hit in enumerate(results.hits, 1))
    title = escape(asked)
    far = f"<p>{escape(FAR)}<br>{escape(FAR_ZH)}</p>\n" if results.hits and not results.near else ""
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>\n'
        f"<h1>{title}</h1>\n{far}<main>\n{figures or f'<p>{_NOTHING}</p>'}</main>\n</html>\n"
    )


def how(hit: Hit) -> str:
    """How a piece fits, for people: "cosine 0.64, fits 91%", "its words, cosine 0.31"."""
    ways = (
        "its words" if hit.named else "",
        "" if hit.similarity is None else f"cosine {hit.similarity:.2f}",
        "" if hit.chance is None else f"fits {hit.chance:.0%}",
    )
    return ", ".join(filter(None, ways))


def where(spot: Spot) -> str:
    """A place in a file for people: "page 3", "0:10 to 0:20", nothing for the whole file."""
    if spot.page is not None:
        return f"page {spot.page}"
    if spot.begin is None or spot.end is None:
        return ""
    return f"{clock(spot.begin)} to {clock(spot.end)}"


def clock(seconds: float) -> str:
    """Minutes and seconds, "1:05", with hours where there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def snippet(words: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(words.split())
    return line if len(line) <= _SNIPPET else line[: _SNIPPET - 1] + "…"


def _figure(rank: int, hit: Hit) -> str:
    spot = where(hit.found.spot)
    place = f", {spot}" if spot else ""
    copies = "".join(f"<br>also {escape(path)}" for path in hit.found.paths[1:])
    return (
        f"<figure>{''.join(_shown(hit))}<figcaption>{rank}. "
        f'<a href="{escape(_link(hit))}">{escape(Path(hit.path).name)}</a>{place}<br>{escape(how(hit))}<br>'
        f"{escape(hit.path)}{copies}</figcaption></figure>\n"
    )


def _shown(hit: Hit) -> Iterator[str]:
    found = hit.found
    picture = "data:image/jpeg;base64," + base64.b64encode(found.thumbnail).decode() if found.thumbnail else ""
    if hit.kind == "video":
        yield f'<video controls preload="none" poster="{picture}" src="{escape(_link(hit))}"></video>'
    elif hit.kind == "audio":
        yield f'<audio controls preload="none" src="{escape(_link(hit))}"></audio>'
    elif picture:
        yield f'<img src="{picture}" alt="">'
    if found.words:
        yield f"<blockquote>{escape(snippet(found.words))}</blockquote>"


def _link(hit: Hit) -> str:
    """The file, at the page or the second where it is."""
    spot = hit.found.spot
    link = Path(hit.path).as_uri()
    if spot.page is not None:
        return f"{link}#page={spot.page}"
    return link if spot.begin is None else f"{link}#t={spot.begin:g},{spot.end:g}"
