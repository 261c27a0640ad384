"""A controller as the actor of stable-baselines3's PPO, with a critic beside it."""

from itertools import pairwise
from typing import Any

import torch
from gymnasium import spaces
from jaxtyping import Float
from stable_baselines3.common.distributions import DiagGaussianDistribution, MultiCategoricalDistribution
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.type_aliases import Schedule
from torch import Tensor, nn

from ...controllers import Controller, State
from ...controllers.layers import linear
from ...controllers.normaliser import Normaliser
from ..experience.guard import check_gradients
from .carry import Carrier


class Critic(nn.Module):
    """Value of a carried observation: tanh layers on what the body senses and what the circuit remembers."""

    def __init__(self, size: int, hidden: tuple[int, ...], generator: torch.Generator) -> None:
        super().__init__()
        self.normaliser = Normaliser(size)
        self.layers = value_layers(size, hidden, generator)

    def forward(self, sensed: Float[Tensor, "batch size"]) -> Float[Tensor, "batch 1"]:
        """Expected discounted return."""
        return self.layers(self.normaliser(sensed))


def value_layers(size: int, hidden: tuple[int, ...], generator: torch.Generator) -> nn.Sequential:
    """Tanh layers from `size` numbers to a value."""
    sizes = (size, *hidden)
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [linear(inputs, outputs, 2**0.5, generator), nn.Tanh()]
    return nn.Sequential(*layers, linear(sizes[-1], 1, 1.0, generator))


class ControllerPolicy(ActorCriticPolicy):
    """Gaussian noise of a common standard deviation for each actuator around the controller's action.

    Where the body chooses between alternatives, each is drawn with a probability that grows with its preference
    (softmax of the preferences by `std`, one for all of them).

    With `sequence_length` L > 1 a minibatch is read as (L, chunks) consecutive control steps, time first, and the
    controller is unrolled through them from the state stored with the first: backpropagation through time.
    """

    controller: Controller
    critic: Any

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
        lr_schedule: Schedule,
        *,
        controller: Controller,
        critic_hidden: tuple[int, ...],
        initial_std: float,
        learn_std: bool,
        generator: torch.Generator,
        sequence_length: int = 1,
        **_: Any,
    ) -> None:
        self._parts = (controller, critic_hidden, initial_std, learn_std, generator)
        self.sequence_length = sequence_length
        super().__init__(observation_space, action_space, lr_schedule)

    def _build(self, lr_schedule: Schedule) -> None:
        controller, hidden, std, learn_std, generator = self._parts
        self.controller, self.carrier = controller, Carrier.of(controller)
        self.critic = self.make_critic(controller, hidden, generator)
        self._choices = controller.spec.choices
        log_std = torch.full((1 if self._choices else controller.spec.action_size,), std).log()
        self.log_std = nn.Parameter(log_std, requires_grad=learn_std)
        trainable = [p for p in self.parameters() if p.requires_grad]
        self.optimizer = self.optimizer_class(trainable, lr=lr_schedule(1), **self.optimizer_kwargs)  # pyright: ignore[reportCallIssue]
        self.optimizer.register_step_pre_hook(self._before_step)

    def make_critic(self, controller: Controller, hidden: tuple[int, ...], generator: torch.Generator) -> nn.Module:
        """What values are from."""
        return Critic(Carrier.of(controller).seen_size, hidden, generator)

    def seen(self, carried: Tensor) -> Tensor:
        """What the critic reads of a carried observation."""
        return self.carrier.seen(carried)

    def _before_step(self, *_: Any) -> None:
        check_gradients(self)

    def _around(self, mean: Tensor) -> DiagGaussianDistribution | MultiCategoricalDistribution:
        if self._choices:
            preferences = mean / self.log_std.exp()
            return MultiCategoricalDistribution(list(self._choices)).proba_distribution(preferences)
        distribution = DiagGaussianDistribution(self.controller.spec.action_size)
        return distribution.proba_distribution(mean, self.log_std)

    def _mean(self, carried: Tensor) -> Tensor:
        obs, state, _ = self.carrier.split(carried)
        return self.controller(obs, state)[0]

    def _unrolled_mean(self, carried: Tensor) -> Tensor:
        """The controller's actions through sequences, its state carried by itself after the first step."""
        steps = carried.unflatten(0, (self.sequence_length, -1))
        obs, state, _ = self.carrier.split(steps[0])
        mean, state = self.controller(obs, state)
        means = [mean]
        for step in steps[1:]:
            obs, _, start = self.carrier.split(step)
            state: State = self.controller.reset_state(state, start > 0.5)
            mean, state = self.controller(obs, state)
            means.append(mean)
        return torch.cat(means)

    def forward(self, obs: Tensor, deterministic: bool = False) -> tuple[Tensor, Tensor, Tensor]:
        """Actions, values and log probabilities."""
        distribution = self._around(self._mean(obs))
        actions = distribution.get_actions(deterministic=deterministic)
        return actions, self.critic(self.seen(obs)), distribution.log_prob(actions)

    def evaluate_actions(self, obs: Tensor, actions: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Values, log probabilities and entropy of stored actions under the present parameters."""
        distribution = self._around(self._mean(obs) if self.sequence_length == 1 else self._unrolled_mean(obs))
        return self.critic(self.seen(obs)), distribution.log_prob(actions), distribution.entropy()

    def get_distribution(self, obs: Tensor) -> DiagGaussianDistribution | MultiCategoricalDistribution:  # pyright: ignore[reportIncompatibleMethodOverride]
        """What actions are drawn from."""
        return self._around(self._mean(obs))

    def predict_values(self, obs: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Values of carried observations."""
        return self.critic(self.seen(obs))

    def update_normalisers(self, carried: Float[Tensor, "batch size"]) -> None:
        """Let each normaliser of actor and critic learn from what it reads of carried observations."""
        for module in self.controller.modules():
            if isinstance(module, Normaliser):
                module.update(carried[:, : module.mean.numel()])
        self.critic.normaliser.update(self.carrier.seen(carried))
