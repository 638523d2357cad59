"""The kit can fail: every test of it rejects an implementation that breaks its promise."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import Phase, settings

from exit_dsl.interfaces import Interpreter, Policy, Relabeler, ReplayBuffer
from exit_dsl.relabeling import Hindsight
from exit_dsl.testing import (
    Contract,
    InterpreterContract,
    PolicyContract,
    RelabelerContract,
    ReplayBufferContract,
)
from exit_dsl.testing.fakes import ArithmeticInterpreter, LearningPolicy, UniformReplayBuffer
from exit_dsl.types import Budget, Example, Experience, Program, Task
from tests.conformance.broken import interpreters, policies, relabelers, replay_buffers

TASKS = [Task(name, (Example(1, 2),)) for name in "cab"]


class OfInterpreter(InterpreterContract[int, Any]):
    budget = Budget(seconds=0.2)
    patience = 0.5

    def __init__(self, make: Callable[[], Interpreter[int, Any]]) -> None:
        self.make_interpreter = make  # type: ignore[method-assign]

    def make_interpreter(self) -> Interpreter[int, Any]:
        raise NotImplementedError

    def programs(self) -> Sequence[str]:
        return ["add 2", "mul 3\nadd 1", "mul 2"]

    def inputs(self) -> Sequence[int]:
        return [1, 7]

    def looping_programs(self) -> Sequence[str]:
        return ["loop"]


class OfPolicy(PolicyContract[int, int]):
    def __init__(self, make: Callable[[], Policy[int, int]]) -> None:
        self.make_policy = make  # type: ignore[method-assign]

    def make_policy(self) -> Policy[int, int]:
        raise NotImplementedError

    def tasks(self) -> Sequence[Task[int, int]]:
        return TASKS

    def experiences(self) -> Sequence[Experience[int, int]]:
        texts = ("add 1\nmul 2", "mul 3", "add 5")
        return [Experience(TASKS[0], Program(text), "c", (1.0,)) for text in texts]


class OfRelabeler(RelabelerContract[int, int]):
    def __init__(self, make: Callable[[], Relabeler[int, int]]) -> None:
        self.make_relabeler = make  # type: ignore[method-assign]

    def make_relabeler(self) -> Relabeler[int, int]:
        raise NotImplementedError


class OfReplayBuffer(ReplayBufferContract[int, int]):
    def __init__(self, make: Callable[[], ReplayBuffer[int, int]]) -> None:
        self.make_buffer = make  # type: ignore[method-assign]

    def make_buffer(self) -> ReplayBuffer[int, int]:
        raise NotImplementedError


REJECTED: Mapping[Any, Mapping[str, Sequence[Callable[[], Any]]]] = {
    OfInterpreter: {
        "test_any_text_gives_one_outcome_for_each_input": [
            interpreters.Raises, interpreters.Exits,
            interpreters.Recurses, interpreters.OneOutcomeTooFew,
            interpreters.BareValues, interpreters.UnknownKind,
        ],
        "test_some_sample_gives_an_output": [interpreters.AlwaysFails],
        "test_the_same_call_gives_the_same_answer": [
            interpreters.Random, interpreters.ChangesInputs, interpreters.DetailsOfTheObject,
        ],
        "test_what_ran_before_does_not_matter": [interpreters.ForgetsTheBudget],
        "test_the_other_inputs_do_not_matter": [interpreters.CarriesOver],
        "test_many_programs_in_one_call_are_each_run": [
            interpreters.ConfusesNeighbours, interpreters.LosesARow,
        ],
        "test_a_pickled_copy_gives_the_same_answers": [
            interpreters.CannotBePickled, interpreters.CannotBePickledOnceUsed,
            interpreters.ForgetsItsSettings,
        ],
        "test_it_gives_the_same_answers_in_a_sandbox": [
            interpreters.BelongsToAProcess, interpreters.RaisesElsewhere,
            interpreters.CannotBePickled,
        ],
        "test_the_budget_holds_for_each_run_alone": [interpreters.SharesTheBudget],
        "test_programs_that_do_not_end_are_stopped": [
            interpreters.NeverEnds, interpreters.EndsWithAnOutput, interpreters.CallsItAnError,
        ],
    },
    OfPolicy: {
        "test_the_same_state_and_rng_give_the_same_candidates": [
            policies.GlobalRandomness, policies.LearnsFromSampling,
        ],
        "test_each_task_gets_its_candidates_in_order": [
            policies.OneCandidateTooFew, policies.SortsTasks,
            policies.TakesTurns, policies.NeedsATask,
        ],
        "test_some_tasks_may_get_more_candidates_than_others": [
            policies.SameForAll, policies.DrawsApart, policies.OneCandidateTooFew,
        ],
        "test_candidates_are_texts_with_log_probabilities": [
            policies.PositiveLogprob, policies.LinesForText,
        ],
        "test_candidates_may_be_taken_one_by_one": [policies.OneSamplingAtATime],
        "test_an_empty_update_is_harmless": [policies.DividesByNothing, policies.ForgetsOnNothing],
        "test_metrics_are_finite_numbers": [policies.NanLoss, policies.ArrayMetrics],
        "test_a_reloaded_policy_gives_the_same_candidates": [
            policies.SavesNothing, policies.SavesASet, policies.AddsWhenLoading,
        ],
        "test_a_resumed_run_equals_one_without_a_break": [policies.LosesItsSchedule],
        "test_a_state_stays_as_it_was": [policies.SharesItsState, policies.LearnsInTheGivenState],
    },
    OfRelabeler: {
        "test_the_samples_can_tell_something": [relabelers.TeachesNothing],
        "test_programs_give_the_outputs_of_their_experiences": [relabelers.KeepsAllGoals],
        "test_failed_attempts_teach_nothing_false": [relabelers.FillsGaps],
        "test_source_and_scores_are_those_of_the_attempt": [
            relabelers.NewSource, relabelers.PerfectScores, relabelers.NoIteration,
        ],
        "test_experiences_come_in_the_order_of_the_attempts": [relabelers.BestFirst],
        "test_no_attempts_teach_nothing": [relabelers.RepeatsItself],
        "test_the_same_attempts_give_the_same_experiences": [relabelers.NeverTwice],
    },
    OfReplayBuffer: {
        "test_adding_returns_the_number_of_new_ones": [
            replay_buffers.CountsAll, replay_buffers.ReadsTwice, replay_buffers.KeepsDuplicates,
        ],
        "test_draws_have_no_duplicates_and_the_right_size": [
            replay_buffers.WithReplacement, replay_buffers.GivesAll,
        ],
        "test_draws_hold_what_was_added": [replay_buffers.OnePool, replay_buffers.LosesScores],
        "test_partitions_do_not_mix": [replay_buffers.OnePool, replay_buffers.NewToTheBuffer],
        "test_an_unknown_partition_gives_nothing": [replay_buffers.RefusesUnknown],
        "test_draws_are_reproducible": [replay_buffers.DrawsAtRandom, replay_buffers.GivesAway],
        "test_any_order_of_insertion_will_do": [replay_buffers.ComparesNeighbours],
        "test_a_reloaded_buffer_draws_the_same": [
            replay_buffers.ReloadsBackwards, replay_buffers.ReloadsOntoTheRest,
            replay_buffers.CannotBeSaved,
        ],
        "test_a_state_stays_as_it_was": [replay_buffers.SharesItsContents],
    },
}  # fmt: skip
HONEST: Mapping[Any, Callable[[], Any]] = {
    OfInterpreter: ArithmeticInterpreter,
    OfPolicy: LearningPolicy,
    OfRelabeler: Hindsight,
    OfReplayBuffer: UniformReplayBuffer,
}
CASES = [
    pytest.param(kit, name, make, id=f"{make.__name__}-{name}")
    for kit, tests in REJECTED.items()
    for name, makes in tests.items()
    for make in makes
]
ABOUT_SAMPLES = {"test_some_sample_gives_an_output", "test_the_samples_can_tell_something"}


@pytest.fixture(autouse=True)
def _the_first_failure_will_do() -> Iterator[None]:
    """Look for failures in the same way each time, and do not make them small."""
    settings.register_profile("before", settings.default)
    settings.register_profile(
        "unshrunk", settings.default, phases=[Phase.generate], derandomize=True, database=None
    )
    settings.load_profile("unshrunk")
    random.seed(0)
    yield
    settings.load_profile("before")


@pytest.mark.parametrize(("kit", "name", "make"), CASES)
def test_a_broken_promise_is_found(
    kit: Callable[[Callable[[], Any]], Contract], name: str, make: Callable[[], Any]
) -> None:
    with pytest.raises(AssertionError) as info:
        getattr(kit(make), name)()
    first, _, found = str(info.value).partition("\n")
    if name not in ABOUT_SAMPLES:
        assert first.startswith("broken promise: ")
        assert first.endswith(".")
        assert found


@pytest.mark.parametrize("kit", REJECTED, ids=lambda kit: kit.__name__)
def test_every_test_can_fail_and_pass(kit: Any) -> None:
    tests = {name for name, _ in inspect.getmembers(kit) if name.startswith("test_")}
    assert tests == REJECTED[kit].keys()
    for name in tests - {"test_programs_that_do_not_end_are_stopped"}:
        getattr(kit(HONEST[kit]), name)()


def test_every_broken_implementation_is_tried() -> None:
    tried = {
        make.__name__ for tests in REJECTED.values() for makes in tests.values() for make in makes
    }
    written = {
        name
        for module in (interpreters, policies, relabelers, replay_buffers)
        for name, value in inspect.getmembers(module, inspect.isclass)
        if value.__module__ == module.__name__ and not name.startswith("_")
    }
    assert tried == written
