"""From environments to what a learner learns from: worlds, rollouts, senses, guards."""
