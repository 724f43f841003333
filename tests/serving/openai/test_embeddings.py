"""Places of texts and pictures through the official clients of two vendors."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest
from tests.serving.conftest import Running, running
from tests.serving.sent import PNG, uri

from sensorium.runtime.embedding import load_embedder

CLIP = Path(__file__).parents[2] / "models" / "clip" / "golden"
TEXTS = ["a red cat", "two dogs"]


@pytest.fixture(scope="module")
def embedding() -> Iterator[Running]:
    with running([CLIP]) as found:
        yield found


@pytest.fixture(scope="module")
def client(embedding: Running) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{embedding.url}/v1", api_key=embedding.key, max_retries=0) as made:
        yield made


@pytest.mark.parametrize("options", [{}, {"encoding_format": "float"}], ids=["packed", "plain"])
def test_texts_are_where_our_own_call_puts_them(client: openai.OpenAI, options: Any) -> None:
    made = client.embeddings.create(model="golden", input=TEXTS, **options)  # without a word the client asks for base64
    ours = load_embedder(str(CLIP)).embed_texts(TEXTS)
    np.testing.assert_allclose([each.embedding for each in made.data], ours, atol=1e-5)
    assert [each.index for each in made.data] == [0, 1]


def test_pictures_beside_texts(client: openai.OpenAI) -> None:
    picture: Any = {"type": "image_url", "image_url": {"url": uri(PNG, "image/png")}}
    made = client.embeddings.create(model="golden", input=["a red cat", picture, "two dogs"])
    ours = load_embedder(str(CLIP))
    np.testing.assert_allclose(made.data[1].embedding, ours.embed(PNG), atol=1e-5)
    np.testing.assert_allclose(made.data[2].embedding, ours.embed_texts(TEXTS)[1], atol=1e-5)


def test_what_cannot_be_honoured_is_refused_by_name(client: openai.OpenAI) -> None:
    for options, field in (
        ({"input": ["x"], "dimensions": 3}, "dimensions"),
        ({"input": [[1, 2]]}, "input[0]"),
        ({"input": ""}, "input[0]"),
        ({"input": []}, "input"),
    ):
        with pytest.raises(openai.BadRequestError) as caught:
            client.embeddings.create(model="golden", **options)
        assert caught.value.param == field
    with pytest.raises(openai.BadRequestError, match="expected a model that answers in words"):
        client.chat.completions.create(model="golden", messages=[{"role": "user", "content": "x"}])


def test_gemini(embedding: Running) -> None:
    genai = pytest.importorskip("google.genai")
    client = genai.Client(
        api_key=embedding.key, http_options=genai.types.HttpOptions(base_url=embedding.url, api_version="v1beta")
    )
    made = client.models.embed_content(model="golden", contents=TEXTS)
    client.close()
    ours = load_embedder(str(CLIP)).embed_texts(TEXTS)
    np.testing.assert_allclose([each.values for each in made.embeddings], ours, atol=1e-5)


def test_places_are_cut_to_the_widths_that_a_model_was_trained_for() -> None:
    genai = pytest.importorskip("google.genai")
    ours = load_embedder("nano-space")
    widest, *others = ours.dimensions
    with running([Path("nano-space")]) as found:
        with openai.OpenAI(base_url=f"{found.url}/v1", api_key=found.key, max_retries=0) as client:
            for width in (widest, *others):
                made = client.embeddings.create(model="nano-space", input=TEXTS, dimensions=width)
                near = ours.cut(ours.embed_texts(TEXTS), width)
                np.testing.assert_allclose([each.embedding for each in made.data], near, atol=1e-5)
            with pytest.raises(openai.BadRequestError, match=f"got 7; expected one of {widest}, ") as caught:
                client.embeddings.create(model="nano-space", input=TEXTS, dimensions=7)
            assert caught.value.param == "dimensions"
        client = genai.Client(api_key=found.key, http_options=genai.types.HttpOptions(base_url=found.url))
        small = genai.types.EmbedContentConfig(output_dimensionality=others[-1])
        rows = client.models.embed_content(model="nano-space", contents=TEXTS, config=small).embeddings
        client.close()
        np.testing.assert_allclose(
            [each.values for each in rows], ours.cut(ours.embed_texts(TEXTS), others[-1]), atol=1e-5
        )
