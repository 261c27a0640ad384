"""stable-baselines3's PPO without the bookkeeping: the same algorithm, several times faster on small networks."""

# stable-baselines3 offers its rollout state only as attributes with a leading underscore.
# pyright: reportPrivateUsage=false

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.utils import explained_variance
from stable_baselines3.common.vec_env import VecEnv

from innervate.errors import NonFiniteError

from .flat_policy import FlatPolicy, flatten

Array = np.ndarray


class FusedPPO(PPO):
    """A drop-in for `stable_baselines3.PPO`: same arguments, callbacks, logger, save and load, same minibatches.

    Where the policy is a tanh network with Gaussian noise under Adam (`MlpPolicy` on flat observations, or innervate's
    MLP), rollouts and updates run as fused NumPy on the policy's own memory. Anything else runs as it always did.
    """

    flat: FlatPolicy | None = None

    def _setup_model(self) -> None:
        super()._setup_model()
        plain = self.clip_range_vf is None and self.device.type == "cpu" and type(self.rollout_buffer) is RolloutBuffer
        self.flat = flatten(self.policy) if plain else None

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "flat"]

    def collect_rollouts(
        self, env: VecEnv, callback: BaseCallback, rollout_buffer: RolloutBuffer, n_rollout_steps: int
    ) -> bool:
        """Fill the rollout buffer, as the original does, with one fused call a step."""
        flat = self.flat
        if flat is None:
            return super().collect_rollouts(env, callback, rollout_buffer, n_rollout_steps)
        flat.parameters.claim()
        assert self._last_obs is not None
        last, starts = np.asarray(self._last_obs, np.float32), self._last_episode_starts
        low, high = self.action_space.low, self.action_space.high  # pyright: ignore[reportAttributeAccessIssue]
        shape = (n_rollout_steps, env.num_envs, *(self.action_space.shape or ()))
        rollout_buffer.reset()
        callback.on_rollout_start()
        noise = torch.randn(shape).numpy()  # after the call back: a snapshot taken there has not drawn it yet
        for step in range(n_rollout_steps):
            actions, values, log_probs = flat.act(last, noise[step])
            new, rewards, dones, infos = env.step(np.clip(actions, low, high))
            self.num_timesteps += env.num_envs
            callback.update_locals(locals())
            if not callback.on_step():
                return False
            if dones.any():
                self._update_info_buffer(infos, dones)
                rewards = self._bootstrapped(flat, rewards, infos)
            t = rollout_buffer.pos
            rollout_buffer.observations[t] = last
            rollout_buffer.actions[t] = actions
            rollout_buffer.rewards[t] = rewards
            rollout_buffer.episode_starts[t] = starts
            rollout_buffer.values[t] = values
            rollout_buffer.log_probs[t] = log_probs
            rollout_buffer.pos += 1
            last, starts = np.asarray(new, np.float32), dones
        rollout_buffer.full = True
        self._last_obs, self._last_episode_starts = last, starts
        final = torch.from_numpy(flat.values(last))
        rollout_buffer.compute_returns_and_advantage(last_values=final, dones=np.asarray(starts))
        callback.update_locals(locals())
        callback.on_rollout_end()
        return True

    def _bootstrapped(self, flat: FlatPolicy, rewards: Array, infos: list[dict[str, Any]]) -> Array:
        """Rewards with the value of the state in which a time limit cut an episode."""
        cut = [i for i, info in enumerate(infos) if info.get("TimeLimit.truncated", False)]
        if not cut:
            return rewards
        rewards = rewards.copy()
        terminal = np.stack([np.asarray(infos[i]["terminal_observation"], np.float32) for i in cut])
        rewards[cut] += self.gamma * flat.values(terminal)
        return rewards

    def train(self) -> None:
        """Update the policy on the rollout buffer, in the original's minibatches."""
        flat = self.flat
        if flat is None:
            super().train()
            return
        flat.parameters.claim()
        self._update_learning_rate(self.policy.optimizer)
        clip = float(self.clip_range(self._current_progress_remaining))  # pyright: ignore[reportCallIssue, reportArgumentType]
        buffer = self.rollout_buffer
        count = buffer.buffer_size * buffer.n_envs
        names = ("observations", "actions", "log_probs", "advantages", "returns")
        obs, actions, old, advantages, returns = (_by_environment(getattr(buffer, n)) for n in names)
        actor_in, critic_in = flat.actor_sees(obs), flat.critic_sees(obs)
        old, advantages, returns = old.ravel(), advantages.ravel(), returns.ravel()
        seen: list[tuple[float, ...]] = []
        kls: list[float] = []
        keep_going = True
        for _ in range(self.n_epochs):
            # The original draws its minibatches so; drawing alike keeps both on the same ones.
            order = np.random.permutation(count)  # noqa: NPY002
            kls = []
            for start in range(0, count, self.batch_size):
                rows = order[start : start + self.batch_size]
                adv = advantages[rows]
                if self.normalize_advantage and len(adv) > 1:
                    adv = (adv - adv.mean()) / (adv.std(ddof=1) + np.float32(1e-8))
                figures = self._gradient(flat, actor_in[rows], critic_in[rows], actions[rows], old[rows], adv,
                                         returns[rows], clip)  # fmt: skip
                seen.append(figures)
                kls.append(figures[3])
                if self.target_kl is not None and figures[3] > 1.5 * self.target_kl:
                    keep_going = False
                    break
                norm = flat.parameters.clip_gradient(self.max_grad_norm)
                if not np.isfinite(norm):
                    raise NonFiniteError("The gradient is not finite; lower the learning rate or clip the gradient.")
                flat.parameters.adam()
            self._n_updates += 1
            if not keep_going:
                break
        flat.parameters.publish()
        self._record(seen, kls, clip)

    def _gradient(
        self,
        flat: FlatPolicy,
        actor_in: Float[Array, "batch a"],
        critic_in: Float[Array, "batch c"],
        actions: Float[Array, "batch action"],
        old: Float[Array, "batch"],
        advantage: Float[Array, "batch"],
        returns: Float[Array, "batch"],
        clip: float,
    ) -> tuple[float, ...]:
        """Write the gradient of the loss; returns policy loss, value loss, clip fraction, divergence and loss."""
        n = np.float32(len(actions))
        mean = flat.actor.forward(actor_in)
        value = flat.critic.forward(critic_in)[:, 0]
        inverse = np.exp(-flat.log_std)
        z = (actions - mean) * inverse
        log_prob = -0.5 * (z * z).sum(axis=1) - flat.log_std.sum() - np.float32(0.9189385332046727 * actions.shape[1])
        log_ratio = log_prob - old
        ratio = np.exp(log_ratio)
        free, bound = advantage * ratio, advantage * np.clip(ratio, 1 - clip, 1 + clip)
        # The smaller of the two is maximised; where the bound is smaller, it does not depend on the parameters.
        d_log_prob = np.where(free <= bound, free, np.float32(0.0)) * (np.float32(-1.0) / n)
        flat.actor.backward(d_log_prob[:, None] * z * inverse)
        if flat.log_std_gradient is not None:
            flat.log_std_gradient[:] = d_log_prob @ (z * z - 1.0) - np.float32(self.ent_coef)
        error = value - returns
        flat.critic.backward((error * (np.float32(2 * self.vf_coef) / n))[:, None])
        policy_loss, value_loss = -float(np.minimum(free, bound).mean()), float((error * error).mean())
        entropy = float(flat.log_std.sum()) + len(flat.log_std) * (0.5 + 0.9189385332046727)
        return (
            policy_loss,
            value_loss,
            float((np.abs(ratio - 1) > clip).mean()),
            float((ratio - 1 - log_ratio).mean()),
            policy_loss - self.ent_coef * entropy + self.vf_coef * value_loss,
            -entropy,
        )

    def _record(self, seen: list[tuple[float, ...]], kls: list[float], clip: float) -> None:
        policy, value, clipped, _, loss, entropy = (list(column) for column in zip(*seen, strict=True))
        buffer, record = self.rollout_buffer, self.logger.record
        record("train/entropy_loss", float(np.mean(entropy)))
        record("train/policy_gradient_loss", float(np.mean(policy)))
        record("train/value_loss", float(np.mean(value)))
        record("train/approx_kl", float(np.mean(kls)))
        record("train/clip_fraction", float(np.mean(clipped)))
        record("train/loss", loss[-1])
        record("train/explained_variance", explained_variance(buffer.values.ravel(), buffer.returns.ravel()))
        record("train/std", float(self.policy.log_std.detach().exp().mean()))
        record("train/n_updates", self._n_updates, exclude="tensorboard")
        record("train/clip_range", clip)


def _by_environment(x: Array) -> Array:
    """(time, env, ...) as (env * time, ...): the order in which stable-baselines3 numbers its samples."""
    return np.ascontiguousarray(x.swapaxes(0, 1)).reshape(-1, *x.shape[2:])
