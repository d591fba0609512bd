"""The quirks of published scripts, each worked by hand on a case that it changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from rtpca.data.cameras import evaluation_cameras
from rtpca.data.recording import Recording
from rtpca.data.synthetic import generate_motion
from rtpca.errors import ConfigError
from rtpca.evaluation import EvalConfig, evaluate, get_protocol, predictions, summarise
from rtpca.evaluation.protocols import AUTHORS, P_STMO, PROTOCOLS, STANDARD
from rtpca.models import InputSpec, RTPCAConfig

SCREEN = InputSpec()
NAN = float("nan")


class Said(nn.Module):
    """A network that answers with a function of the x that it reads off the first joint of each frame."""

    def __init__(self, frames: int, answer, config: RTPCAConfig | None = None) -> None:
        super().__init__()
        self.config = config or RTPCAConfig(frames=frames, dim=2, depth=1, heads=1)
        self.anchor = nn.Parameter(torch.zeros(1))  # tells the device
        self.answer = answer

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        first = (self.config.frames - self.config.out_frames) // 2
        x = features[:, first : first + self.config.out_frames, :1, :1]
        return self.answer(x).expand(-1, -1, self.config.joints, 3).clone()


class OneOfFive(RTPCAConfig):
    """A model that sees five frames and predicts the middle one."""

    @property
    def out_frames(self) -> int:
        return 1


def still(frames: int, **changes) -> Recording:
    """Somebody who does not move, before one camera; the x of all keypoints tells the frame."""
    pose = generate_motion("walk", frames=1, fps=50.0, seed=1)
    positions = np.repeat(pose, frames, axis=0)
    camera = evaluation_cameras(torch.from_numpy(positions))[0]
    width = float(camera.intrinsics.image_size[0])
    # Normalised, the x of frame f is f / 1000.
    x = (np.arange(frames, dtype=np.float32) / 1000 + 1) * width / 2
    keypoints = np.broadcast_to(x[:, None, None], (frames, 17, 2)).astype(np.float32).copy()
    made = Recording("still", positions, 50.0, "S9", "Eating", "test", "h36m", "free")
    made = replace(made, cameras=(camera,), camera_names=("c",))
    return replace(made, **{"keypoints2d": {"c": keypoints}} | changes)


def truth(recording: Recording) -> torch.Tensor:
    """(F, 17, 3) root-relative."""
    joints = recording.cameras[0].world_to_camera(torch.from_numpy(recording.positions3d))
    return joints - joints[:, :1]


def offset_by(recording: Recording, metres_of_frame):
    """A network whose prediction is the truth, moved along z by a function of the frame."""
    pose = truth(recording)[0]

    def answer(x: torch.Tensor) -> torch.Tensor:
        moved = torch.zeros(*x.shape[:2], 17, 3)
        moved[..., 2] = metres_of_frame((1000 * x[..., 0]).round())
        return pose + moved

    return answer


def errors_of(recording: Recording, frames: int, metres_of_frame, protocol, config=None):
    network = Said(frames, offset_by(recording, metres_of_frame), config)
    (found,) = evaluate(network, SCREEN, [recording], EvalConfig(protocol=protocol))
    return found


# One quirk at a time: without the mirror image, which these networks know nothing about.
CHUNKS = replace(STANDARD, root="predicted", windows="chunks", weighting="videos")
ONCE = replace(STANDARD, root="predicted")


def test_names_are_known_and_others_refused() -> None:
    assert set(PROTOCOLS) == {"standard", "authors", "p-stmo"}
    assert get_protocol("authors") is AUTHORS
    with pytest.raises(ConfigError, match="unknown protocol 'paper'; known protocols: standard, authors"):
        get_protocol("paper")


def test_600_frames_in_windows_of_243_count_129_frames_twice() -> None:
    recording = still(600)

    def wrong_in_the_overlap(frame):
        return 0.1 * ((frame >= 357) & (frame < 486))

    once = errors_of(recording, 243, wrong_in_the_overlap, ONCE)
    twice = errors_of(recording, 243, wrong_in_the_overlap, CHUNKS)
    assert (len(once.mpjpe_m), len(twice.mpjpe_m)) == (600, 729)
    assert once.mpjpe_m.mean().item() == pytest.approx(0.1 * 129 / 600, rel=1e-4)
    assert twice.mpjpe_m.mean().item() == pytest.approx(0.1 * 258 / 729, rel=1e-4)


def test_a_clip_shorter_than_a_window_scores_the_repetitions_of_its_last_frame() -> None:
    recording = still(5)

    def wrong_at_the_end(frame):
        return 0.1 * (frame == 4)

    assert errors_of(recording, 9, wrong_at_the_end, ONCE).mpjpe_m.mean().item() == pytest.approx(0.02)
    padded = errors_of(recording, 9, wrong_at_the_end, CHUNKS)
    assert len(padded.mpjpe_m) == 9
    assert padded.mpjpe_m.mean().item() == pytest.approx(0.1 * 5 / 9, rel=1e-4)


def test_velocity_is_taken_across_the_step_back_into_an_overlapping_last_chunk() -> None:
    """The prediction drifts by 1 mm a frame, the truth stands: every step is 1 mm wrong, the jump by 2."""
    recording = still(7)  # windows of 4: frames 0-3, then 3-6

    def drift(frame):
        return 0.001 * frame

    once = errors_of(recording, 4, drift, ONCE)
    torch.testing.assert_close(once.velocity_m, torch.full((6,), 0.001).double(), atol=1e-6, rtol=0)
    chunked = errors_of(recording, 4, drift, CHUNKS)
    assert chunked.velocity_m.tolist() == pytest.approx(
        [0.001, 0.001, 0.001, 0, 0.001, 0.001, 0.001], abs=1e-6
    )
    recording = still(6)  # frames 0-3, then 2-5: one step back
    chunked = errors_of(recording, 4, drift, CHUNKS)
    assert chunked.velocity_m[3].item() == pytest.approx(0.001, abs=1e-6)
    recording = still(5)  # frames 0-3, then 1-4: two steps back
    assert errors_of(recording, 4, drift, CHUNKS).velocity_m[3].item() == pytest.approx(0.002, abs=1e-6)


@pytest.mark.parametrize(
    ("protocol", "expected"),
    [
        (STANDARD, 0.0),  # the whole pose moves back
        (replace(STANDARD, root="predicted"), 0.1),  # every joint is off by 0.1
        (P_STMO, 0.1 * 16 / 17),  # every joint but the root
    ],
)
def test_a_pose_predicted_beside_the_origin_costs_what_the_protocol_says(protocol, expected) -> None:
    found = errors_of(still(9), 9, lambda frame: 0.1 + 0 * frame, protocol)
    assert found.mpjpe_m.mean().item() == pytest.approx(expected, abs=1e-6)


def test_videos_are_weighted_with_their_counted_frames() -> None:
    """Velocity of a video of 4 chunk frames has 3 steps and weighs 4."""
    one = errors_of(still(4), 4, lambda frame: 0.001 * frame, CHUNKS)
    two = errors_of(still(8), 4, lambda frame: 0.003 * frame, CHUNKS)
    by_videos = summarise([one, two], CHUNKS).all_frames.mpjve_mm
    by_steps = summarise([one, two], ONCE).all_frames.mpjve_mm
    assert by_videos == pytest.approx((4 * 1 + 8 * 3) / 12, abs=1e-3)
    assert by_steps == pytest.approx((3 * 1 + 7 * 3) / 10, abs=1e-3)


def test_the_authors_average_with_the_mirror_image_always() -> None:
    pose = truth(still(9))[0]
    leaning = Said(9, lambda x: pose + torch.zeros(*x.shape[:2], 17, 3))
    plain, asked, authors = (
        next(predictions(leaning, SCREEN, [still(9)], config)).poses_m
        for config in (EvalConfig(), EvalConfig(flip=True), EvalConfig(protocol=AUTHORS))
    )
    assert not torch.allclose(plain, asked, atol=1e-3)
    torch.testing.assert_close(authors, asked, atol=1e-6, rtol=0)  # the root is at 0 in both


def test_the_authors_report_no_acceleration_and_the_protocol_is_named() -> None:
    report = summarise([errors_of(still(9), 9, lambda frame: 0 * frame, CHUNKS)], AUTHORS)
    assert report.measures == ("mpjpe_mm", "p_mpjpe_mm", "n_mpjpe_mm", "mpjve_mm")
    assert (report.protocol, report.data_set) == ("authors", "h36m")
    assert report.to_dict()["protocol"] == "authors"


def test_only_valid_frames_count_and_motion_within_runs_of_them() -> None:
    valid = np.array([1, 1, 0, 1, 1, 1, 0, 1, 1], dtype=bool)

    def wrong_where_invalid(frame):
        return 0.1 * ((frame == 2) | (frame == 6))

    found = errors_of(still(9, valid=valid), 9, wrong_where_invalid, STANDARD)
    assert len(found.mpjpe_m) == 7
    assert found.mpjpe_m.max() < 1e-6
    assert len(found.velocity_m) == 4  # 0-1, 3-4, 4-5, 7-8
    assert len(found.acceleration_m) == 1  # 3-4-5
    assert found.velocity_m.max() < 1e-6
    chunked = errors_of(still(9, valid=valid), 6, wrong_where_invalid, CHUNKS)
    assert len(chunked.mpjpe_m) == 4 + 1 + 4 + 0 + 1  # frames 0-5 without 2, then 3-8 without 6
    assert chunked.mpjpe_m.max() < 1e-6


def test_a_clip_without_a_valid_frame_has_no_errors() -> None:
    found = errors_of(still(4, valid=np.zeros(4, dtype=bool)), 4, lambda frame: 0 * frame, STANDARD)
    assert len(found.mpjpe_m) == len(found.p_mpjpe_m) == len(found.velocity_m) == 0


@pytest.mark.parametrize("protocol", [ONCE, CHUNKS])
def test_a_model_that_predicts_the_middle_predicts_each_frame_once(protocol) -> None:
    recording = still(7)
    config = OneOfFive(frames=5, dim=2, depth=1, heads=1)
    found = errors_of(recording, 5, lambda frame: 0.01 * frame, protocol, config)
    assert found.mpjpe_m.tolist() == pytest.approx([0.01 * frame for frame in range(7)], abs=1e-5)
    network = Said(5, lambda x: x, config)
    (made,) = predictions(network, SCREEN, [recording], EvalConfig(protocol=protocol))
    assert made.frames.tolist() == list(range(7))


def test_own_keypoints_are_read_where_there_are_some_and_projected_else_or_when_asked() -> None:
    seen: list[torch.Tensor] = []

    class Spy(Said):
        def forward(self, features: torch.Tensor) -> torch.Tensor:
            seen.append(features)
            return super().forward(features)

    network = Spy(6, lambda x: x)
    list(evaluate(network, SCREEN, [still(6)], EvalConfig()))
    assert seen[-1][0, :, 3, 0].tolist() == pytest.approx([f / 1000 for f in range(6)], abs=1e-6)
    list(evaluate(network, SCREEN, [still(6)], EvalConfig(keypoints="projected")))
    projected = seen[-1]
    assert (projected[0].diff(dim=0) == 0).all()
    list(evaluate(network, SCREEN, [still(6, keypoints2d=None)], EvalConfig()))
    assert torch.equal(seen[-1], projected)
    list(evaluate(network, SCREEN, [still(6)], EvalConfig(noise_px=5.0)))
    assert 0.001 < seen[-1][0, :, :, 0].sub(torch.arange(6)[:, None] / 1000).std() < 0.02
    with pytest.raises(ConfigError, match="keypoints='mine' must be one of own, projected"):
        EvalConfig(keypoints="mine")


def test_missing_own_keypoints_reach_the_network_as_zeros_with_score_0_and_scores_as_given() -> None:
    seen: list[torch.Tensor] = []

    class Spy(Said):
        def forward(self, features: torch.Tensor) -> torch.Tensor:
            seen.append(features)
            return super().forward(features)

    keypoints = np.full((4, 17, 3), 700.0, np.float32)
    keypoints[..., 2] = 0.6
    keypoints[1, 5] = (NAN, NAN, 0.0)
    config = RTPCAConfig(frames=4, dim=2, depth=1, heads=1, in_channels=3)
    list(
        evaluate(Spy(4, lambda x: x, config), SCREEN, [still(4, keypoints2d={"c": keypoints})], EvalConfig())
    )
    features = seen[-1][0]
    assert features[1, 5].tolist() == [0.0, 0.0, 0.0]
    assert features[0, 5, 2].item() == pytest.approx(0.6)
    assert features[0, 5, 0] != 0


def test_clips_that_a_protocol_leaves_out_are_not_predicted() -> None:
    left_out = still(4, subject="S11", name="S11/Directions", action="Directions")
    network = Said(4, lambda x: x)
    found = list(evaluate(network, SCREEN, [left_out, still(4)], EvalConfig()))
    assert [errors.name for errors in found] == ["still"]


def test_3dhp_measures_are_the_reference_s(shared_data) -> None:
    from safetensors.torch import load_file

    from rtpca.evaluation.sequence import sequence_errors

    golden = load_file(shared_data / "golden" / "metrics.safetensors")
    poses, true = (golden[f"pck.{name}"].double() / 1000 for name in ("predicted", "target"))
    recording = Recording("TS1", true.float().numpy(), 25.0, "TS1", "TS1", "test", "mpi-inf-3dhp", "free")
    row = summarise([sequence_errors(recording, 0, poses, true)]).average
    for mine, name in (
        (row.pck_14, "pck150_14_joints"),
        (row.auc_14, "auc_14_joints"),
        (row.pck_17, "pck150_17_joints"),
        (row.auc_17, "auc_17_joints"),
        (row.mpjpe_mm, "mpjpe_17_joints"),
    ):
        assert mine == pytest.approx(golden[f"pck.{name}"].item(), abs=1e-6), name
    assert row.mpjpe_14_mm == pytest.approx(golden["pck.per_joint_error_float64"][:, :14].mean().item())


def test_the_root_of_3dhp_is_its_pelvis_and_not_joint_0() -> None:
    from rtpca.skeletons import get_skeleton

    assert get_skeleton("mpi_inf_3dhp17").joints[get_skeleton("mpi_inf_3dhp17").root] == "pelvis"
    recording = still(4)
    spec = InputSpec(skeleton="mpi_inf_3dhp17")
    pose = recording.cameras[0].world_to_camera(torch.from_numpy(recording.positions3d))[0]
    network = Said(4, lambda x: pose + torch.zeros(*x.shape[:2], 17, 3))
    (found,) = evaluate(network, spec, [replace(recording, source="mpi-inf-3dhp")], EvalConfig())
    assert found.mpjpe_m.max() < 1e-5
