"""A DSL from typed Python functions: parse, check, run, mutate, tokenize, constrain."""

from exit_dsl.language.annotations import Accepts as Accepts
from exit_dsl.language.compact import Compact as Compact
from exit_dsl.language.declaration import Language as Language
from exit_dsl.language.declaration import Primitive as Primitive
from exit_dsl.language.editing import MutationRates as MutationRates
from exit_dsl.language.evolution import Evolution as Evolution
from exit_dsl.language.grammar import Grammar as Grammar
from exit_dsl.language.grammar import ProgramState as ProgramState
from exit_dsl.language.grammar_policy import GrammarPolicy as GrammarPolicy
from exit_dsl.language.inference import IllTypedError as IllTypedError
from exit_dsl.language.interpreter import LanguageInterpreter as LanguageInterpreter
from exit_dsl.language.mutation import Mutation as Mutation
from exit_dsl.language.programs import ProgramError as ProgramError
from exit_dsl.language.random_programs import RandomPrograms as RandomPrograms
from exit_dsl.language.text_grammar import TextGrammar as TextGrammar
from exit_dsl.language.vocabulary import Vocabulary as Vocabulary
