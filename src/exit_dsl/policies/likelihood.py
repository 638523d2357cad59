"""A policy from a network and two functions: tasks to tokens, programs to tokens and back."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel
from typing_extensions import TypeVar, override

from exit_dsl.interfaces import Policy
from exit_dsl.policies.batching import Packer, Pair
from exit_dsl.policies.candidates import CandidateSampler, Request, Sampled, batches, default_bytes
from exit_dsl.policies.checks import require_positive, require_whole
from exit_dsl.policies.codec import Encoding, ProgramCodec
from exit_dsl.policies.compiling import Compile, uncompiled
from exit_dsl.policies.constrained import Constraint
from exit_dsl.policies.network import Network
from exit_dsl.policies.orders import Orders
from exit_dsl.policies.precision import checked_precision, make_autocast
from exit_dsl.policies.processes import ALONE, Processes, gather_results, share
from exit_dsl.policies.reading import Reader
from exit_dsl.policies.sampling import Distribution, Row, SequenceSampler
from exit_dsl.policies.scoring import logprobs
from exit_dsl.policies.training import Progress, Trainer, silent
from exit_dsl.policies.weights import TrainedWeights, lower_frozen
from exit_dsl.randomness import split
from exit_dsl.types import Candidate, Experience, I, O, Program, Task

M = TypeVar("M", bound=PreTrainedModel)


class LikelihoodPolicy(Policy[I, O], Generic[M, I, O]):
    """Samples programs from a model, and trains it on experiences by likelihood.

    Candidates depend on the weights, ``rng``, the task's id and the sample's number, but not on
    which other tasks and samples are computed beside them: each row draws from its own random
    stream. (Sums are rounded differently in batches of other shapes, which can tip a draw that
    lies within about 1e-6 of the border between two tokens; in bfloat16, about 1e-2.)

    A candidate's ``logprob`` is that of its tokens under the distribution that they were drawn
    from, with constraint, temperature and ``top_p`` applied.

    Only parameters that require gradients are trained and saved. Where a GPU's memory runs out all
    the same, ``rows`` or ``batch_tokens`` is halved for good, with a warning in the log, and the
    work done again in smaller batches. (Without a GPU, torch raises another error, which ends it.)

    On several GPUs, a script that ``accelerate launch`` has started once for each of them builds
    the same policy everywhere, and runs everything else under :meth:`leading`::

        processes = Accelerated()
        policy = Seq2SeqPolicy(..., device=processes.device, processes=processes)
        with policy.leading() as leads:
            if leads:
                ...  # the loop, in one process; the others train and sample for it

    Args:
        model: belongs to the policy from now on, which moves it to ``device``.
        encode: gives the tokens of a task; must be a function of the task's value alone.
        codec: programs as target tokens and back.
        constraint: the grammar of programs; None lets any token follow.
        learning_rate: of AdamW, constant after warm-up.
        warmup_steps: optimizer steps of linear warm-up, counted over all updates.
        weight_decay: of AdamW.
        clip: largest norm of the gradient of a step.
        batch_size: experiences an optimizer step.
        batch_tokens: source and target tokens, padding included, that training and
            :meth:`logprobs` compute at once; results are the same for all values up to rounding
            and dropout.
        epochs: passes over the experiences of one update.
        max_new_tokens: most tokens of a program, the end token included. Longer programs are
            dropped from training and counted as ``dropped``.
        temperature: of sampling; divides the logits.
        top_p: samples among the most likely tokens that together have this probability.
        rows: most sequences sampled at once in each process.
        sampling_bytes: what those may take beside the weights, as estimated from the model's
            dimensions; None for half of a GPU's memory, or for 1 GiB elsewhere.
        compiler: compiles what is computed in training and, for a T5, in each step of sampling:
            :func:`compiled`, for one. Compiling may take minutes.
        processes: share out all training and sampling; see above.
        device: where the model runs, as torch names it.
        precision: what the model computes in: ``torch.float32``, ``torch.bfloat16``, or None for
            bfloat16 on CUDA and float32 elsewhere. Trained weights are float32 in any case.
        progress: wraps the sequence of training steps, as ``tqdm`` does.

    Raises:
        ValueError: an argument is out of range or does not fit the model.
    """

    def __init__(
        self,
        *,
        model: M,
        encode: Callable[[Task[I, O]], Encoding],
        codec: ProgramCodec,
        constraint: Constraint | None = None,
        learning_rate: float = 5e-5,
        warmup_steps: int = 100,
        weight_decay: float = 0.0,
        clip: float = 1.0,
        batch_size: int = 64,
        batch_tokens: int = 8_192,
        epochs: int = 1,
        max_new_tokens: int = 512,
        temperature: float = 1.0,
        top_p: float = 1.0,
        rows: int = 65_536,
        sampling_bytes: int | None = None,
        compiler: Compile = uncompiled,
        processes: Processes = ALONE,
        device: str | torch.device = "cpu",
        precision: torch.dtype | None = None,
        progress: Progress = silent,
    ) -> None:
        require_positive(learning_rate=learning_rate)
        require_whole(
            1,
            batch_size=batch_size,
            batch_tokens=batch_tokens,
            epochs=epochs,
            max_new_tokens=max_new_tokens,
            rows=rows,
        )
        if sampling_bytes is not None:
            require_positive(sampling_bytes=sampling_bytes)
        if not clip > 0:  # it may be infinite
            raise ValueError(f"clip must be positive, not {clip}")
        nn.Module.to(model, dtype=torch.float32)
        self._network = self._wrap(model, compiler)
        self._reader = Reader(encode, codec, self._network, max_new_tokens)
        place = torch.device(device)
        precision = checked_precision(place, precision)
        autocast = make_autocast(place, precision)
        self._weights = TrainedWeights(model)
        lower_frozen(model, precision)
        nn.Module.to(model, device=place)
        self._codec = codec
        self._packer = Packer(batch_tokens)
        self._autocast = autocast
        self._processes = processes
        self._orders = Orders(
            processes, {"train": self._train, "sample": self._sample, "load": self._load}
        )
        self._sampled = Sampled()
        self._candidate_sampler = CandidateSampler(
            self._network,
            SequenceSampler(codec, constraint, Distribution(temperature, top_p)),
            size=codec.size,
            max_new_tokens=max_new_tokens,
            most_rows=rows,
            most_bytes=default_bytes(place) if sampling_bytes is None else sampling_bytes,
            autocast=autocast,
        )
        self._trainer = Trainer(
            self._network,
            self._weights.parameters,
            learning_rate=learning_rate,
            warmup_steps=warmup_steps,
            weight_decay=weight_decay,
            clip=clip,
            batch_size=batch_size,
            packer=self._packer,
            epochs=epochs,
            autocast=autocast,
            compiler=compiler,
            processes=processes,
            progress=progress,
        )

    @abstractmethod
    def _wrap(self, model: M, compiler: Compile) -> Network:
        """Return how ``model`` is trained and sampled from.

        Args:
            model: the policy's.
            compiler: for what the network computes at each step of sampling, if that may be.
        """

    @override
    def sample(
        self, tasks: Sequence[Task[I, O]], n: int, rng: np.random.Generator
    ) -> Iterator[Candidate]:
        """Propose ``n`` candidates for each task, lazily and in the order of the tasks.

        Raises:
            ValueError: ``n`` is negative.
        """
        require_whole(0, n=n)
        return self.sample_each(tasks, [n] * len(tasks), rng)

    @override
    def sample_each(
        self, tasks: Sequence[Task[I, O]], counts: Sequence[int], rng: np.random.Generator
    ) -> Iterator[Candidate]:
        """Propose candidates for all tasks in the same batches, lazily and in their order.

        Raises:
            ValueError: there is not a number for each task, or one is negative.
        """
        for count in counts:
            require_whole(0, count=count)
        asked = list(zip(tasks, map(int, counts), strict=True))  # an array's may overflow
        return self._candidates(asked, split(rng))  # draws now, not when it is first read

    @override
    def update(
        self, batch: Sequence[Experience[I, O]], rng: np.random.Generator
    ) -> Mapping[str, float]:
        """Train on ``batch`` and return metrics.

        ``loss`` (nats a target token, over the whole update), ``examples``, ``truncated`` (share
        of them whose task did not fit), ``dropped`` (programs over ``max_new_tokens``, or that
        ``codec`` cannot write), ``steps``, ``tokens`` (target), ``tokens_per_second``,
        ``seconds``.

        Raises:
            FloatingPointError: the loss or its gradient is not finite.
        """
        encodings = [self._reader.task(experience.task) for experience in batch]
        targets = [self._reader.program(experience.program) for experience in batch]
        pairs = [
            Pair(encoding.tokens, target)
            for encoding, target in zip(encodings, targets, strict=True)
            if target is not None
        ]
        truncated = sum(encoding.truncated for encoding in encodings)
        return {
            "examples": float(len(pairs)),
            "dropped": float(len(batch) - len(pairs)),
            "truncated": truncated / max(1, len(batch)),
            **self._orders.together("train", pairs, rng),
        }

    def logprobs(self, pairs: Sequence[tuple[Task[I, O], Program]]) -> list[float]:
        """Return the log-probability (nats) of each program, its end included, given its task.

        It is the model's own: without constraint, at temperature 1, of any length. Programs that
        the codec cannot write, or that do not fit into the model's context, have minus infinity.
        On held-out tasks it says what the policy has learned long before samples do. It is
        computed in this process alone.
        """
        return logprobs(
            self._network,
            [self._reader.pair(task, program) for task, program in pairs],
            self._codec,
            packer=self._packer,
            autocast=self._autocast,
        )

    @property
    def sampled(self) -> Sampled:
        """Counts of all that was sampled so far in the life of this object."""
        return self._sampled

    @override
    def state_dict(self) -> dict[str, Any]:
        """Return copies of trained weights, optimizer moments and step count, on the CPU."""
        return {
            **self._weights.state_dict(),
            "trainer": self._trainer.state_dict(),
            "vocabulary": self._reader.vocabulary,
        }

    @override
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a state that :meth:`state_dict` returned.

        Raises:
            ValueError: the state is of a model with other weights, or of another vocabulary.
        """
        vocabulary = self._reader.vocabulary
        if state.get("vocabulary", vocabulary) != vocabulary:
            raise ValueError(
                "the saved policy writes programs in other tokens than this one; build the policy"
                " with the version of the language, or the tokenizer, that it was saved with"
            )
        self._orders.first("load", state)

    @contextmanager
    def leading(self) -> Iterator[bool]:
        """Let the other processes follow this one; true in the first, which leads.

        In the others the context is entered when the first has left it, and is false: they have
        followed until then. They begin with the weights of the first. In a single process it is
        true and does nothing.
        """
        with self._orders.leading(lambda: self.load_state_dict(self.state_dict())) as leads:
            yield leads

    def _train(self, pairs: Sequence[Pair], rng: np.random.Generator) -> dict[str, float]:
        return self._trainer.train(pairs, self._codec, rng)

    def _load(self, state: Mapping[str, Any]) -> None:
        self._weights.load_state_dict(state)
        self._trainer.load_state_dict(state["trainer"])

    def truncated(self, tasks: Sequence[Task[I, O]]) -> float:
        """Return the share of ``tasks`` of which the model does not see everything."""
        return sum(self._reader.task(task).truncated for task in tasks) / max(1, len(tasks))

    def _candidates(
        self, asked: Sequence[tuple[Task[I, O], int]], seed: int
    ) -> Iterator[Candidate]:
        seen: set[tuple[str, tuple[int, ...]]] = set()
        read = ((task.id, self._reader.task(task).tokens, n) for task, n in asked if n)
        for requests in batches(read, self._room):
            began, masked = time.perf_counter(), self._candidate_sampler.masking
            shares = self._orders.together("sample", requests, seed)
            rows = [row for each in shares for row in each]
            named = [
                (request.task_id, tuple(row.tokens))
                for request, row in zip(requests, rows, strict=True)
            ]
            duplicates = len(named) - len({*named} - seen)
            seen = {each for each in {*seen, *named} if each[0] == requests[-1].task_id}
            seconds = time.perf_counter() - began
            masking = self._candidate_sampler.masking - masked
            self._sampled = self._sampled.plus(rows, duplicates, seconds, masking)
            for request, row in zip(requests, rows, strict=True):
                yield Candidate(request.task_id, self._codec.decode(row.tokens), row.logprob)

    def _room(self, longest_source: int, tasks: int) -> int:
        # Each process has the tasks of its own rows, about as many as the others.
        size = self._processes.size
        return size * self._candidate_sampler.room(longest_source, -(-tasks // size))

    def _sample(self, requests: Sequence[Request], seed: int) -> list[list[Row]]:
        """Sample this process's part of ``requests`` and return the rows of all, by process."""
        own = share(requests, self._processes)
        return gather_results(lambda: self._candidate_sampler.sample(own, seed), self._processes)
