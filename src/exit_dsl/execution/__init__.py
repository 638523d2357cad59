"""Execution: programs in, outcomes and scores out, here or on any executor."""

from __future__ import annotations

from exit_dsl.execution.batch import BatchInterpreter as BatchInterpreter
from exit_dsl.execution.batch import Judge as Judge
from exit_dsl.execution.batch import Shipped as Shipped
from exit_dsl.execution.batch import exact_match as exact_match
from exit_dsl.execution.batch import execute as execute
from exit_dsl.execution.batch import run_chunk as run_chunk
from exit_dsl.execution.executors import InlineExecutor as InlineExecutor
from exit_dsl.execution.parcels import Parcel as Parcel
from exit_dsl.execution.ray_executor import RayExecutor as RayExecutor
from exit_dsl.execution.sandbox import InterpreterError as InterpreterError
from exit_dsl.execution.sandbox import Sandboxed as Sandboxed
