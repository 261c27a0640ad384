"""The fused kernels against plain torch, autograd, and a slab whose light is known."""

import numpy as np
import pytest
import torch

from innervate.cameras import Pinhole, look_at
from innervate.perception.field.radiance.ray_function import Lattice, cast_rays, torch_sums
from innervate.perception.field.radiance.voxel import VoxelField, empty_field, leaps, occupied_cells, resampled
from innervate.perception.field.radiance.voxel_kernel import adam, train_batch

RAYS = 64


def misty(seed: int) -> VoxelField:
    """A grid of random colours, mostly empty, so that rays leap, with some dense vertices."""
    rng = np.random.default_rng(seed)
    field = empty_field(np.array([[0.0, 0, 0], [1.1, 0.9, 0.7]]), 0.1)
    field.grid[:] = rng.normal(0.3, 0.5, field.grid.shape)
    x, _, z = np.unravel_index(np.arange(len(field.grid)), field.shape)
    cloud = (x > 6) | (z < 3)
    field.grid[:, 0] = np.where(cloud, rng.normal(-2, 1, len(field.grid)), -11)
    field.leap = leaps(occupied_cells(field.grid[:, 0].reshape(field.shape) > -10))
    return field


def rays(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    eyes = rng.uniform([-0.3, -0.3, -0.3], [1.4, 1.2, 1.0], (RAYS, 3)).astype(np.float32)
    eyes[:20] = rng.uniform([0.1, 0.1, 0.1], [1, 0.8, 0.6], (20, 3))
    ahead = (rng.uniform([0.2, 0.2, 0.2], [0.9, 0.7, 0.5], (RAYS, 3)) - eyes).astype(np.float32)
    ahead *= rng.uniform(0.5, 2, (RAYS, 1)).astype(np.float32)
    jitter, readings = rng.random((2, RAYS)).astype(np.float32)
    return torch.from_numpy(eyes), torch.from_numpy(ahead), torch.from_numpy(jitter), torch.from_numpy(readings)


def lattice_of(field: VoxelField) -> Lattice:
    x, y, z = (float(k) for k in field.origin)
    return Lattice(field.shape, (x, y, z), field.voxel_m, torch.from_numpy(field.leap), 0.05)


def test_the_torch_path_has_the_kernel_s_values_and_gradients() -> None:
    field, (eyes, ahead, jitter, readings) = misty(0), rays(1)
    assert 0.2 < np.mean(field.leap > 0) < 0.95
    lattice = lattice_of(field)
    weights = torch.randn(RAYS, 6, generator=torch.Generator().manual_seed(0))
    answers: list[tuple[torch.Tensor, torch.Tensor]] = []
    for fused in (True, False):
        grid = torch.from_numpy(field.grid.copy()).requires_grad_()
        origin = torch.tensor(lattice.origin)
        sums = (cast_rays(grid, lattice, eyes, ahead, jitter, readings, 0.2) if fused
                else torch_sums(grid, lattice, origin, eyes, ahead, jitter, readings, 0.2))  # fmt: skip
        (sums * weights).sum().backward()
        assert grid.grad is not None
        answers.append((sums.detach(), grid.grad))
    (a, da), (b, db) = answers
    assert (a[:, 4] < 0.9).sum() > 20
    agree = (a - b).abs().amax(1) < 1e-4
    assert agree.float().mean() > 0.95  # a sample on the border of a cell may fall to either side
    assert torch.allclose(a[agree], b[agree], atol=1e-4)
    assert float((da - db).abs().sum() / db.abs().sum()) < 0.05


def test_the_kernel_s_gradient_is_that_of_finite_differences() -> None:
    field, (eyes, ahead, jitter, readings) = misty(2), rays(3)
    lattice = lattice_of(field)
    grid = torch.from_numpy(field.grid).requires_grad_()
    weights = torch.randn(RAYS, 6, generator=torch.Generator().manual_seed(1))
    (cast_rays(grid, lattice, eyes, ahead, jitter, readings, 0.2) * weights).sum().backward()
    assert grid.grad is not None
    biggest = grid.grad.abs().flatten().topk(40).indices[::4]
    for index in biggest.tolist():
        v, c = divmod(index, 4)
        values: list[float] = []
        for sign in (-1, 1):
            moved = grid.detach().clone()
            moved[v, c] += sign * 0.02
            sums = cast_rays(moved, lattice, eyes, ahead, jitter, readings, 0.2)
            values.append(float((sums * weights).double().sum()))
        assert (values[1] - values[0]) / 0.04 == pytest.approx(float(grid.grad[v, c]), rel=0.03, abs=3e-3)


def test_a_slab_takes_the_light_that_its_density_says() -> None:
    field = empty_field(np.array([[0.0, 0, 0], [1, 1, 1]]), 0.05, alpha=0.05)
    view = field.render(look_at(np.array([-1.0, 0.5, 0.5]), np.array([1.0, 0.5, 0.5])), Pinhole.of_view(1, 1, 5.0))
    density = float(field.density(np.array([[0.5, 0.5, 0.5]]))[0])
    assert float(view.opacity[0, 0]) == pytest.approx(1 - np.exp(-density * 1.0), abs=0.02)
    half = np.log(2 / (1 + np.exp(-density))) / density  # where half of what is taken has been taken
    assert float(view.depth[0, 0]) == pytest.approx(1 + half, abs=0.03)


def test_finer_vertices_take_the_same_light() -> None:
    field = empty_field(np.array([[0.0, 0, 0], [1, 1, 1]]), 0.1, alpha=0.1)
    fine = resampled(field, 0.05)
    points = np.random.default_rng(0).uniform(0.2, 0.8, (20, 3))
    assert fine.density(points) == pytest.approx(field.density(points), rel=1e-4)


def test_leaps_never_pass_over_an_occupied_cell() -> None:
    rng = np.random.default_rng(0)
    cells = rng.random((12, 10, 9)) < 0.01
    found = leaps(cells).reshape(cells.shape)
    where = np.argwhere(cells)
    for x, y, z in np.ndindex(*cells.shape):
        assert found[x, y, z] == min(255, np.abs(where - [x, y, z]).max(1).min())


def test_training_s_gradient_is_that_of_the_squared_error() -> None:
    field = misty(4)
    camera = Pinhole.of_view(6, 6, 60.0)
    pose = look_at(np.array([0.5, 0.4, 0.3]), np.array([1.0, 0.7, 0.4]))
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (1, 36, 3)).astype(np.uint8)
    background = rng.random((36, 3)).astype(np.float32)
    n = len(field.grid)

    def run(grid: np.ndarray) -> tuple[float, np.ndarray]:
        gradient = np.zeros((n, 4), np.float32)
        loss, _ = train_batch(
            grid, gradient, np.empty(n, np.int32), np.zeros(n, np.uint8), field.leap, np.array(field.shape, np.int32),
            field.origin.astype(np.float32), np.float32(field.voxel_m), np.float32(0.05),
            np.ascontiguousarray(pose[None, :3], np.float32), camera.directions(), image,
            np.empty((0, 0), np.uint8), np.empty((0, 0), np.float32), np.arange(36), np.full(36, 0.5, np.float32),
            background, np.array([0, 1, 0, 0, 0], np.float32), field.max_samples,
        )  # fmt: skip
        return loss, gradient

    _, gradient = run(field.grid)
    for index in np.argsort(-np.abs(gradient).ravel())[:12:3]:
        v, c = divmod(int(index), 4)
        losses: list[float] = []
        for sign in (-1, 1):
            moved = field.grid.copy()
            moved[v, c] += np.float32(sign * 0.02)
            losses.append(run(moved)[0])
        assert (losses[1] - losses[0]) / 0.04 == pytest.approx(float(gradient[v, c]), rel=0.05, abs=5e-3)


def test_adam_is_torch_s_adam_on_what_is_touched() -> None:
    rng = np.random.default_rng(0)
    shape = np.array([3, 3, 3], np.int32)
    grid = rng.random((27, 4)).astype(np.float32) * 0.5 + 0.2
    theirs = torch.from_numpy(grid[5:15].copy()).requires_grad_()
    optimiser = torch.optim.Adam([theirs], 0.05, betas=(0.8, 0.98), eps=1e-12)
    first, second, times = np.zeros_like(grid), np.zeros_like(grid), np.zeros(27, np.uint8)
    beta = np.array([0.8, 0.98], np.float32)
    settled = (1 - beta.astype(float) ** np.arange(256)[:, None]).astype(np.float32)
    untouched = grid.copy()
    for _ in range(5):
        gradient = np.zeros_like(grid)
        gradient[5:15] = rng.normal(size=(10, 4))
        theirs.grad = torch.from_numpy(gradient[5:15].copy())
        optimiser.step()
        adam(grid, gradient, first, second, times, np.arange(5, 15, dtype=np.int32), np.ones(27, np.uint8), 10, shape,
             np.full(2, 0.05, np.float32), np.zeros(2, np.float32), beta, settled)  # fmt: skip
        assert not gradient.any()
    assert grid[5:15] == pytest.approx(theirs.detach().numpy(), abs=1e-5)
    assert (grid[:5] == untouched[:5]).all() and (grid[15:] == untouched[15:]).all()
