"""Where modules lived before: their old names still import, with a warning, until the next release.

A name is taken out of `MOVED` when its release is over.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys
import warnings
from collections.abc import Sequence
from types import ModuleType

MOVED: dict[str, str] = {
    old: new
    for old, _, new in (line.strip().partition(" ") for line in """
    agents.cluster agents.evolution.cluster
    agents.field_view agents.experience.field_view
    agents.guard agents.experience.guard
    agents.judge agents.evolution.judge
    agents.plants agents.twins
    agents.plants.arm26 agents.twins.arm26
    agents.plants.curves agents.twins.curves
    agents.plants.hill agents.twins.hill
    agents.plants.in_field agents.twins.in_field
    agents.plants.layout agents.twins.layout
    agents.plants.muscle_arm agents.twins.muscle_arm
    agents.plants.plant agents.twins.plant
    agents.plants.two_link agents.twins.two_link
    agents.predictive.dqn agents.mazes.dqn
    agents.predictive.learner agents.learners.predictive_sac
    agents.predictive.many_seeds agents.mazes.many_seeds
    agents.predictive.objectives agents.objectives
    agents.predictive.objectives.decorrelation agents.objectives.decorrelation
    agents.predictive.objectives.horizon agents.objectives.horizon
    agents.predictive.objectives.sale agents.objectives.sale
    agents.predictive.objectives.self_predictive agents.objectives.self_predictive
    agents.predictive.objectives.spr agents.objectives.spr
    agents.predictive.paper agents.mazes.paper
    agents.predictive.paper_nets controllers.paper_nets
    agents.rollout agents.experience.rollout
    agents.sb3.ppo agents.learners.ppo
    controllers.bilateral controllers.circuits.bilateral
    controllers.bilateral.callosum controllers.circuits.bilateral.callosum
    controllers.bilateral.ensemble controllers.circuits.ensemble
    controllers.bilateral.matched controllers.circuits.bilateral.matched
    controllers.latent controllers.circuits.latent
    controllers.ncap controllers.circuits.ncap
    controllers.wiring controllers.circuits.wiring
    controllers.wiring.activation controllers.circuits.wiring.activation
    controllers.wiring.circuit controllers.circuits.wiring.circuit
    controllers.wiring.config controllers.circuits.wiring.config
    controllers.wiring.connectome controllers.circuits.wiring.connectome
    controllers.wiring.formats controllers.circuits.wiring.formats
    controllers.wiring.intervention controllers.circuits.wiring.intervention
    controllers.wiring.memory controllers.circuits.wiring.dynamics
    controllers.wiring.null controllers.circuits.wiring.null
    controllers.wiring.strengths controllers.circuits.wiring.strengths
    controllers.wiring.swimmers controllers.circuits.wiring.swimmers
    controllers.wiring.wired controllers.circuits.wiring.wired
    envs.arena envs.tasks.arena
    envs.bodies.look envs.scenery.look
    envs.bodies.rays envs.scenery.rays
    envs.bodies.rooms envs.scenery.rooms
    envs.bodies.town envs.scenery.town
    envs.bodies.walls envs.scenery.walls
    envs.channel signals
    envs.event_camera envs.sight.event_camera
    envs.eye envs.sight.eye
    envs.gl envs.sight.gl
    envs.imperfect envs.engine.imperfect
    envs.make envs.engine.make
    envs.of_world envs.engine.of_world
    envs.photograph envs.sight.photograph
    envs.readings envs.engine.readings
    envs.recorder envs.engine.recorder
    envs.render envs.sight.render
    envs.replay envs.engine.replay
    envs.route envs.tasks.route
    envs.rover envs.bodies.rover
    envs.seeding envs.engine.seeding
    envs.single envs.engine.single
    envs.snapshots envs.engine.snapshots
    envs.solids launch.analysis.measures.solids
    envs.suite envs.foreign.suite
    envs.varied envs.engine.varied
    envs.vector envs.engine.vector
    envs.viewpoints envs.sight.viewpoints
    envs.warp_batch envs.engine.warp_batch
    envs.weather envs.scenery.weather
    launch.ros.body_messages launch.ros.simulated.body_messages
    launch.ros.check launch.ros.session.check
    launch.ros.command_inbox launch.ros.simulated.command_inbox
    launch.ros.describe launch.ros.simulated.describe
    launch.ros.drive launch.ros.session.drive
    launch.ros.environment launch.ros.session.environment
    launch.ros.episode launch.ros.session.episode
    launch.ros.errors launch.ros.bridge.errors
    launch.ros.link launch.ros.session.link
    launch.ros.loading launch.ros.simulated.loading
    launch.ros.measured launch.ros.session.measured
    launch.ros.recording launch.ros.session.recording
    launch.ros.replay launch.ros.session.replay
    launch.ros.senses launch.ros.session.senses
    launch.ros.sim_services launch.ros.simulated.sim_services
    launch.ros.simulation launch.ros.simulated.simulation
    launch.ros.wires launch.ros.session.wires
    launch.run.files files
    perception.compiled kernels
    perception.field.camera cameras
    perception.field.checkpoint perception.field.radiance.checkpoint
    perception.field.folder perception.field.capture.folder
    perception.field.information perception.field.answers.information
    perception.field.labels perception.field.answers.labels
    perception.field.localise perception.field.answers.localise
    perception.field.march perception.field.radiance.march
    perception.field.mesh perception.field.answers.mesh
    perception.field.mlp perception.field.radiance.mlp
    perception.field.planning perception.field.answers.planning
    perception.field.ray_function perception.field.radiance.ray_function
    perception.field.space perception.field.answers.space
    perception.field.training perception.field.radiance.training
    perception.field.voxel perception.field.radiance.voxel
    perception.field.voxel_torch perception.field.radiance.voxel_torch
    perception.place.adaptation perception.place.spiking.adaptation
    perception.place.conductance perception.place.spiking.conductance
    perception.place.hyperactive perception.place.spiking.hyperactive
    perception.place.nir_export perception.place.neuromorphic.nir_export
    perception.place.operations perception.place.neuromorphic.operations
    perception.place.place_ensemble perception.place.recognisers.place_ensemble
    perception.place.preprocess perception.place.images.preprocess
    perception.place.spiking_map perception.place.recognisers.spiking_map
    perception.place.v1 perception.place.images.v1
    perception.place.vprtempo perception.place.recognisers.vprtempo
    """.strip().splitlines())
}  # fmt: skip
"""Old name to new name, within the package."""
PACKAGE = f"{__package__}."


class Forward(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds an old name, and gives the module that took its place."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for old names of this package only."""
        del path, target
        old = fullname.removeprefix(PACKAGE)
        if old == fullname or old not in MOVED:
            return None
        # A folder that has moved whole is still looked into for its modules.
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """An empty module; `exec_module` puts the new one in its place."""
        return ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Warn, and answer with the new module from now on."""
        new = PACKAGE + MOVED[module.__name__.removeprefix(PACKAGE)]
        warnings.warn(
            f"{module.__name__} is now {new}; the old name goes with the next release.", DeprecationWarning, 2
        )
        sys.modules[module.__name__] = importlib.import_module(new)


def install() -> None:
    """Once, before all other finders: below a folder that moved, they would find the new files anew."""
    if not any(isinstance(finder, Forward) for finder in sys.meta_path):
        sys.meta_path.insert(0, Forward())
