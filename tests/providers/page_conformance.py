"""What `polling.account_pages` relies on in every source of pages. Its tests inherit this class, as those of
sources do their own, and name the fixtures `source` and `question`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from providers.domain.account_pages import PAGES, AccountPage, AccountPages, PageName
from providers.domain.errors import ProviderError
from providers.registry import PROVIDERS
from providers.source import PageSource, Question
from tests.homes import SECRETS
from tests.providers.conformance import damaged_home, files_of


class PageSourceConformance:
    secrets: tuple[str, ...] = SECRETS

    def test_it_names_sources_of_its_provider(self, source: PageSource, question: Question) -> None:
        (provider,) = (each for each in PROVIDERS if each.id == question.home.provider)
        assert source.login_of
        assert set(source.login_of) <= set(provider.source_ids)

    @pytest.mark.parametrize("page", PAGES)
    def test_it_reads_each_page(self, source: PageSource, question: Question, page: PageName) -> None:
        before = files_of(question.home.path)
        found = source.read(page, question)
        assert isinstance(found, AccountPage)
        assert replace(AccountPages(), **{page: found})
        assert found.source in source.login_of
        assert found.fetched_at == question.now
        assert not [secret for secret in self.secrets if secret in repr(found)]
        assert files_of(question.home.path) == before, "the person's home is as it was"

    @pytest.mark.parametrize("page", PAGES)
    @pytest.mark.parametrize("name", ["missing", "empty", "file", "garbage", "folders", "odd"])
    def test_without_a_login_it_says_so(
        self, source: PageSource, question: Question, tmp_path: Path, page: PageName, name: str
    ) -> None:
        home = replace(question.home, path=damaged_home(tmp_path / "damaged", name))
        with pytest.raises(ProviderError) as refused:
            source.read(page, replace(question, home=home))
        assert not [secret for secret in self.secrets if secret in f"{refused.value} {refused.value.remedy}"]
