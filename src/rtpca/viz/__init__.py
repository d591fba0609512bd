"""Drawing of 2D and 3D skeletons: axes, pictures and animations. Needs no display."""

from __future__ import annotations

from rtpca.viz.angle_curves import angles_figure
from rtpca.viz.animation import save_gif
from rtpca.viz.comparison import comparison_figure, save_png
from rtpca.viz.gait_curves import gait_figure
from rtpca.viz.html import save_html
from rtpca.viz.render import SceneRenderer, picture_size
from rtpca.viz.rerun import save_rrd
from rtpca.viz.skeleton2d import draw_skeleton_2d
from rtpca.viz.skeleton3d import Bounds, draw_skeleton_3d, on_floor, pose_bounds, to_plot_axes

__all__ = [
    "Bounds",
    "SceneRenderer",
    "angles_figure",
    "comparison_figure",
    "draw_skeleton_2d",
    "draw_skeleton_3d",
    "gait_figure",
    "on_floor",
    "picture_size",
    "pose_bounds",
    "save_gif",
    "save_html",
    "save_png",
    "save_rrd",
    "to_plot_axes",
]
