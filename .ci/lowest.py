"""The lowest versions that pyproject.toml allows, as pip's constraints: `>=1.4` becomes `==1.4`.

python .ci/lowest.py EXTRA...   torch is left to constraints.txt, which names the build that installs everywhere.
"""

import re
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

REQUIREMENT = re.compile(r"([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?[^;]*?>=\s*([0-9.]+)")


def lowest(project: dict, extras: list[str]) -> dict[str, str]:
    """Lowest version of each package that the project and its extras ask for with one."""
    asked = [*project["dependencies"], *(r for e in extras for r in project["optional-dependencies"][e])]
    found = [match.groups() for r in asked if (match := REQUIREMENT.match(r))]
    return {name: version for name, version in found if name != "torch"}


if __name__ == "__main__":
    text = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    for name, version in lowest(tomllib.loads(text)["project"], sys.argv[1:]).items():
        print(f"{name}=={version}")
