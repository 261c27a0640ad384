"""Prediction on an algorithm of stable-baselines3, without a copy of its `train()`.

The gradient of the auxiliary objective is added in a hook that runs between the algorithm's own backward pass and
the optimiser's step: one step of one optimiser on both losses. The predictor is part of the policy, so that it is
moved, saved and loaded with it. All that the objective draws comes from a generator of its own: with `aux_coef=0`
the parameters are those of the algorithm alone at the same seed, bit for bit.
"""

# stable-baselines3 keeps the optimiser's surroundings in attributes with a leading underscore.
# pyright: reportPrivateUsage=false

import copy
from typing import Any, ClassVar

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.preprocessing import get_action_dim, preprocess_obs
from stable_baselines3.common.utils import polyak_update
from torch import Tensor, nn
from torch.nn.functional import one_hot
from torch.optim import Optimizer

from innervate.errors import ConfigError, NonFiniteError

from ..objectives._objective import Experience, Objective
from .asked import Asked, build, configured
from .diagnostics import effective_rank, silent_fraction
from .encoder import LatentEncoder
from .sequences import replayed, rolled_out

DEFAULT_LATENT = 16
DIAGNOSE_EVERY = 100
"""Optimiser steps between two looks at the latent."""


class Predictive(BaseAlgorithm):
    """Stands before an algorithm in the order of resolution; made by `with_prediction`.

    Args:
        policy: `"MlpPolicy"`, or a policy whose actor has no encoder of its own, like those in `policies`.
        env: as for the algorithm.
        latent: units of the latent; 16 unless `policy_kwargs` brings an encoder of its own as
            `features_extractor_class`.
        objective: name or configuration of an auxiliary objective, or several.
        aux_coef: weight of the auxiliary loss against the algorithm's own; 0 switches it off.
        aux_batch_size: moments drawn for it each step; as many as the algorithm draws unless given.
        slow_tau: how fast the slow encoder follows, where the algorithm has no target network to lend.
        encoder_kwargs: options of `LatentEncoder`.
        args: as for the algorithm.
        kwargs: as for the algorithm.
    """

    owner: ClassVar[str]
    """The part of the policy that owns the encoder: `critic`, `q_net`, `quantile_net`, or empty for the policy."""
    policy: Any

    def __init__(
        self,
        policy: str | type[BasePolicy],
        env: Any,
        *args: Any,
        latent: int | None = None,
        objective: Asked = "self-predictive",
        aux_coef: float = 1.0,
        aux_batch_size: int | None = None,
        slow_tau: float = 0.005,
        encoder_kwargs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        name = type(self).__name__
        if latent is not None and latent < 1:
            raise ConfigError(f"A latent needs at least one unit, got latent = {latent}.")
        if not 0 <= aux_coef < float("inf"):
            raise ConfigError(f"The weight of the auxiliary loss is a finite number of 0 or more, got {aux_coef}.")
        if aux_batch_size is not None and aux_batch_size < 1:
            raise ConfigError(f"The auxiliary loss needs at least one moment, got aux_batch_size = {aux_batch_size}.")
        if not 0 < slow_tau <= 1:
            raise ConfigError(f"slow_tau is the share by which the slow encoder follows, in (0, 1], got {slow_tau}.")
        if kwargs.get("optimize_memory_usage"):
            raise ConfigError(
                f"{name} needs the next observations, which optimize_memory_usage=True throws away; leave it out."
            )
        own = dict(kwargs.pop("policy_kwargs", None) or {})
        if "features_extractor_class" not in own:
            own["features_extractor_class"] = LatentEncoder
            own["features_extractor_kwargs"] = {"latent": latent or DEFAULT_LATENT, **(encoder_kwargs or {})}
        elif latent is not None or encoder_kwargs:
            raise ConfigError("policy_kwargs brings its own encoder; set the latent's size there and leave out latent.")
        self.objective, self.aux_coef = configured(objective), aux_coef
        self.aux_batch_size, self.slow_tau = aux_batch_size, slow_tau
        self._aux_rng = np.random.default_rng(kwargs.get("seed"))
        self._aux_terms: dict[str, list[Tensor]] = {}
        self._aux_steps = 0
        super().__init__(policy, env, *args, policy_kwargs=own, **kwargs)

    def _setup_model(self) -> None:
        if isinstance(self.observation_space, spaces.Dict):
            raise ConfigError("Prediction encodes one array; wrap the environment in gymnasium's FlattenObservation.")
        if not isinstance(self.action_space, (spaces.Box, spaces.Discrete)):
            raise ConfigError(f"Prediction knows Box and Discrete actions, not {self.action_space}.")
        super()._setup_model()
        self._attach()

    def _attach(self) -> None:
        """Give the policy its predictor and the optimiser its hooks."""
        encoder, optimizer = self.encoder, self._encoder_optimizer
        if not any(True for _ in encoder.parameters()):
            raise ConfigError(
                f"{type(encoder).__name__} has no parameters, so that there is no encoder to train; leave out "
                "features_extractor_class, or give one that learns."
            )
        actor: Any = getattr(self.policy, "actor", None)
        if actor is not None and any(True for _ in actor.features_extractor.parameters()):
            raise ConfigError(
                f"The actor of {type(self.policy).__name__} has an encoder of its own, which prediction would not "
                'reach; give "MlpPolicy", or a policy after innervate.agents.predictive.policies.CriticOwnsEncoder.'
            )
        space: Any = self.action_space
        actions = int(space.n) if isinstance(space, spaces.Discrete) else get_action_dim(space)
        latent = encoder.latent if isinstance(encoder, LatentEncoder) else encoder.features_dim
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(self._aux_rng.integers(2**31)))
            self.policy.predictor = build(self.objective, latent, actions).to(self.device)
        if self._lent_target() is None:
            self.policy.slow_encoder = copy.deepcopy(encoder).requires_grad_(False)
        if trained := [p for p in self.policy.predictor.parameters() if p.requires_grad]:
            optimizer.add_param_group({"params": trained})
        optimizer.register_step_pre_hook(self._before_step)
        optimizer.register_step_post_hook(self._after_step)

    @property
    def encoder(self) -> Any:
        """The features extractor that the value and the objective train together."""
        return getattr(self.policy, self.owner, self.policy).features_extractor

    @property
    def predictor(self) -> Objective:
        """The objective with its networks."""
        return self.policy.predictor

    @property
    def _encoder_optimizer(self) -> Optimizer:
        owner = getattr(self.policy, self.owner, self.policy)
        return owner.optimizer if hasattr(owner, "optimizer") else self.policy.optimizer

    def _lent_target(self) -> nn.Module | None:
        """The encoder of the algorithm's own target network, if it has one."""
        target = getattr(self.policy, f"{self.owner}_target", None)
        return None if target is None else target.features_extractor

    def encode(self, observation: Tensor, encoder: nn.Module | None = None) -> Tensor:
        """Observations as a buffer holds them (batch, ...) to latents, by the online encoder unless told otherwise."""
        asked: Any = self.encoder if encoder is None else encoder
        images: bool = self.policy.normalize_images
        seen: Any = preprocess_obs(observation, self.observation_space, normalize_images=images)
        return asked.encode(seen) if isinstance(asked, LatentEncoder) else asked(seen)

    def _draw(self) -> Experience | None:
        """Sequences out of whatever the algorithm has stored."""
        batch, steps = self.aux_batch_size or getattr(self, "batch_size", 64), self.predictor.steps
        buffer: Any = getattr(self, "replay_buffer", None) or getattr(self, "rollout_buffer", None)
        if isinstance(buffer, RolloutBuffer):
            drawn = rolled_out(buffer, self._aux_rng, batch, steps)
        else:
            drawn = replayed(buffer, self._aux_rng, batch, steps, self._vec_normalize_env)
        if drawn is None:
            return None
        observations, actions, valid = (torch.as_tensor(x, device=self.device) for x in drawn)
        space: Any = self.action_space
        if isinstance(space, spaces.Discrete):
            actions = one_hot(actions.long().squeeze(2), int(space.n))
        elif isinstance(buffer, RolloutBuffer):  # holds what was drawn; the body was told what fits its limits
            low, high = (torch.as_tensor(limit, device=self.device) for limit in (space.low, space.high))
            actions = actions.clamp(low, high)
        return Experience(observations, actions.float(), valid.float())

    def _before_step(self, *_: Any) -> None:
        """Add the gradient of the auxiliary loss to that of the algorithm's own."""
        seen = self._draw() if self.aux_coef > 0 else None
        if seen is None:
            return
        slow = self._lent_target() or self.policy.slow_encoder
        terms = self.predictor.loss(self.encode, lambda observation: self.encode(observation, slow), seen)
        for name, value in terms.items():
            if not value.isfinite():
                raise NonFiniteError(f"The auxiliary loss {name!r} is {value.item()}; lower aux_coef or learning_rate.")
            self._aux_terms.setdefault(name, []).append(value.detach())
        parameters = [p for m in (self.encoder, self.predictor) for p in m.parameters() if p.requires_grad]
        total = self.aux_coef * torch.stack(list(terms.values())).sum()
        gradients = torch.autograd.grad(total, parameters, allow_unused=True)
        self._add(parameters, gradients)

    def _add(self, parameters: list[nn.Parameter], gradients: tuple[Tensor | None, ...]) -> None:
        """The algorithm has clipped its own gradient already, so this one is clipped by itself, to the same norm."""
        limit, scale = getattr(self, "max_grad_norm", None), 1.0
        if limit is not None:
            norm = torch.nn.utils.get_total_norm([g for g in gradients if g is not None])
            scale = min(1.0, float(limit) / (float(norm) + 1e-6))
        for parameter, gradient in zip(parameters, gradients, strict=True):
            if gradient is not None:
                gradient = gradient * scale
                parameter.grad = gradient if parameter.grad is None else parameter.grad + gradient

    @torch.no_grad()
    def _after_step(self, *_: Any) -> None:
        """Slow copies follow what has just been updated."""
        self._aux_steps += 1
        if self.aux_coef == 0:
            return
        if self._lent_target() is None:
            polyak_update(self.encoder.parameters(), self.policy.slow_encoder.parameters(), self.slow_tau)
        self.predictor.follow(self.slow_tau)

    def train(self, *args: Any, **kwargs: Any) -> None:
        """The algorithm's own update, and the auxiliary figures."""
        before = self._aux_steps
        parent: Any = super()
        parent.train(*args, **kwargs)
        for name, values in self._aux_terms.items():
            self.logger.record(f"train/aux_{name}", float(torch.stack(values).mean()))
        self._aux_terms = {}
        if before // DIAGNOSE_EVERY != self._aux_steps // DIAGNOSE_EVERY:
            self._diagnose()

    @torch.no_grad()
    def _diagnose(self) -> None:
        seen = self._draw()
        if seen is None:
            return
        latents = self.encode(seen.observations[0]).cpu().numpy()
        self.logger.record("train/silent_units", silent_fraction(latents))
        self.logger.record("train/effective_rank", effective_rank(latents))
