"""Expert iteration on domain-specific languages.

tasks -> Policy.sample -> execute (Interpreter) -> Relabeler -> ReplayBuffer -> Policy.update

Everything that is public is listed here or in the subpackages ``exit_dsl.language``,
``exit_dsl.policies`` (the only one that imports torch), ``exit_dsl.execution``,
``exit_dsl.replay``, and the modules ``checkpoint``, ``evaluation``, ``search`` and ``tracking``.
"""

from exit_dsl.evaluation import Scoreboard as Scoreboard
from exit_dsl.evaluation import pass_at_k as pass_at_k
from exit_dsl.execution import Sandboxed as Sandboxed
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
from exit_dsl.language import Language as Language
from exit_dsl.language import LanguageInterpreter as LanguageInterpreter
from exit_dsl.language import Mutation as Mutation
from exit_dsl.language import RandomPrograms as RandomPrograms
from exit_dsl.language import Vocabulary as Vocabulary
from exit_dsl.loop import ExpertIteration as ExpertIteration
from exit_dsl.loop import LoopConfig as LoopConfig
from exit_dsl.relabeling import Hindsight as Hindsight
from exit_dsl.relabeling import KeepGoal as KeepGoal
from exit_dsl.relabeling import SolvedOnly as SolvedOnly
from exit_dsl.replay import PrioritizedReplayBuffer as PrioritizedReplayBuffer
from exit_dsl.search import Pool as Pool
from exit_dsl.search import Screened as Screened
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
