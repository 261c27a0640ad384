"""Mazes of single cells: what Gymnasium demands, and what the pictures and tables must agree on."""

import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from innervate.envs.mazes import Maze, four_rooms, open_room, ring
from innervate.envs.mazes.t_maze import TRACE, TMazeEnv
from innervate.envs.mazes.track import clockwise
from innervate.envs.registry import MAZES
from innervate.errors import ConfigError

KINDS = pytest.mark.parametrize(
    "maze",
    [Maze.on(floor, np.random.default_rng(3)) for floor in (open_room(8), four_rooms(12), ring(8))],
    ids=["open", "four rooms", "ring"],
)
LEFT, RIGHT, UP, DOWN = 3, 1, 0, 2


@pytest.mark.parametrize("id_", [entry.id for entry in MAZES.values()])
def test_both_checkers_pass(id_: str) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    env = gym.make(id_, render_mode="rgb_array").unwrapped
    check_env(env)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*unconventional shape.*")  # an image without a channel axis
        checker.check_env(env)


@pytest.mark.parametrize("id_", [entry.id for entry in MAZES.values()])
def test_the_same_seed_gives_the_same_walk(id_: str) -> None:
    def walk() -> list[np.ndarray]:
        env: gym.Env[Any, Any] = gym.make(id_)
        images = [env.reset(seed=5)[0]]
        env.action_space.seed(5)
        images += [env.step(env.action_space.sample())[0] for _ in range(20)]
        return images

    np.testing.assert_array_equal(walk(), walk())


@KINDS
def test_every_step_is_to_a_neighbour_or_nowhere(maze: Maze) -> None:
    moved = np.abs(maze.cells[maze.successor] - maze.cells[:, None]).sum(-1)
    assert set(np.unique(moved)) == {0, 1}
    there, back = maze.successor, np.array([2, 3, 0, 1])
    for action in range(4):
        forth = there[:, action] != np.arange(maze.places)
        np.testing.assert_array_equal(there[there[forth, action], back[action]], np.flatnonzero(forth))


@KINDS
def test_distances_are_the_powers_of_the_adjacency_matrix(maze: Maze) -> None:
    """A place is within n steps exactly if the n-th power of (adjacency + identity) says so."""
    within = np.eye(maze.places, dtype=bool)
    adjacent = np.eye(maze.places, dtype=bool)
    adjacent[np.arange(maze.places)[:, None], maze.successor] = True
    distances = maze.distances()
    for steps in range(int(distances.max()) + 1):
        np.testing.assert_array_equal(distances <= steps, within)
        within = within @ adjacent


def test_shuffling_moves_pixels_by_one_permutation() -> None:
    plain = Maze.on(open_room(8), np.random.default_rng(1), shuffled=False)
    mixed = Maze.on(open_room(8), np.random.default_rng(1))
    a, b = (m.images().reshape(64, 100) for m in (plain, mixed))
    columns = {tuple(column) for column in a.T}
    assert columns == {tuple(column) for column in b.T}
    assert not np.array_equal(a, b)
    np.testing.assert_array_equal(plain.image(9)[2, 2], 1.0)  # row 1, column 1 of the room, inside the wall


def test_a_new_goal_is_far_and_reassigned_images_are_the_same_images() -> None:
    rng = np.random.default_rng(0)
    maze = Maze.on(open_room(8), rng)
    for _ in range(20):
        goal = maze.with_new_goal(rng).goal
        assert np.abs(maze.cells[goal] - maze.cells[maze.goal]).max() >= 4
    other = maze.reassigned(rng)
    assert sorted(map(bytes, other.images())) == sorted(map(bytes, maze.images()))
    assert (other.pixel != maze.pixel).any()


def test_the_track_is_one_loop_clockwise() -> None:
    maze = clockwise(Maze.on(ring(8), np.random.default_rng(0)))
    place, seen = 0, list[int]()
    for _ in range(28):
        seen.append(place)
        ahead = {int(s) for s in maze.successor[place]} - {place}
        assert len(ahead) == 1
        place = ahead.pop()
    assert place == 0
    assert len(set(seen)) == maze.places == 28
    first, then = maze.cells[seen[0]], maze.cells[seen[1]]
    assert (first == [1, 1]).all() and (then == [1, 2]).all()  # from the top left corner to the right


def test_the_goal_ends_the_episode_and_the_time_limit_truncates() -> None:
    env = gym.make("innervate/Forage-v0", world=2)
    base: Any = env.unwrapped
    env.reset(seed=0)
    distances = base.maze.distances()[:, base.maze.goal]
    reward, ended = 0.0, False
    for _ in range(int(distances[base.place])):
        assert not ended
        action = int(np.argmin(distances[base.maze.successor[base.place]]))
        _, reward, ended, _, _ = env.step(action)
    assert (reward, ended) == (1.0, True)
    env.reset(seed=0)
    base.place = next(p for p in range(64) if distances[p] > 1 and base.maze.successor[p, UP] == p)
    ends = [env.step(UP)[2:4] for _ in range(150)]
    assert ends == [(False, False)] * 149 + [(False, True)]


def test_the_best_walk_of_the_t_maze_is_rewarded_every_sixth_step() -> None:
    """83 rewards in 500 steps: the published maximum of 415."""
    env = TMazeEnv()
    env.reset()
    lap = [UP] * 4 + [LEFT] * 2 + [UP] * 4 + [RIGHT] * 2
    total = sum(env.step(np.int64(action))[1] for action in (lap * 42)[:500])
    assert total == 415


def test_the_same_arm_twice_is_rewarded_once() -> None:
    """And the animal that was not rewarded stays in the arm."""
    env = TMazeEnv()
    env.reset()
    left = [UP] * 4 + [LEFT] * 2
    rewards = [env.step(np.int64(action))[1] for action in left * 2]
    assert rewards == [0] * 5 + [5] + [0] * 6
    assert env.step(np.int64(LEFT))[1] == -1
    assert [env.step(np.int64(RIGHT))[1] for _ in range(4)] == [0, 0, 0, 5]
    assert env.place == env.foot


def test_the_t_maze_remembers_seven_instants() -> None:
    env = TMazeEnv()
    image, _ = env.reset()
    assert image.max() == 1
    for _ in range(8):
        image, reward, *_ = env.step(np.int64(DOWN))
        assert reward == -1
    assert image.max() == pytest.approx((1 - 0.9**7) / (1 - 0.9))
    assert image in env.observation_space
    bare = TMazeEnv(trace=0)
    bare.reset()
    assert bare.step(np.int64(UP))[0].clip(0).sum() == 1


@pytest.mark.parametrize(("trace", "told"), [(TRACE, True), (5, True), (4, False)])
def test_the_trace_shows_at_the_crossing_which_arm_was_the_last(trace: int, told: bool) -> None:
    seen: list[np.ndarray] = []
    for side in (LEFT, RIGHT):
        env = TMazeEnv(trace)
        image, _ = env.reset()
        env.turn = (LEFT, RIGHT).index(side)
        for action in [UP] * 4 + [side] * 2 + [UP] * 4:
            image = env.step(np.int64(action))[0]
        seen.append(image)
    assert np.array_equal(seen[0], seen[1]) != told


def test_a_trace_of_less_than_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="0 or more; -1 was asked for"):
        TMazeEnv(trace=-1)


@pytest.mark.parametrize("action", [-1, 4])
def test_an_action_out_of_range_is_refused(action: int) -> None:
    env = TMazeEnv()
    env.reset()
    with pytest.raises(ConfigError, match="An action is 0"):
        env.step(action)


@pytest.mark.parametrize("options", [{"size": 1}, {"size": 3, "walls": True}, {"world": -1}])
def test_bad_rooms_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        gym.make("innervate/Forage-v0", **options)
