"""Expert iteration on domain-specific languages.

tasks -> Policy.sample -> execute (Interpreter) -> Relabeler -> ReplayBuffer -> Policy.update

Every public class is listed here, save those of ``exit_dsl.policies``, which imports torch, and of
``exit_dsl.testing``, which imports Hypothesis.
Functions, but for the three below, are called with their module: ``checkpoint.save``,
``replay.uniform``, ``search.every_demonstration``.
"""

from exit_dsl.accompanied import Accompanied as Accompanied
from exit_dsl.checkpoint import CheckpointError as CheckpointError
from exit_dsl.evaluation import Performance as Performance
from exit_dsl.evaluation import Scoreboard as Scoreboard
from exit_dsl.evaluation import pass_at_k as pass_at_k
from exit_dsl.execution import BatchInterpreter as BatchInterpreter
from exit_dsl.execution import InlineExecutor as InlineExecutor
from exit_dsl.execution import InterpreterError as InterpreterError
from exit_dsl.execution import Parcel as Parcel
from exit_dsl.execution import RayExecutor as RayExecutor
from exit_dsl.execution import Sandboxed as Sandboxed
from exit_dsl.execution import Shipped as Shipped
from exit_dsl.execution import exact_match as exact_match
from exit_dsl.execution import execute as execute
from exit_dsl.interfaces import Executor as Executor
from exit_dsl.interfaces import Interpreter as Interpreter
from exit_dsl.interfaces import Pending as Pending
from exit_dsl.interfaces import Policy as Policy
from exit_dsl.interfaces import Relabeler as Relabeler
from exit_dsl.interfaces import ReplayBuffer as ReplayBuffer
from exit_dsl.interfaces import Sampler as Sampler
from exit_dsl.interfaces import Stateful as Stateful
from exit_dsl.interfaces import Tracker as Tracker
from exit_dsl.language import Accepts as Accepts
from exit_dsl.language import Compact as Compact
from exit_dsl.language import Evolution as Evolution
from exit_dsl.language import Grammar as Grammar
from exit_dsl.language import GrammarPolicy as GrammarPolicy
from exit_dsl.language import IllTypedError as IllTypedError
from exit_dsl.language import Language as Language
from exit_dsl.language import LanguageInterpreter as LanguageInterpreter
from exit_dsl.language import Mutation as Mutation
from exit_dsl.language import MutationRates as MutationRates
from exit_dsl.language import Primitive as Primitive
from exit_dsl.language import ProgramError as ProgramError
from exit_dsl.language import ProgramState as ProgramState
from exit_dsl.language import RandomPrograms as RandomPrograms
from exit_dsl.language import TextGrammar as TextGrammar
from exit_dsl.language import Vocabulary as Vocabulary
from exit_dsl.loop import ExpertIteration as ExpertIteration
from exit_dsl.loop import LoopConfig as LoopConfig
from exit_dsl.mixture import PolicyMixture as PolicyMixture
from exit_dsl.relabeling import Hindsight as Hindsight
from exit_dsl.relabeling import KeepGoal as KeepGoal
from exit_dsl.relabeling import SolvedOnly as SolvedOnly
from exit_dsl.replay import PrioritizedReplayBuffer as PrioritizedReplayBuffer
from exit_dsl.search import CheapestFirst as CheapestFirst
from exit_dsl.search import Pool as Pool
from exit_dsl.search import Screened as Screened
from exit_dsl.solutions import Solution as Solution
from exit_dsl.solutions import Solutions as Solutions
from exit_dsl.spread import Spread as Spread
from exit_dsl.tracking import ConsoleTracker as ConsoleTracker
from exit_dsl.tracking import CsvTracker as CsvTracker
from exit_dsl.tracking import JsonLinesTracker as JsonLinesTracker
from exit_dsl.tracking import TensorBoardTracker as TensorBoardTracker
from exit_dsl.tracking import Trackers as Trackers
from exit_dsl.types import Attempt as Attempt
from exit_dsl.types import Budget as Budget
from exit_dsl.types import Candidate as Candidate
from exit_dsl.types import Example as Example
from exit_dsl.types import Experience as Experience
from exit_dsl.types import Failure as Failure
from exit_dsl.types import FailureKind as FailureKind
from exit_dsl.types import Iteration as Iteration
from exit_dsl.types import Outcome as Outcome
from exit_dsl.types import Program as Program
from exit_dsl.types import Success as Success
from exit_dsl.types import Task as Task
from exit_dsl.wrapped import WrappedPolicy as WrappedPolicy
