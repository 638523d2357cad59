"""Policies that sample and learn; the only part of the library that imports torch."""

from exit_dsl.policies.allotment import Allotment as Allotment
from exit_dsl.policies.allotment import Allotted as Allotted
from exit_dsl.policies.allotment import UnsolvedFirst as UnsolvedFirst
from exit_dsl.policies.candidates import Sampled as Sampled
from exit_dsl.policies.causal import CausalPolicy as CausalPolicy
from exit_dsl.policies.codec import Encoding as Encoding
from exit_dsl.policies.codec import ProgramCodec as ProgramCodec
from exit_dsl.policies.codec import check_round_trip as check_round_trip
from exit_dsl.policies.constrained import Constraint as Constraint
from exit_dsl.policies.constrained import OnlyTokens as OnlyTokens
from exit_dsl.policies.constrained import State as State
from exit_dsl.policies.hub import PretrainedError as PretrainedError
from exit_dsl.policies.lark import LarkConstraint as LarkConstraint
from exit_dsl.policies.lark import LarkGrammar as LarkGrammar
from exit_dsl.policies.likelihood import LikelihoodPolicy as LikelihoodPolicy
from exit_dsl.policies.lora import add_lora as add_lora
from exit_dsl.policies.pretrained import Pretrained as Pretrained
from exit_dsl.policies.pretrained import load_pretrained as load_pretrained
from exit_dsl.policies.pretrained_causal import load_causal as load_causal
from exit_dsl.policies.processes import Accelerated as Accelerated
from exit_dsl.policies.processes import Processes as Processes
from exit_dsl.policies.seq2seq import Seq2SeqPolicy as Seq2SeqPolicy
from exit_dsl.policies.small_t5 import TwoVocabularyT5 as TwoVocabularyT5
from exit_dsl.policies.small_t5 import small_t5 as small_t5
from exit_dsl.policies.text import TextCodec as TextCodec
