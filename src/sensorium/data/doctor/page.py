"""A view as text for a terminal, and as a page of HTML that needs nothing else."""

import base64
from collections.abc import Iterator
from html import escape

from sensorium.data.doctor.view import Shown, Token, View
from sensorium.media.encode import encode_image
from sensorium.media.types import Image

_STYLE = """
body { font: 15px/1.6 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #222 }
h1 { font-size: 1.2em } figure { margin: 1em 0 } figcaption { color: #666 }
img { margin: 0 3px 3px 0; border: 1px solid #ccc; max-width: 100%; min-width: 3em; image-rendering: pixelated }
.tokens span { white-space: pre-wrap; border-radius: 3px; background: #f1f1f1; margin: 0 1px; padding: 1px 0 }
.tokens .learnt { background: #ffd9a0 } .tokens .special { color: #06c; font-size: .85em }
"""


def as_text(view: View) -> str:
    """A few lines: media, then tokens apart by |, those with loss between « and »."""
    lines = [_head(view), *map(_caption, view.media), ""]
    text, carried = "", False
    for token in view.tokens:
        if token.learnt != carried:
            text += "«" if token.learnt else "»"
            carried = token.learnt
        elif text and not text.endswith("\n"):
            text += "|"
        text += _said(token)
    return "\n".join([*lines, text + "»" * carried])


def as_html(view: View) -> str:
    """A page: pictures as the model gets them, tokens with those that carry loss on orange."""
    tokens = "".join(_span(token) for token in view.tokens)
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(view.source)}</title>'
        f"<style>{_STYLE}</style>\n<h1>{escape(view.source)}</h1>\n<p>{escape(_head(view))}; "
        f'<span class="tokens"><span class="learnt">orange</span></span> carries loss</p>\n'
        f'{"".join(_figures(view))}<p class="tokens">{tokens}</p>\n</html>\n'
    )


def _head(view: View) -> str:
    return (
        f"{view.source}, as {view.model} sees it: {view.count} tokens of at most {view.limit}, {view.learnt} of them "
        "with loss"
    )


def _caption(shown: Shown) -> str:
    sizes = " ".join(dict.fromkeys(f"{picture.shape[1]}x{picture.shape[0]}" for picture in shown.pictures))
    count = len(shown.pictures) + shown.left_out
    seen = f"{count} pieces of {sizes}" if count > 1 else sizes
    return f"{shown.modality} {shown.source}: {seen or 'not drawn'}, {shown.rows} rows"


def _said(token: Token) -> str:
    return f"{token.text} x {token.times}" if token.times > 1 else token.text


def _span(token: Token) -> str:
    kinds = " ".join(name for name in ("learnt", "special") if getattr(token, name))
    return f'<span class="{kinds}">{escape(_said(token))}</span>'


def _figures(view: View) -> Iterator[str]:
    for shown in view.media:
        pictures = "".join(f'<img src="{_uri(Image(picture))}" alt="">' for picture in shown.pictures)
        yield f"<figure>{pictures}<figcaption>{escape(_caption(shown))}</figcaption></figure>\n"


def _uri(image: Image) -> str:
    return "data:image/png;base64," + base64.b64encode(encode_image(image)).decode()
