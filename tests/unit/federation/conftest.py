"""Two sites that exchange documents."""

from __future__ import annotations

import pytest
from fakes.federation import Clock, Site


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sites(tmp_path, clock):
    """alpha and beta, with their keys, and each with the other's fingerprint."""
    alpha, beta = Site(tmp_path, "alpha", clock), Site(tmp_path, "beta", clock)
    for site in (alpha, beta):
        site.exchange().signer.make(site.name)
    alpha.peers["beta"], beta.peers["alpha"] = beta.fingerprint(), alpha.fingerprint()
    return alpha, beta


@pytest.fixture
def linked(sites, clock):
    """Both have run and posted until the link is accepted on both sides."""
    alpha, beta = sites
    beta.run()
    beta.post(alpha)
    alpha.run()
    alpha.post(beta)
    beta.run()
    clock.now += 60
    return alpha, beta
