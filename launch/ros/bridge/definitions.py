"""The messages that the bridge speaks, as ROS defines them; one table for checking, converting and recording.

Field names, types and order are those of ROS 2's common_interfaces (jazzy), geometry2 and rcl_interfaces.
"""

from functools import cache

PRIMITIVES = {
    "bool", "byte", "char", "float32", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64",
    "uint64", "string",
}  # fmt: skip
FLOATS, INTEGERS = {"float32", "float64"}, PRIMITIVES - {"bool", "float32", "float64", "string"}

DEFINITIONS: dict[str, str] = {
    "builtin_interfaces/msg/Time": "int32 sec; uint32 nanosec",
    "builtin_interfaces/msg/Duration": "int32 sec; uint32 nanosec",
    "std_msgs/msg/Header": "builtin_interfaces/Time stamp; string frame_id",
    "std_msgs/msg/Bool": "bool data",
    "std_msgs/msg/Empty": "",
    **{f"std_msgs/msg/{u}Int{n}": f"{u.lower()}int{n} data" for u in ("", "U") for n in (8, 16, 32, 64)},
    "std_msgs/msg/Float64": "float64 data",
    "std_msgs/msg/String": "string data",
    "std_msgs/msg/MultiArrayDimension": "string label; uint32 size; uint32 stride",
    "std_msgs/msg/MultiArrayLayout": "std_msgs/MultiArrayDimension[] dim; uint32 data_offset",
    "std_msgs/msg/Float64MultiArray": "std_msgs/MultiArrayLayout layout; float64[] data",
    "geometry_msgs/msg/Vector3": "float64 x; float64 y; float64 z",
    "geometry_msgs/msg/Point": "float64 x; float64 y; float64 z",
    "geometry_msgs/msg/Quaternion": "float64 x; float64 y; float64 z; float64 w",
    "geometry_msgs/msg/Pose": "geometry_msgs/Point position; geometry_msgs/Quaternion orientation",
    "geometry_msgs/msg/PoseWithCovariance": "geometry_msgs/Pose pose; float64[36] covariance",
    "geometry_msgs/msg/Twist": "geometry_msgs/Vector3 linear; geometry_msgs/Vector3 angular",
    "geometry_msgs/msg/TwistStamped": "std_msgs/Header header; geometry_msgs/Twist twist",
    "geometry_msgs/msg/TwistWithCovariance": "geometry_msgs/Twist twist; float64[36] covariance",
    "geometry_msgs/msg/Transform": "geometry_msgs/Vector3 translation; geometry_msgs/Quaternion rotation",
    "geometry_msgs/msg/TransformStamped": (
        "std_msgs/Header header; string child_frame_id; geometry_msgs/Transform transform"
    ),
    "tf2_msgs/msg/TFMessage": "geometry_msgs/TransformStamped[] transforms",
    "nav_msgs/msg/Odometry": (
        "std_msgs/Header header; string child_frame_id; geometry_msgs/PoseWithCovariance pose; "
        "geometry_msgs/TwistWithCovariance twist"
    ),
    "rosgraph_msgs/msg/Clock": "builtin_interfaces/Time clock",
    "sensor_msgs/msg/JointState": (
        "std_msgs/Header header; string[] name; float64[] position; float64[] velocity; float64[] effort"
    ),
    "sensor_msgs/msg/Imu": (
        "std_msgs/Header header; geometry_msgs/Quaternion orientation; float64[9] orientation_covariance; "
        "geometry_msgs/Vector3 angular_velocity; float64[9] angular_velocity_covariance; "
        "geometry_msgs/Vector3 linear_acceleration; float64[9] linear_acceleration_covariance"
    ),
    "sensor_msgs/msg/LaserScan": (
        "std_msgs/Header header; float32 angle_min; float32 angle_max; float32 angle_increment; "
        "float32 time_increment; float32 scan_time; float32 range_min; float32 range_max; float32[] ranges; "
        "float32[] intensities"
    ),
    "sensor_msgs/msg/Range": (
        "std_msgs/Header header; uint8 radiation_type; float32 field_of_view; float32 min_range; float32 max_range; "
        "float32 range"
    ),
    "sensor_msgs/msg/CompressedImage": "std_msgs/Header header; string format; uint8[] data",
    "sensor_msgs/msg/Image": (
        "std_msgs/Header header; uint32 height; uint32 width; string encoding; uint8 is_bigendian; uint32 step; "
        "uint8[] data"
    ),
    "sensor_msgs/msg/RegionOfInterest": (
        "uint32 x_offset; uint32 y_offset; uint32 height; uint32 width; bool do_rectify"
    ),
    "sensor_msgs/msg/CameraInfo": (
        "std_msgs/Header header; uint32 height; uint32 width; string distortion_model; float64[] d; float64[9] k; "
        "float64[9] r; float64[12] p; uint32 binning_x; uint32 binning_y; sensor_msgs/RegionOfInterest roi"
    ),
    "trajectory_msgs/msg/JointTrajectoryPoint": (
        "float64[] positions; float64[] velocities; float64[] accelerations; float64[] effort; "
        "builtin_interfaces/Duration time_from_start"
    ),
    "ackermann_msgs/msg/AckermannDrive": (
        "float32 steering_angle; float32 steering_angle_velocity; float32 speed; float32 acceleration; float32 jerk"
    ),
    "ackermann_msgs/msg/AckermannDriveStamped": "std_msgs/Header header; ackermann_msgs/AckermannDrive drive",
    "trajectory_msgs/msg/JointTrajectory": (
        "std_msgs/Header header; string[] joint_names; trajectory_msgs/JointTrajectoryPoint[] points"
    ),
}
"""Type to fields, `type name` each, separated by semicolons."""


def canonical(type_: str) -> str:
    """ROS 2's long name: `sensor_msgs/JointState` is `sensor_msgs/msg/JointState`."""
    package, mark, name = type_.partition("/")
    return f"{package}/msg/{name}" if mark and "/" not in name else type_


def ros1_name(type_: str) -> str:
    """ROS 1's name of a type: without `/msg/` and `/srv/`."""
    return type_.replace("/msg/", "/").replace("/srv/", "/")


SERVICES: dict[str, tuple[str, str]] = {
    "std_srvs/srv/Trigger": ("", "bool success; string message"),
    "std_srvs/srv/SetBool": ("bool data", "bool success; string message"),
    "std_srvs/srv/Empty": ("", ""),
}
"""Type to the fields of request and response."""


@cache
def fields(type_: str) -> tuple[tuple[str, str, int | None], ...]:
    """Name, element type (canonical) and length of each field: None for a single value, 0 for any length."""
    return parsed(DEFINITIONS[type_])


@cache
def parsed(definition: str) -> tuple[tuple[str, str, int | None], ...]:
    """The same of a definition."""
    result: list[tuple[str, str, int | None]] = []
    for entry in filter(None, definition.split("; ")):
        kind, name = entry.split(" ")
        base, bracket, length = kind.partition("[")
        element = base if base in PRIMITIVES else canonical(base)
        result.append((name, element, int(length.rstrip("]") or 0) if bracket else None))
    return tuple(result)


def _below(type_: str) -> list[str]:
    found: list[str] = []
    for _, element, _ in fields(type_):
        if element not in PRIMITIVES:
            found += [element, *_below(element)]
    return list(dict.fromkeys(found))


@cache
def full_text(type_: str) -> str:
    """The definition with all that it contains, as MCAP's `ros2msg` schemas want it."""
    parts = [DEFINITIONS[type_].replace("; ", "\n")]
    parts += [f"MSG: {ros1_name(t)}\n" + DEFINITIONS[t].replace("; ", "\n") for t in _below(type_)]
    return f"\n{'=' * 80}\n".join(parts)


@cache
def has_header(type_: str) -> bool:
    """Whether a message begins with a std_msgs/Header, whose stamp a sender may leave out."""
    found = fields(type_) if type_ in DEFINITIONS else ()
    return bool(found) and found[0][1] == "std_msgs/msg/Header"
