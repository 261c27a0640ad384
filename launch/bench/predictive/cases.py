"""The agents that are compared, and how many seeds of each."""

from dataclasses import replace

from innervate.agents.mazes.many_seeds.trainer import RECOMMENDED, MazeAgentConfig
from innervate.agents.mazes.paper import PaperWeights
from innervate.controllers.paper_nets import LARGE_VALUE, PaperNetsConfig
from innervate.launch.bench.predictive.maze_runs import Case

MODEL_FREE = PaperWeights(prediction=0.0, negatives=0.0)
NEGATIVES = PaperWeights(prediction=0.0, negatives=1.0)
PREDICTION = {
    0.0: PaperWeights(prediction=1e-2, negatives=1e-1, horizon=0.0),
    0.25: PaperWeights(prediction=1e-2, negatives=1.0, horizon=0.25),
    0.5: PaperWeights(prediction=1e-3, negatives=1.0, horizon=0.5),
    0.8: PaperWeights(prediction=1e-4, negatives=1.0, horizon=0.8),
}
"""The paper's weights by horizon, each chosen by its authors on the task it is tested on."""
LARGE_PREDICTION = {0.0: PREDICTION[0.0], 0.8: PREDICTION[0.8]}
NEGATIVES_LARGE = PaperWeights(prediction=0.0, negatives=100.0)
"""The same for its larger value head."""
OURS = RECOMMENDED.weights
"""These, and the learning rate and target's pace beside them, were chosen on seeds from 1000 on, which no row uses."""


def paper(
    weights: PaperWeights, latent: int, *, rectified: bool = True, value: tuple[int, ...] = (16,), explore: float = 1.0,
    episodes: int = 601,
) -> MazeAgentConfig:  # fmt: skip
    """The paper's agent: random behaviour, terminals unmasked."""
    nets = PaperNetsConfig(latent=latent, rectified=rectified, value=value)
    return MazeAgentConfig(nets=nets, weights=weights, mask_terminal=False, episodes=episodes, explore=explore)


def room(weights: PaperWeights, latent: int) -> Case:
    """The paper's agent in its room, and its encoder then on a new goal."""
    return Case(agent=paper(weights, latent), transfer="goal")


def linear(weights: PaperWeights, latent: int) -> Case:
    """The missing control: the same with heads that read the latent as it is."""
    return Case(agent=paper(weights, latent, rectified=False, episodes=401))


def comfortable(weights: PaperWeights) -> Case:
    """A latent with room to spare, until the curves have met."""
    return Case(agent=paper(weights, 11, episodes=351))


def large(weights: PaperWeights) -> Case:
    """The larger value head on a wide latent, then a new goal."""
    return Case(agent=paper(weights, 17, value=LARGE_VALUE.value, episodes=401), transfer="goal")


def moved(weights: PaperWeights, explore: float) -> Case:
    """The same, trained under `explore`; then all images change places."""
    episodes = 1501 if explore < 0.5 else 601
    agent = paper(weights, 17, value=LARGE_VALUE.value, episodes=episodes, explore=explore)
    return Case(agent=agent, transfer="transition")


def default(weights: PaperWeights, latent: int) -> Case:
    """The agent that innervate offers, or the same with other weights."""
    nets = replace(RECOMMENDED.nets, latent=latent)
    return Case(agent=replace(RECOMMENDED, nets=nets, weights=weights))


def hard(weights: PaperWeights, latent: int) -> Case:
    """The same in four rooms of twice the size."""
    agent = replace(default(weights, latent).agent, episode_steps=300)
    return Case(agent=agent, room="four rooms 12")
