"""The agents that are compared."""

from innervate.agents.predictive.many_seeds.trainer import MazeAgentConfig
from innervate.agents.predictive.paper import PaperWeights
from innervate.agents.predictive.paper_nets import PaperNetsConfig
from innervate.launch.bench.predictive.maze_runs import Case

MODEL_FREE = PaperWeights(prediction=0, negatives=0)
NEGATIVES = PaperWeights(prediction=0, negatives=1)
PREDICTION = {
    0.0: PaperWeights(prediction=1e-2, negatives=1e-1, horizon=0.0),
    0.25: PaperWeights(prediction=1e-2, negatives=1, horizon=0.25),
    0.5: PaperWeights(prediction=1e-3, negatives=1, horizon=0.5),
    0.8: PaperWeights(prediction=1e-4, negatives=1, horizon=0.8),
}
"""The paper's weights by horizon, each chosen by its authors on the task it is tested on."""


def paper(weights: PaperWeights, latent: int, *, rectified: bool = True, episodes: int = 601) -> MazeAgentConfig:
    """The paper's agent: random behaviour, terminals unmasked."""
    nets = PaperNetsConfig(latent=latent, rectified=rectified)
    return MazeAgentConfig(nets=nets, weights=weights, mask_terminal=False, episodes=episodes)


def room(weights: PaperWeights, latent: int, *, rectified: bool = True) -> Case:
    """In the paper's room, then on a new goal."""
    return Case(agent=paper(weights, latent, rectified=rectified), transfer="goal")
