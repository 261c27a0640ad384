"""A policy that stable-baselines3 saved, read without unpickling: the zip holds all that is needed as data."""

import io
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError

LARGEST = 512 * 2**20
"""Bytes of an entry of the zip, at most."""
ACTIVATIONS = ("ELU", "GELU", "Hardtanh", "LeakyReLU", "Mish", "ReLU", "SELU", "SiLU", "Sigmoid", "Softplus", "Tanh")
CLIP_MEAN = 2.0
"""Of SAC's actor with state-dependent exploration."""


class SavedPolicy(nn.Module):
    """The deterministic action of a saved policy, in the units of the environment that it was trained on."""

    low: Tensor
    high: Tensor

    def __init__(self, net: nn.Sequential, low: np.ndarray, high: np.ndarray, *, squashed: bool) -> None:
        super().__init__()
        self.net, self.squashed = net, squashed
        self.register_buffer("low", torch.as_tensor(low, dtype=torch.float32))
        self.register_buffer("high", torch.as_tensor(high, dtype=torch.float32))

    def forward(self, obs: Float[Tensor, "batch observation"]) -> Float[Tensor, "batch action"]:
        """As `model.predict(obs, deterministic=True)`."""
        action = self.net(obs)
        if self.squashed:
            return self.low + 0.5 * (action + 1.0) * (self.high - self.low)
        return torch.maximum(torch.minimum(action, self.high), self.low)


def read_policy(path: Path | str) -> SavedPolicy:
    """The actor of a `.zip` of PPO, A2C, TRPO, SAC, TQC, TD3 or DDPG with flat observations.

    Raises:
        ConfigError: no such zip; images, dictionaries, discrete actions, a memory or a net of another shape; each with
            the way out.
    """
    path = Path(path)
    document, weights = _entries(path)
    try:
        return _policy(path, document, weights)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise _refused(path, f"its data is of another shape than stable-baselines3 writes ({error!r})") from error


def _policy(path: Path, document: dict[str, Any], weights: dict[str, Tensor]) -> SavedPolicy:
    action = document.get("action_space", {})
    if "Box" not in str(action.get(":type:", "")):
        raise _refused(path, f"its actions are {_kind(action)}, not a Box")
    space = document.get("observation_space", {})
    if "Box" not in str(space.get(":type:", "")) or len(space.get("_shape", ())) != 1:
        raise _refused(path, f"its observations are {_kind(space)}, not one flat Box")
    kwargs = document.get("policy_kwargs") or {}
    net, squashed, used = _actor(path, weights, kwargs)
    stray = [
        n
        for n in weights
        if n not in used and not re.match(r"(critic|actor_target|value_net|.*\.value_net|log_std)", n)
    ]
    stray = [n for n in stray if not n.startswith("actor.log_std")]
    if stray:
        raise _refused(path, f"its policy has parts that are not of a plain net: {', '.join(stray[:4])}")
    size = int(action["_shape"][0])
    low, high = (_numbers(path, action, side, size) for side in ("low", "high"))
    policy = SavedPolicy(net, low, high, squashed=squashed)
    return policy.eval()


def _entries(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    try:
        with zipfile.ZipFile(path) as archive:
            for name in ("data", "policy.pth"):
                if archive.getinfo(name).file_size > LARGEST:
                    raise _refused(path, f"{name} is larger than {LARGEST // 2**20} MB")
            document = json.loads(archive.read("data"))
            held = io.BytesIO(archive.read("policy.pth"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ConfigError(
            f"{path} is no model that stable-baselines3 saved ({error}); it comes from model.save(...)."
        ) from error
    try:
        weights = torch.load(held, map_location="cpu", weights_only=True)
    except Exception as error:  # pickle and torch raise anything on damaged data
        raise ConfigError(
            f"The weights in {path} cannot be read as plain tensors: {str(error).partition('.')[0]}."
        ) from error
    if not isinstance(document, dict) or not isinstance(weights, Mapping):
        raise _refused(path, "its data is of another shape than stable-baselines3 writes")
    return document, {str(k): v for k, v in weights.items() if isinstance(v, Tensor)}


def _actor(
    path: Path, weights: Mapping[str, Tensor], kwargs: Mapping[str, Any]
) -> tuple[nn.Sequential, bool, set[str]]:
    """The net, whether it ends in [-1, 1], and the names that it took."""
    if "action_net.weight" in weights:
        trunk, head, default = "mlp_extractor.policy_net", "action_net", "Tanh"
        squashed = str(kwargs.get("squash_output", False)) == "True"
        end: list[nn.Module] = [nn.Tanh()] if squashed else []
    elif any(n.startswith(("actor.latent_pi.", "actor.mu.weight")) for n in weights):
        sde = "actor.mu.0.weight" in weights
        trunk, head, default, squashed = "actor.latent_pi", "actor.mu.0" if sde else "actor.mu", "ReLU", True
        clip = float(kwargs.get("clip_mean", CLIP_MEAN))
        end = [nn.Hardtanh(-clip, clip), nn.Tanh()] if sde and clip > 0 else [nn.Tanh()]
    elif "actor.mu.0.weight" in weights:
        trunk, head, default, squashed = "actor.mu", "", "ReLU", True
        end = [nn.Tanh()]
    else:
        raise _refused(path, "it has no actor that is known (PPO, A2C, TRPO, SAC, TQC, TD3, DDPG)")
    activation = _activation(path, kwargs, default)
    at = sorted(int(m[1]) for n in weights if (m := re.fullmatch(rf"{re.escape(trunk)}\.(\d+)\.weight", n)))
    if at != list(range(0, 2 * len(at), 2)):
        raise _refused(path, "its actor's layers are not linear layers and activations in turn")
    names = [f"{trunk}.{i}" for i in at] + ([head] if head else [])
    layers: list[nn.Module] = []
    for i, name in enumerate(names):
        weight, bias = weights[f"{name}.weight"], weights.get(f"{name}.bias")
        if weight.dim() != 2:
            raise _refused(path, f"{name} is no linear layer")
        layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
        layer.load_state_dict({"weight": weight} | ({} if bias is None else {"bias": bias}))
        layers += [layer, *([activation()] if i < len(names) - 1 else [])]
    return nn.Sequential(*layers, *end), squashed, {f"{n}.{k}" for n in names for k in ("weight", "bias")}


def _activation(path: Path, kwargs: Mapping[str, Any], default: str) -> type[nn.Module]:
    said = str(kwargs.get("activation_fn", f"torch.nn.modules.activation.{default}'"))
    found = re.search(r"torch\.nn\.modules\.activation\.(\w+)", said)
    if found is None or found[1] not in ACTIVATIONS:
        raise _refused(path, f"its activation {said} is not among {', '.join(ACTIVATIONS)}")
    return getattr(nn, found[1])


def _numbers(path: Path, space: Mapping[str, Any], side: str, size: int) -> np.ndarray:
    """Limits are stored as numpy prints them; uniform ones once more as one number."""
    text = str(space.get(side, ""))
    try:
        if "..." in text:
            return np.full(size, float(space[f"{side}_repr"]), np.float32)
        values = np.array([float(x) for x in text.strip("[]").split()], np.float32)
    except (TypeError, ValueError, KeyError) as error:
        raise _refused(path, f"its action limits {text!r} cannot be read") from error
    if values.shape != (size,) or not np.isfinite(values).all():
        raise _refused(path, f"its action limits {text!r} are not {size} finite numbers")
    return values


def _kind(space: Mapping[str, Any]) -> str:
    found = re.search(r"(\w+)'>", str(space.get(":type:", "")))
    shape = tuple(space.get("_shape") or ())
    return f"{found[1] if found else 'unknown'}{shape if shape else ''}"


def _refused(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{path} cannot become a controller: {why}. Way out: load it by stable-baselines3 yourself and give "
        "innervate.adopt a torch module of flat observation to action."
    )
