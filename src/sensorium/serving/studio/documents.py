"""PDFs for the page: each page as a picture and its words, so that an answer can be held against it."""

import base64
from typing import Any

from sensorium.media.encode import encode_image
from sensorium.media.limits import Limits
from sensorium.media.pages import open_pages

MOST_PAGES = 16
"""Of one answer."""


def read_document(data: bytes, name: str, first: int, last: int, limits: Limits) -> dict[str, Any]:
    """Pages `first` to `last` of a PDF, at most MOST_PAGES, and how many it has.

    Raises: InputError, MissingPackage.
    """
    last = min(last, first + MOST_PAGES - 1)
    found = []
    with open_pages(data, limits=limits, name=name) as pages:
        for page in pages:
            if page.number > last:
                break
            if page.number >= first:
                picture = base64.b64encode(encode_image(page.picture(), "jpeg", quality=88)).decode()
                found.append({"page": page.number, "words": page.text, "picture": picture})
        return {"count": pages.count, "pages": found}
