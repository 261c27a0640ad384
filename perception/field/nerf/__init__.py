"""nerfstudio as the second engine: its methods, its dataparser and its runs, on a CPU and offline.

Nothing here is imported unless it is asked for; `pip install 'innervate[nerf]'` and then `bash .ci/nerf` (or the lines
in docs/tutorials/fields.md) bring nerfstudio itself, whose pinned dependencies do not resolve beside a current torch.
"""

INSTALL = (
    "pip install 'innervate[nerf]' && "
    "pip install --no-deps nerfstudio==1.1.5 nerfacc==0.5.2 viser==0.2.7 gsplat==1.4.0 torchvision==0.28.0 && "
    "python -m innervate.perception.field.nerf.torchvision_cpu"
)


def require() -> None:
    """Raise `MissingExtraError`, with the exact command, unless nerfstudio is installed."""
    import importlib.util

    from innervate.errors import MissingExtraError

    if importlib.util.find_spec("nerfstudio") is None:
        error = MissingExtraError("nerfstudio", "nerf")
        error.msg = f"nerfstudio is not installed; it comes with: {INSTALL}"  # one extra is not enough
        raise error
