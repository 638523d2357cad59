"""Storing experiences and drawing those worth learning from."""

from exit_dsl.replay.priorities import Priority as Priority
from exit_dsl.replay.priorities import brevity as brevity
from exit_dsl.replay.priorities import mixture as mixture
from exit_dsl.replay.priorities import product as product
from exit_dsl.replay.priorities import recency as recency
from exit_dsl.replay.priorities import similarity as similarity
from exit_dsl.replay.priorities import solved_fraction as solved_fraction
from exit_dsl.replay.priorities import uniform as uniform
from exit_dsl.replay.prioritized import PrioritizedReplayBuffer as PrioritizedReplayBuffer
