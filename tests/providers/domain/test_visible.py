from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from providers.domain.visible import json_text, sound, visible

any_text = st.text(st.characters(), max_size=20)  # half surrogates among them


@given(any_text)
def test_visible_text_has_a_sign_for_each(text: str) -> None:
    shown = visible(text)
    assert len(shown) == len(text)
    assert all(sign.isprintable() or sign in "\n\u00a0\u2007\u2008" for sign in shown)
    assert all(after in (before, " ") for before, after in zip(text, shown, strict=True))


@given(st.dictionaries(any_text, st.lists(any_text, max_size=2), max_size=3))
def test_json_says_the_same_in_print_only(document: dict[str, Any]) -> None:
    text = json_text(json.dumps(document, ensure_ascii=False, indent=1))
    assert all(sign.isprintable() or sign == "\n" for sign in text)
    text.encode()
    whole = {sound(name): [sound(each) for each in texts] for name, texts in document.items()}
    assert json.loads(text) == whole


@given(any_text)
def test_sound_text_can_be_encoded(text: str) -> None:
    shown = sound(text)
    shown.encode()
    assert (shown == text) == (not any("\ud800" <= sign <= "\udfff" for sign in text))
