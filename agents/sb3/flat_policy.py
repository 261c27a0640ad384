"""Which policies are small tanh networks with Gaussian noise, and those policies as arrays."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import FlattenExtractor
from torch import nn

from ...controllers.circuits.mlp import MLP
from ...controllers.normaliser import CLIP, Normaliser
from .flat_net import FlatNet, FlatParameters
from .policy import ControllerPolicy

Array = np.ndarray
Look = Callable[[Array], Array]


@dataclass
class FlatPolicy:
    """Actor, critic and noise of a policy, on its own memory."""

    parameters: FlatParameters
    actor: FlatNet
    critic: FlatNet
    log_std: Float[Array, "action"]
    log_std_gradient: Float[Array, "action"] | None
    """None where the noise is not learned."""
    actor_sees: Look
    critic_sees: Look

    def act(
        self, observation: Float[Array, "batch size"], noise: Float[Array, "batch action"]
    ) -> tuple[Float[Array, "batch action"], Float[Array, "batch"], Float[Array, "batch"]]:
        """Actions, values and log probabilities, given standard normal noise."""
        mean = self.actor.forward(self.actor_sees(observation))
        value = self.critic.forward(self.critic_sees(observation))[:, 0]
        log_prob = -0.5 * (noise * noise).sum(axis=1) - self.log_std.sum()
        log_prob -= np.float32(0.5 * math.log(2 * math.pi) * noise.shape[1])
        return mean + np.exp(self.log_std) * noise, value, log_prob

    def values(self, observation: Float[Array, "batch size"]) -> Float[Array, "batch"]:
        """Values alone."""
        return self.critic.forward(self.critic_sees(observation))[:, 0]


def flatten(policy: ActorCriticPolicy) -> FlatPolicy | None:
    """The policy as arrays, or None if it is anything but tanh networks with Gaussian noise under Adam."""
    try:
        parameters = FlatParameters(policy.optimizer)
        if isinstance(policy, ControllerPolicy):
            flat = _controller_policy(policy, parameters)
        elif type(policy) is ActorCriticPolicy:
            flat = _mlp_policy(policy, parameters)
        else:
            return None
    except ValueError:
        return None
    return flat


def _mlp_policy(policy: ActorCriticPolicy, parameters: FlatParameters) -> FlatPolicy:
    """stable-baselines3's own `MlpPolicy`."""
    box = type(policy.features_extractor) is FlattenExtractor and len(policy.observation_space.shape or ()) == 1
    if not box or policy.use_sde or not hasattr(policy, "log_std") or policy.squash_output:
        raise ValueError("only flat observations and Gaussian noise that does not depend on the state")
    body = policy.mlp_extractor
    actor = parameters.net([*body.policy_net, policy.action_net])
    critic = parameters.net([*body.value_net, policy.value_net])
    return _assemble(parameters, actor, critic, policy.log_std, _as_is, _as_is)


def _controller_policy(policy: ControllerPolicy, parameters: FlatParameters) -> FlatPolicy:
    """A multilayer perceptron of innervate's with its critic."""
    controller = policy.controller
    if type(controller) is not MLP or controller.spec.choices:
        raise ValueError("only multilayer perceptrons that drive actuators")
    n = controller.spec.observation_size
    actor = parameters.net(list(controller.layers))
    critic = parameters.net(list(policy.critic.layers))
    actor_sees = _whitened(controller.normaliser, n)
    critic_sees = _whitened(policy.critic.normaliser, policy.carrier.seen_size)
    return _assemble(parameters, actor, critic, policy.log_std, actor_sees, critic_sees)


def _assemble(
    parameters: FlatParameters, actor: FlatNet, critic: FlatNet, log_std: nn.Parameter, a: Look, c: Look
) -> FlatPolicy:
    if not parameters.covers([actor, critic], log_std):
        raise ValueError("the optimiser updates more than actor, critic and noise")
    if log_std.requires_grad:
        value, gradient = parameters.slots(log_std)
    else:
        value, gradient = log_std.detach().numpy(), None
    return FlatPolicy(parameters, actor, critic, value, gradient, a, c)


def _as_is(x: Array) -> Array:
    return x


def _whitened(normaliser: Normaliser, size: int) -> Look:
    def see(x: Array) -> Array:
        scale = torch.rsqrt(normaliser.variance + 1e-8).numpy()
        white = (x[:, :size] - normaliser.mean.numpy()) * scale
        return np.clip(white, -CLIP, CLIP, out=white)

    return see
