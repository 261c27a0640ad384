"""The anatomy of a nervous system: every organ of a composed animal, as it is built."""

from innervate.agents.experience.senses.history import HistoryConfig
from innervate.agents.learner import WorldConfig
from innervate.controllers.circuits.brain import BrainConfig, Part
from innervate.controllers.circuits.mlp import MLPConfig
from innervate.launch.analysis.anatomy import anatomy, draw_anatomy

WORLD = WorldConfig(id="swim", options={"n_links": 3}, senses=(HistoryConfig(),))
SMALL = MLPConfig(hidden=(4,))
BRAIN = BrainConfig(
    parts={
        "slow": Part(controller=SMALL, senses=("joint_angle/before",), gives=2, period_s=0.3, delay_s=0.06),
        "fast": Part(controller=SMALL, senses=("joint_angle", "slow", "slow_age")),
    }
)


def test_senses_and_parts_in_order_with_their_rates_and_sizes() -> None:
    body, organs = anatomy(WORLD, BRAIN)
    assert [name for name, _ in body] == ["joint_angle", "body_velocity"]
    history, slow, fast = organs
    assert history.name == "history" and history.gives[0][0] == "joint_angle/before" and history.state > 0
    assert (slow.name, slow.takes, slow.gives) == ("slow", ("joint_angle/before",), (("slow", 2),))
    assert (slow.period_s, slow.delay_s) == (0.3, 0.06)
    inputs = history.gives[0][1]
    assert slow.parameters == (inputs * 4 + 4) + (4 * 2 + 2)
    assert fast.takes == ("joint_angle", "slow", "slow_age") and fast.gives == (("fast", 2),)
    words = [text.get_text() for text in draw_anatomy(body, organs, 1).axes[0].texts]
    assert {"history", "slow", "fast"} <= set(words)
    assert any("3.33 Hz, 0.06 s late" in word for word in words)
