from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fake_chatgpt import FakeChatGPT, fake_chatgpt, says, usage_now


@pytest.fixture
def server() -> Iterator[FakeChatGPT]:
    with fake_chatgpt() as fake:
        fake.answer = says(usage_now())
        yield fake
