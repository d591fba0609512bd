"""Recordings of MPI-INF-3DHP from points in camera axes and in the picture, wherever they were read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rtpca.data.attribution import Attribution
from rtpca.data.datasets.facts import facts, in_camera, level_camera, with_intrinsics
from rtpca.data.datasets.intrinsics import fit_pinhole
from rtpca.data.datasets.options import PrepareReport
from rtpca.data.formats.archives import finite_metres, pixels
from rtpca.data.recording import Recording
from rtpca.errors import InputError

Points = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

ATTRIBUTION = Attribution(
    source="mpi-inf-3dhp",
    title="MPI-INF-3DHP",
    licence="MPI-INF-3DHP terms: non-commercial research only",
    citation=(
        "D. Mehta, H. Rhodin, D. Casas, P. Fua, O. Sotnychenko, W. Xu, C. Theobalt: Monocular 3D Human Pose "
        "Estimation In The Wild Using Improved CNN Supervision, 3DV 2017"
    ),
    url="https://vcai.mpi-inf.mpg.de/3dhp-dataset/",
)

TEST_FPS = 25.0
"""Frame rate that is assumed for the test sequences, whose files state none; only times depend on it."""

_TEST_CAMERA = "test"
_POOR_FIT_PX = 2.0


class RecordingMaker:
    """Makes recordings: metres, a level world with the camera at its origin, fitted intrinsics.

    Attributes:
        split: split by subject.
    """

    def __init__(self, split: dict[str, str], report: PrepareReport) -> None:
        """`report` is told what is unusual."""
        self.split = split
        self._report = report
        self._rms_px: dict[str, float] = {}

    def train(
        self, sequence: str, camera: str, points_px: Points, points_mm: Points, fps: float, label: str
    ) -> Recording:
        """A training sequence seen by one camera.

        Args:
            sequence: "S1 Seq1".
            camera: its number.
            points_px: (F, 17, 2) pixels.
            points_mm: (F, 17, 3) camera axes, millimetres.
            fps: frames per second.
            label: how messages name it.

        Raises:
            InputError: the points are damaged or do not belong together.
        """
        subject, action = sequence.split(" ")
        return self._recording(
            name=f"{subject}/{action} camera {camera}",
            subject=subject,
            action=action,
            fps=fps,
            camera_name=camera,
            image_size=facts("mpi-inf-3dhp")["train_size_wh"],
            points_px=points_px,
            points_mm=points_mm,
            valid=None,
            label=label,
        )

    def test(
        self, sequence: str, points_px: Points, points_mm: Points, valid: Flags, label: str
    ) -> Recording:
        """A test sequence; arguments as of `train`, `valid` (F,) says which frames count."""
        known = facts("mpi-inf-3dhp")["test"][sequence]
        if len(valid) != len(points_mm) or not valid.any():
            raise InputError(
                f"{label}: {len(valid)} marks of valid frames, {valid.sum()} of them set, for "
                f"{len(points_mm)} frames; the file is damaged"
            )
        if valid.sum() != known["valid_frames"]:
            self._report.note(
                f"{sequence}: {valid.sum()} valid frames, the published sequence has {known['valid_frames']}"
            )
        return self._recording(
            name=sequence,
            subject=sequence,
            action=sequence,
            fps=TEST_FPS,
            camera_name=_TEST_CAMERA,
            image_size=known["size_wh"],
            points_px=points_px,
            points_mm=points_mm,
            valid=valid,
            label=label,
        )

    def note_fits(self) -> None:
        """Note how well the pinholes fitted, once for all recordings."""
        if not self._rms_px:
            return
        worst = max(self._rms_px, key=lambda name: self._rms_px[name])
        middle = float(np.median(list(self._rms_px.values())))
        text = (
            f"intrinsics fitted to 2D and 3D of each sequence and camera: {middle:.2f} px off (rms, median), "
            f"{self._rms_px[worst]:.2f} px in {worst}"
        )
        poor = sum(rms > _POOR_FIT_PX for rms in self._rms_px.values())
        if poor:
            text += f"; {poor} of {len(self._rms_px)} over {_POOR_FIT_PX:g} px: 2D and 3D do not quite agree"
        self._report.note(text)

    def _recording(
        self,
        *,
        name: str,
        subject: str,
        action: str,
        fps: float,
        camera_name: str,
        image_size: tuple[int, int],
        points_px: Points,
        points_mm: Points,
        valid: Flags | None,
        label: str,
    ) -> Recording:
        if len(points_px) != len(points_mm):
            raise InputError(
                f"{label}: {len(points_px)} frames in 2D but {len(points_mm)} in 3D; the file is damaged"
            )
        counted = np.ones(len(points_mm), dtype=np.bool_) if valid is None else valid
        camera = level_camera(image_size)
        # The level camera's axes are the world's, turned by half about x.
        positions3d = finite_metres(_filled(points_mm / 1000.0, counted) * (1.0, -1.0, -1.0), label)
        fit = fit_pinhole(in_camera(camera, positions3d[counted]), points_px[counted], label)
        self._rms_px[name] = fit.rms_px
        return Recording(
            name=name,
            positions3d=positions3d,
            fps=fps,
            subject=subject,
            action=action,
            split=self.split[subject],
            source=ATTRIBUTION.source,
            licence=ATTRIBUTION.licence,
            keypoints2d={camera_name: pixels(points_px)},
            cameras=(with_intrinsics(camera, fit.focal_px, fit.principal_px),),
            camera_names=(camera_name,),
            valid=valid,
        )


def _filled(points: Points, counted: Flags) -> Points:
    """The points, where frames that do not count and hold no numbers repeat the last frame that does."""
    finite = np.asarray(np.isfinite(points.reshape(len(points), -1)).all(axis=-1))
    if finite.all() or not finite[counted].all():
        return points
    last = np.maximum.accumulate(np.where(finite, np.arange(len(points)), -1))
    return points[np.where(last < 0, np.flatnonzero(finite)[0], last)]
