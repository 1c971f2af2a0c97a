"""Measurements: what the main job costs, beside a floor in the same run."""
