"""The launch file that is shipped: well-formed, and what it runs is a command line that `innervate` takes."""

import re
from pathlib import Path
from xml.etree import ElementTree as Xml

import tyro

from innervate.launch.commands.ros import DriveOptions
from innervate.launch.ros import robot_file


def test_what_is_launched_is_a_command() -> None:
    path = Path(robot_file.__file__).parent / "assets/drive.launch.xml"
    launch = Xml.fromstring(path.read_text())
    given = {arg.attrib["name"]: arg.attrib.get("default", "swim") for arg in launch.findall("arg")}
    (executable,) = launch.findall("executable")
    command = re.sub(r"\$\(var (\w+)\)", lambda m: given[m[1]], executable.attrib["cmd"]).split()
    assert command[:3] == ["innervate", "ros", "drive"]
    parsed = tyro.cli(DriveOptions, args=command[3:], config=(tyro.conf.OmitArgPrefixes,))
    assert parsed.what == "swim" and parsed.node == "drive" and parsed.transport == "rclpy"
    assert float(executable.attrib["sigterm_timeout"]) >= 5
