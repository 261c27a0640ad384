"""The paper's agent as a stable-baselines3 DQN: its networks, its losses, its batches of two consecutive transitions.

Stock DQN has one network's maximum as target, a Huber loss and clipped gradients; under those the paper's figures are
others. For the paper's own mazes `many_seeds` is the same agent, and much faster.
"""

from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from jaxtyping import Float
from stable_baselines3 import DQN
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.dqn.policies import DQNPolicy
from torch import Tensor

from innervate.errors import ConfigError

from ...controllers.paper_nets import PaperNets, PaperNetsConfig
from .paper import PaperWeights, TwoSteps, paper_losses, weighted


class PaperQNetwork(BasePolicy):
    """Encoder, value head and transition model, as a Q-network."""

    nets: PaperNets

    def __init__(self, observation_space: spaces.Space[Any], action_space: Any, nets: PaperNetsConfig) -> None:
        super().__init__(observation_space, action_space)
        shape = observation_space.shape
        if shape is None or len(shape) != 2 or shape[0] != shape[1]:
            raise ConfigError(f"The paper's encoder sees square images of one channel (side, side), got {shape}.")
        generator = torch.Generator().manual_seed(int(torch.randint(2**31, ())))  # stable-baselines3 seeds torch
        self.nets = nets.build(shape[0], int(action_space.n), generator)

    def image(self, obs: Float[Tensor, "batch side side"]) -> Float[Tensor, "batch side side"]:
        """The image in an observation."""
        return obs

    def forward(self, obs: Float[Tensor, "batch ..."]) -> Float[Tensor, "batch action"]:
        """Action values."""
        return self.nets.values(self.nets.encode(self.image(obs.float())))

    def _predict(self, observation: Any, deterministic: bool = True) -> Tensor:
        return self(observation).argmax(dim=1)


class PaperPolicy(DQNPolicy):
    """Policy of `PaperDQN`; `policy_kwargs={"nets": PaperNetsConfig(...)}` chooses the sizes."""

    def __init__(self, *args: Any, nets: PaperNetsConfig | None = None, **kwargs: Any) -> None:
        self.nets_config = nets or PaperNetsConfig()
        kwargs["optimizer_kwargs"] = {"fused": True} | (kwargs.get("optimizer_kwargs") or {})
        super().__init__(*args, **kwargs)

    def make_q_net(self) -> Any:
        """One of the two copies."""
        return PaperQNetwork(self.observation_space, self.action_space, self.nets_config).to(self.device)

    def _get_constructor_parameters(self) -> dict[str, Any]:
        return super()._get_constructor_parameters() | {"nets": self.nets_config}


class PaperDQN(DQN):
    """Double DQN with a mean squared error, hard target copies, and the paper's auxiliary terms in the same step.

        PaperDQN("PaperPolicy", gym.make("innervate/Forage-v0")).learn(50_000)

    Pairs of transitions may lie on either side of an episode's end, as in the paper. Without `mask_terminal` the goal
    is valued like any other place (the paper follows it by the start of the same episode).
    """

    q_net: PaperQNetwork  # pyright: ignore[reportIncompatibleVariableOverride]
    q_net_target: PaperQNetwork  # pyright: ignore[reportIncompatibleVariableOverride]
    policy_aliases = {"PaperPolicy": PaperPolicy}  # noqa: RUF012  (stable-baselines3's name and form)

    def __init__(
        self,
        policy: str | type[DQNPolicy],
        env: Any,
        *,
        weights: PaperWeights | None = None,
        mask_terminal: bool = True,
        learning_rate: float = 1e-4,
        buffer_size: int = 20_000,
        learning_starts: int = 64,
        batch_size: int = 64,
        gamma: float = 0.9,
        train_freq: int = 1,
        target_update_interval: int = 1000,
        exploration_initial_eps: float = 1.0,
        exploration_final_eps: float = 1.0,
        seed: int | None = None,
        **rest: Any,
    ) -> None:
        if rest.get("optimize_memory_usage") or rest.get("n_steps", 1) != 1:
            raise ConfigError("PaperDQN needs both observations of a transition, one step apart; leave out "
                              "optimize_memory_usage and n_steps.")  # fmt: skip
        self.weights = weights or PaperWeights()
        self.mask_terminal = mask_terminal
        self._draw = np.random.default_rng(seed)
        super().__init__(
            policy, env, learning_rate=learning_rate, buffer_size=buffer_size, learning_starts=learning_starts,
            batch_size=batch_size, gamma=gamma, train_freq=train_freq, target_update_interval=target_update_interval,
            exploration_initial_eps=exploration_initial_eps, exploration_final_eps=exploration_final_eps, seed=seed,
            **rest,
        )  # fmt: skip

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """One joint step of Adam for each of `gradient_steps`."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        nets, target = self.q_net.nets, self.q_net_target.nets
        terms = dict[str, Tensor]()
        for _ in range(gradient_steps):
            terms = paper_losses(
                nets, target, self.two_steps(batch_size), horizon=self.weights.horizon, discount=self.gamma,
                mask_terminal=self.mask_terminal,
            )  # fmt: skip
            self.policy.optimizer.zero_grad()
            weighted(terms, self.weights).backward()
            self.policy.optimizer.step()
        self._n_updates += gradient_steps
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        for name, term in terms.items():
            self.logger.record(f"train/loss_{name}", float(term.detach()))

    def two_steps(self, batch_size: int) -> TwoSteps:
        """Consecutive rows of the buffer, from anywhere but across the point where it is being overwritten."""
        buffer: Any = self.replay_buffer
        oldest, stored = (buffer.pos, buffer.buffer_size) if buffer.full else (0, buffer.pos)
        if stored < 2:
            raise ConfigError("Learning needs two consecutive transitions; raise learning_starts to at least 2 an env.")
        one = (oldest + self._draw.integers(stored - 1, size=batch_size)) % buffer.buffer_size
        two = (one + 1) % buffer.buffer_size
        column = self._draw.integers(buffer.n_envs, size=batch_size)
        ended = buffer.dones[two, column] * (1 - buffer.timeouts[two, column])

        def read(array: np.ndarray, row: np.ndarray) -> Tensor:
            return torch.as_tensor(array[row, column], device=self.device).float()

        def image(array: np.ndarray, row: np.ndarray) -> Tensor:
            return self.q_net.image(read(array, row))

        def action(row: np.ndarray) -> Tensor:
            return torch.as_tensor(buffer.actions[row, column, 0], device=self.device).long()

        return TwoSteps(
            first=image(buffer.observations, one), first_action=action(one),
            second=image(buffer.observations, two), second_action=action(two),
            reward=read(buffer.rewards, two), terminal=torch.as_tensor(ended > 0, device=self.device),
            third=image(buffer.next_observations, two),
        )  # fmt: skip

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_draw"]
