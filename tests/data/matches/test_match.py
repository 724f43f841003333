"""Matches as a domain of the training loop."""

import numpy as np
import pytest

from sensorium.core.errors import UsageError
from sensorium.data.matches.made import Lines
from sensorium.data.matches.match import Matches
from sensorium.data.sample import Alike, Domain


def test_it_is_a_domain_whose_batches_have_something_in_common() -> None:
    domain: Domain = Matches("reading", Lines())
    assert isinstance(domain, Alike)
    assert domain.train(np.random.default_rng(0)).turns == ()
    assert domain.alike(np.random.default_rng(0))(np.random.default_rng(1)).media


def test_a_number_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="reading: got match 500; expected 0 to 499"):
        Matches("reading", Lines()).validation(500)
