"""What each registered environment can be asked for, as types; light to import."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SwimOptions:
    """Options of `innervate/Swim-v0`."""

    n_links: int = 6
    """Rigid links of the body, 3 to 20; it has one joint and one motor fewer."""


@dataclass(frozen=True, kw_only=True)
class NavigateOptions:
    """Options of `innervate/Navigate-v0`."""

    n_links: int = 6
    """Rigid links of the body, 3 to 20; it has one joint and one motor fewer."""
