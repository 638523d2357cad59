"""What travels to workers is unpacked once in each of their threads."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from exit_dsl import Parcel
from exit_dsl.language import Evolution, GrammarPolicy, Language, LanguageInterpreter, Vocabulary
from exit_dsl.types import Example, Program, Task
from tests.language.lists import lists

PROGRAM = Program("O = reverse(I)")
TASK: Task[Any, Any] = Task("t", (Example((3, 1, 2), (2, 1)),))


def elsewhere(parcel: Parcel[Any]) -> Any:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(parcel.unpacked).result()


def test_a_thread_unpacks_a_parcel_once() -> None:
    parcel = Parcel(LanguageInterpreter[Any, Any](lists))
    first = parcel.unpacked()
    assert pickle.loads(pickle.dumps(parcel)).unpacked() is first
    assert elsewhere(parcel) is not first
    assert parcel.unpacked() is first


def test_parcels_share_a_language_and_what_was_derived_from_it() -> None:
    evolution: Evolution[Any, Any] = Evolution(lists, [PROGRAM])
    grammar: GrammarPolicy[Any, Any] = GrammarPolicy(Vocabulary(lists))
    interpreter: LanguageInterpreter[Any, Any] = LanguageInterpreter(lists)
    parcels = [Parcel(content) for content in (evolution, grammar, interpreter, lists)]
    languages = [language_of(parcel.unpacked()) for parcel in parcels]
    assert all(language is languages[0] for language in languages)
    assert languages[0] is not lists
    there = [elsewhere(parcel) for parcel in parcels]
    assert not {id(language_of(each)) for each in there} & {id(languages[0]), id(lists)}


def language_of(content: Any) -> Language:
    if isinstance(content, Language):
        return content
    language = getattr(content, "language", None) or content._language
    assert isinstance(language, Language)
    return language


def test_a_language_that_was_declared_further_is_another() -> None:
    language = Language("growing", input=int, output=int)
    language.constant("ONE", 1)
    before = Parcel((language,))
    assert list(before.unpacked()[0].constants) == ["ONE"]
    language.constant("TWO", 2)
    assert list(Parcel((language,)).unpacked()[0].constants) == ["ONE", "TWO"]
    assert list(before.unpacked()[0].constants) == ["ONE"]


def test_candidates_do_not_depend_on_what_was_derived_before() -> None:
    """Those of a policy that finds a used language in the worker are its own."""
    sources: list[Any] = [Evolution(lists, [PROGRAM]), GrammarPolicy(Vocabulary(lists))]
    for source in sources:
        for seed in range(3):
            there = Parcel((seed, source)).unpacked()[1]
            fresh = pickle.loads(pickle.dumps(source))
            found, expected = (
                list(each.sample([TASK], 20, np.random.default_rng(seed)))
                for each in (there, fresh)
            )
            assert repr(found) == repr(expected)
