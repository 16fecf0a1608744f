from __future__ import annotations

from workbench.domain.mail_domains import doubt_about, doubtful_domains, mistyped_domains
from workbench.domain.presets import preset_of


def test_what_a_mistyped_domain_means_is_none_itself():
    assert not set(mistyped_domains()) & set(mistyped_domains().values())


def test_no_provider_s_own_domain_is_taken_for_a_mistake():
    assert not [domain for domain in mistyped_domains() if preset_of(domain)]


def test_there_is_a_sentence_for_every_doubt_and_for_nothing_else():
    assert all(doubt_about(domain) for domain in doubtful_domains())
    assert doubt_about("orange.fr") == doubt_about("cabinet.example") == ""
