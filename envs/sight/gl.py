"""Which OpenGL backend can render without a screen here, found by trying.

MuJoCo reads `MUJOCO_GL` once, when it is imported; which backend works differs from machine to machine, so each is
tried in a process of its own. Nothing here is needed for training without video.
"""

import ctypes
import functools
import os
import subprocess
import sys
import warnings

from innervate.errors import ConfigError, InnervateWarning

BACKENDS = ("egl", "osmesa", "glfw")
"""In the order in which they are preferred: EGL may use a GPU, OSMesa never does, GLFW needs a screen."""
MEND = "apt-get install -y libegl1 libegl-mesa0 libgl1-mesa-dri libosmesa6"
_OTHERS = ("disable", "disabled", "off", "false", "0", "enable", "enabled", "on", "true", "1", "glx", "wgl", "cgl")
"""What else MuJoCo takes as `MUJOCO_GL`."""
_LIBRARIES = {"egl": ("libEGL.so.1",), "osmesa": ("libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so")}
_TRIAL = """
import importlib, mujoco
context = importlib.import_module("mujoco.{backend}").GLContext(16, 16)
context.make_current()
model = mujoco.MjModel.from_xml_string("<mujoco><worldbody><geom size='1'/></worldbody></mujoco>")
mujoco.MjrContext(model, 150)
print("rendered")
"""


@functools.cache
def probe() -> dict[str, str]:
    """Each backend with `ok`, or the reason why it does not render here. Takes a second or two, once a process."""
    return {backend: _try(backend) for backend in BACKENDS}


def _try(backend: str) -> str:
    environment = {**os.environ, "MUJOCO_GL": "disable"}
    environment.pop("PYOPENGL_PLATFORM", None)
    try:
        out = subprocess.run(
            [sys.executable, "-c", _TRIAL.format(backend=backend)],
            capture_output=True, text=True, timeout=60, check=False, env=environment,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "did not answer within 60 s"
    if "rendered" in out.stdout:
        return "ok"
    lines = [line for line in out.stderr.splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"exit status {out.returncode}"


@functools.cache
def choose() -> str:
    """The backend to render with: `MUJOCO_GL` where it works, else the first that does.

    Raises:
        ConfigError: none works; the message has the line to type.
    """
    asked = os.environ.get("MUJOCO_GL", "").lower().strip()
    for backend in (asked, *BACKENDS):
        if backend in BACKENDS and _try(backend) == "ok":
            return backend
    reasons = "; ".join(f"{name}: {reason}" for name, reason in probe().items())
    raise ConfigError(f"No OpenGL library here can render a frame ({reasons}). On Debian or Ubuntu type: {MEND}")


def prepare(*, render: bool) -> None:
    """Make `import mujoco` safe, and right for what follows; call it before the first import of mujoco.

    With `render`, sets `MUJOCO_GL` to a backend that works (raises `ConfigError` if there is none). Without, only
    guards against a `MUJOCO_GL` whose library is missing, which would make the import of mujoco itself fail.
    """
    if "mujoco" in sys.modules:
        return
    if render:
        os.environ["MUJOCO_GL"] = choose()
        return
    asked = os.environ.get("MUJOCO_GL", "").lower().strip()
    if asked in _LIBRARIES and not any(_loads(name) for name in _LIBRARIES[asked]):
        said = f"MUJOCO_GL={asked}, but its library is missing: going on without it. {MEND}"
        warnings.warn(said, InnervateWarning, stacklevel=2)
        os.environ["MUJOCO_GL"] = "disable"


def check_asked() -> None:
    """Make `import mujoco` safe where `MUJOCO_GL` asks for what is not there; loads no more than that library.

    Raises:
        ConfigError: `MUJOCO_GL` names no backend.
    """
    asked = os.environ.get("MUJOCO_GL", "").lower().strip()
    if asked not in ("", *BACKENDS, *_OTHERS):
        raise ConfigError(f"MUJOCO_GL={asked} names no OpenGL backend; {', '.join(BACKENDS)} and disable are, or leave "
                          "it unset.")  # fmt: skip
    prepare(render=False)


def prepare_if_possible() -> None:
    """Set `MUJOCO_GL` to a backend that works, or to `disable`: for libraries that open OpenGL on import."""
    try:
        os.environ["MUJOCO_GL"] = choose()
    except ConfigError:
        os.environ["MUJOCO_GL"] = "disable"


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
