"""From runs to arrays: activity, hand paths, stiffness."""
