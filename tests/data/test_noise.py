from __future__ import annotations

from dataclasses import fields, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rtpca.data.noise import DetectorNoise, detector_noise, gaussian_noise, person_size_px
from rtpca.errors import ConfigError, ShapeError
from rtpca.skeletons import get_skeleton

H36M = get_skeleton("h36m17")
HEIGHT_PX = 400.0


def person(batch: int, frames: int) -> torch.Tensor:
    """A motionless person of `HEIGHT_PX`, (B, F, 17, 2), every joint in another place."""
    place = torch.linspace(0.0, 1.0, 17, dtype=torch.float64)
    keypoints = torch.stack([1000 + 90 * torch.sin(9 * place), 800 + HEIGHT_PX * place], -1)
    return keypoints.expand(batch, frames, 17, 2).clone()


def only(**options) -> DetectorNoise:
    """No error of any kind except for the given ones."""
    off = {
        field.name: 0.0
        for field in fields(DetectorNoise)
        if field.name.endswith(("_share", "_rate")) or field.name in ("tail", "frame_tail", "spike_size")
    }
    off.update(
        drop_share=1.0, sigma_range=(0.0, 0.0), joint_factors=(1.0,) * 17, correlation_range=(0.0, 0.0)
    )
    return DetectorNoise(**{**off, **options})


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def errors(config: DetectorNoise, batch: int = 400, frames: int = 60, seed: int = 0) -> torch.Tensor:
    true = person(batch, frames)
    found, _ = detector_noise(true, config, seeded(seed))
    return found - true


def correlation(error: torch.Tensor, lag: int) -> float:
    return ((error[:, lag:] * error[:, :-lag]).mean() / error.square().mean()).item()


def test_person_size_is_the_larger_side_of_the_box():
    keypoints = person(2, 5)
    keypoints[1] = keypoints[1].flip(-1)  # lying down
    keypoints[:, 0] *= 3  # one odd frame
    assert person_size_px(keypoints).tolist() == pytest.approx([HEIGHT_PX, HEIGHT_PX])


def test_standard_deviation_per_joint():
    factors = tuple(0.5 + 0.1 * j for j in range(17))
    error = errors(only(sigma_range=(0.01, 0.01), joint_factors=factors))
    expected = 0.01 * HEIGHT_PX * torch.tensor(factors, dtype=torch.float64)
    assert torch.allclose(error.std((0, 1, 3)), expected, rtol=0.03)
    assert error.mean().abs() < 0.02
    assert correlation(error, 1) == pytest.approx(0.0, abs=0.01)


def test_level_is_log_uniform_between_windows():
    error = errors(only(sigma_range=(0.002, 0.02)), batch=1500, frames=20)
    level = error.square().mean((1, 2, 3)).sqrt() / HEIGHT_PX
    assert level.min() > 0.0018
    assert level.max() < 0.022
    assert level.median().item() == pytest.approx((0.002 * 0.02) ** 0.5, rel=0.08)


@pytest.mark.parametrize(("rho", "bias"), [(0.5, 0.0), (0.9, 0.0), (0.6, 0.4)])
def test_correlation_over_time(rho, bias):
    error = errors(only(sigma_range=(0.01, 0.01), correlation_range=(rho, rho), bias_share=bias), batch=800)
    assert error.std().item() == pytest.approx(0.01 * HEIGHT_PX, rel=0.03)
    for lag in (1, 3, 8):
        assert correlation(error, lag) == pytest.approx(bias + (1 - bias) * rho**lag, abs=0.03)
    assert error[:, 0].std().item() == pytest.approx(error[:, -1].std().item(), rel=0.05)  # stationary


@pytest.mark.parametrize("tails", [{"tail": 0.4}, {"frame_tail": 0.4}, {"tail": 0.3, "frame_tail": 0.3}])
def test_tails_are_heavy(tails):
    error = errors(only(sigma_range=(0.01, 0.01), **tails), batch=1500)
    variance = torch.tensor(sum(tail**2 for tail in tails.values()))
    assert error.std().item() == pytest.approx(0.01 * HEIGHT_PX * variance.exp().item(), rel=0.03)
    kurtosis = (error**4).mean() / error.square().mean() ** 2
    assert kurtosis.item() == pytest.approx(3 * (4 * variance).exp().item(), rel=0.15)


def test_a_hard_frame_is_hard_for_all_joints():
    def together(**tails) -> float:
        """Correlation of the squared errors of two joints."""
        size = errors(only(sigma_range=(0.01, 0.01), **tails), batch=1000).square().sum(-1)
        return torch.corrcoef(size[..., [3, 13]].reshape(-1, 2).T.log())[0, 1].item()

    assert together(tail=0.6) == pytest.approx(0.0, abs=0.02)
    assert together(frame_tail=0.6) > 0.3


def test_spikes():
    config = only(spike_rate=0.05, spike_size=0.2, score_power_range=(1.0, 1.0))
    true = person(300, 40)
    found, scores = detector_noise(true, config, seeded())
    hit = (found != true).any(-1)
    assert hit.double().mean().item() == pytest.approx(0.05, abs=0.003)
    assert (found - true)[hit].std().item() == pytest.approx(0.2 * HEIGHT_PX, rel=0.03)
    assert scores[hit].mean() < 0.3
    assert scores[~hit].mean() > 0.99


def test_joints_go_missing_at_the_configured_rates():
    frames = 50
    true = person(1500, frames).float()

    def missing(**options) -> torch.Tensor:
        found, scores = detector_noise(true, only(**options), seeded())
        gone = scores == 0
        assert torch.equal(gone, found.isnan().all(-1))
        assert torch.equal(gone, found.isnan().any(-1))
        return gone

    assert missing(joint_drop_rate=0.03).double().mean().item() == pytest.approx(0.03, abs=0.001)
    whole = missing(frame_drop_rate=0.02)
    assert torch.equal(whole.any(-1), whole.all(-1))
    assert whole.double().mean().item() == pytest.approx(0.02, abs=0.002)
    stretch = missing(stretch_drop_share=0.1)
    assert stretch.any(1).double().mean().item() == pytest.approx(0.1, abs=0.01)
    starts = stretch[:, 1:] & ~stretch[:, :-1]
    assert (starts.sum(1) + stretch[:, 0]).max() == 1  # in one piece
    length = stretch.sum(1)[stretch.any(1)].double()
    assert length.min() == 1
    assert length.max() > frames * 0.8
    some = missing(joint_drop_rate=0.5, drop_share=0.4).any(-1).any(-1)
    assert some.double().mean().item() == pytest.approx(0.4, abs=0.04)
    limb = missing(limb_drop_share=0.2)
    assert limb.any(1)[:, H36M.index("left_wrist")].double().mean().item() == pytest.approx(0.2, abs=0.02)
    assert torch.equal(limb[..., H36M.index("left_wrist")], limb[..., H36M.index("left_elbow")])
    assert not limb[..., H36M.index("left_shoulder")].any()
    limb = missing(limb_drop_share=0.2, limb_whole_share=0.4)[..., H36M.index("left_wrist")]
    hit = limb[limb.any(1)]
    assert len(hit) / len(limb) == pytest.approx(0.2, abs=0.02)
    assert hit.all(1).double().mean().item() == pytest.approx(0.4, abs=0.08)
    lower = missing(lower_body_drop_share=0.3)
    assert lower[:, 0, H36M.index("left_ankle")].double().mean().item() == pytest.approx(0.3, abs=0.04)
    assert lower[:, 0, H36M.index("pelvis")].double().mean().item() == pytest.approx(0.15, abs=0.03)
    assert not lower[..., 7:].any()
    assert torch.equal(lower[:, 0], lower[:, -1])


def test_joints_outside_the_picture_go_missing():
    true = person(400, 6)
    size = torch.tensor([2000.0, 1000.0], dtype=torch.float64).expand(400, 2)
    outside = (true > size[:, None, None]).any(-1)
    assert 0.3 < outside.double().mean() < 0.7
    found, scores = detector_noise(true, only(outside_drop_share=1.0), seeded(), size)
    assert torch.equal(scores == 0, outside)
    assert torch.equal(found[~outside], true[~outside])
    _, scores = detector_noise(true, only(outside_drop_share=0.25), seeded(), size)
    share = (scores == 0).any(-1).any(-1).double().mean()
    assert share.item() == pytest.approx(0.25, abs=0.06)
    _, scores = detector_noise(true, only(outside_drop_share=1.0), seeded())
    assert (scores > 0).all()


def swaps(true: torch.Tensor, **options) -> torch.Tensor:
    """(B, F, J) where joints are exchanged in steady stretches, legs if nothing else is said."""
    config = {"swap_share": 1.0, "swap_steady_share": 1.0, "swap_kinds": (1.0, 0.0, 0.0), **options}
    found, scores = detector_noise(true, only(**config), seeded())
    changed = (found != true).any(-1)
    assert torch.equal(found[changed], true[:, :, list(H36M.mirror)][changed])
    assert (scores > 0.9).all()  # a detector does not notice
    return changed


def test_sides_are_exchanged_for_a_while():
    changed = swaps(person(2000, 30), swap_share=0.5, swap_kinds=(0.5, 0.3, 0.2), swap_frames=(2, 8))
    windows = changed.any(-1).any(-1)
    assert windows.double().mean().item() == pytest.approx(0.5, abs=0.03)
    frames = changed.any(-1)
    assert (frames[:, 1:] & ~frames[:, :-1]).sum(-1).max() == 1  # in one piece
    length = frames.sum(-1)[windows]
    assert length.max() == 8
    assert 2.0 < length.double().median() < 5.0  # log-uniform
    arms = changed[..., H36M.index("left_wrist")].any(-1)[windows]
    legs = changed[..., H36M.index("left_ankle")].any(-1)[windows]
    for kind, share in ((legs & ~arms, 0.5), (arms & ~legs, 0.3), (arms & legs, 0.2)):
        assert kind.double().mean().item() == pytest.approx(share, abs=0.05)
    hips = changed[..., H36M.index("left_hip")].any(-1)[windows]
    assert hips[legs].double().mean().item() == pytest.approx(0.5, abs=0.05)
    assert not hips[~legs].any()
    assert torch.equal(changed[..., H36M.index("left_knee")], changed[..., H36M.index("right_ankle")])
    assert not changed[..., [0, 7, 8, 9, 10]].any()


def test_long_exchanges_go_on_beyond_an_end_of_the_window():
    frames = swaps(person(500, 20), swap_frames=(40, 40)).any(-1)
    assert frames.any(-1).all()
    assert (frames[:, 0] | frames[:, -1]).all()


def test_steady_exchanges_begin_or_end_where_limbs_cross():
    true = person(2000, 40)
    left, right = ([H36M.index(f"{side}_{j}") for j in ("knee", "ankle")] for side in ("left", "right"))
    apart = torch.full((40, 1, 2), 0.15 * HEIGHT_PX, dtype=torch.float64)
    apart[17] = 1e-9  # so that an exchange shows
    middle = (true[:, :, left] + true[:, :, right]) / 2
    true[:, :, left], true[:, :, right] = middle + apart, middle - apart
    knee = swaps(true, swap_apart=0.05, swap_frames=(4, 9))[..., left[0]]
    at = knee.double().argmax(1)
    end = at + knee.sum(1) - 1
    assert ((at == 17) | (end == 17)).double().mean() > 0.99


def test_unsteady_stretches_mix_left_and_right():
    true = person(600, 40)
    config = only(
        swap_share=1.0,
        swap_kinds=(0.0, 1.0, 0.0),
        swap_frames=(40, 40),
        swap_exchanged_share=0.2,
        swap_between_share=0.3,
    )
    found, _ = detector_noise(true, config, seeded())
    wrist, other = H36M.index("left_wrist"), H36M.index("right_wrist")
    way = true[..., other, :] - true[..., wrist, :]
    part = ((found[..., wrist, :] - true[..., wrist, :]) * way).sum(-1) / way.square().sum(-1)
    assert torch.allclose(
        found[..., wrist, :], torch.lerp(true[..., wrist, :], true[..., other, :], part[..., None])
    )
    changed = part > 1e-9
    whole = part > 1 - 1e-9
    assert (whole.sum() / changed.sum()).item() == pytest.approx(0.4, abs=0.02)  # 0.2 of 0.2 + 0.3
    assert part[changed & ~whole].mean().item() == pytest.approx(0.5, abs=0.02)
    stretch = (changed.cumsum(1) > 0) & (changed.flip(1).cumsum(1) > 0).flip(1)
    long = stretch.sum(1) >= 30  # by definition the ends of a stretch are changed
    assert (changed[long].sum() / stretch[long].sum()).item() == pytest.approx(0.52, abs=0.03)


def test_scores_tell_how_large_the_error_is():
    config = replace(
        DetectorNoise(), clean_share=0.0, joint_drop_rate=0.0, swap_share=0.0, score_power_range=(1, 1)
    )
    true = person(400, 30)
    found, scores = detector_noise(true, config, seeded())
    seen = scores > 0
    size = (found - true).norm(dim=-1)
    low, high = scores[seen].quantile(torch.tensor([0.1, 0.9], dtype=torch.float64))
    assert size[seen & (scores < low)].mean() > 3 * size[seen & (scores > high)].mean()
    assert scores[seen].min() >= 0.02
    assert scores.max() <= 1.0
    assert (scores[seen] > 0.6).double().mean() > 0.7


def test_score_is_one_half_at_its_mark():
    config = only(sigma_range=(0.025, 0.025), score_half=0.025, score_jitter=0.0, score_power_range=(1, 1))
    _, scores = detector_noise(person(2, 5), config, seeded())
    assert torch.allclose(scores, torch.full_like(scores, 0.5))


def test_clean_windows_are_exactly_clean():
    true = person(4000, 5)
    size = torch.full((4000, 2), 900.0, dtype=torch.float64)  # parts of the person are outside
    found, scores = detector_noise(true, replace(DetectorNoise(), clean_share=0.3), seeded(), size)
    clean = (found == true).all(-1).all(-1).all(-1)
    assert clean.double().mean().item() == pytest.approx(0.3, abs=0.02)
    assert (scores[clean] == 1).all()
    assert (scores[~clean] != 1).any(-1).any(-1).all()


def test_none_changes_nothing():
    true = person(20, 5)
    found, scores = detector_noise(true, DetectorNoise.none(), seeded())
    assert torch.equal(found, true)
    assert torch.equal(scores, torch.ones_like(scores))


def test_typical_error_of_the_defaults():
    config = replace(DetectorNoise(), clean_share=0.0, swap_share=0.0, spike_rate=0.0)
    error = errors(config, batch=2000, frames=20)
    median = error.abs().nanmedian().item() * 450 / HEIGHT_PX
    assert 1.0 < median < 4.0  # pixels on a person 450 px tall


@settings(deadline=None, max_examples=15)
@given(scale=st.floats(0.2, 5.0), seed=st.integers(0, 2**31))
def test_errors_scale_with_the_person(scale, seed):
    true = person(16, 9)
    near, near_scores = detector_noise(true * scale, DetectorNoise(), seeded(seed))
    far, far_scores = detector_noise(true, DetectorNoise(), seeded(seed))
    assert torch.allclose(near, far * scale, equal_nan=True)
    assert torch.equal(near_scores, far_scores)


def test_same_seed_same_noise_and_input_untouched():
    true = person(30, 9).float()
    kept = true.clone()
    one, two, other = (detector_noise(true, DetectorNoise(), seeded(s)) for s in (1, 1, 2))
    assert torch.equal(one[0].nan_to_num(-1), two[0].nan_to_num(-1))
    assert torch.equal(one[1], two[1])
    assert not torch.equal(one[1], other[1])
    assert torch.equal(true, kept)
    assert one[0].dtype == one[1].dtype == torch.float32


def test_one_frame_is_enough():
    found, scores = detector_noise(person(200, 1), DetectorNoise(clean_share=0.0), seeded())
    assert found.shape == (200, 1, 17, 2)
    assert torch.equal(scores == 0, found.isnan().any(-1))


def test_gaussian_noise():
    true = person(200, 50)
    error = gaussian_noise(true, 5.0, seeded()) - true
    assert error.std().item() == pytest.approx(5.0, rel=0.01)
    assert correlation(error, 1) == pytest.approx(0.0, abs=0.01)
    assert torch.equal(gaussian_noise(true, 0.0, seeded()), true)
    with pytest.raises(ConfigError, match="sigma_px is -1"):
        gaussian_noise(true, -1.0, seeded())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clean_share": 1.2}, "clean_share"),
        ({"joint_drop_rate": -0.1}, "joint_drop_rate"),
        ({"sigma_range": (0.02, 0.01)}, "sigma_range"),
        ({"correlation_range": (0.0, 1.0)}, "below 1"),
        ({"joint_factors": (1.0,) * 16}, "give 17"),
        ({"tail": -1.0}, "tail"),
        ({"score_half": 0.0}, "score_half"),
        ({"swap_frames": (0, 5)}, "at least 1"),
        ({"swap_exchanged_share": 0.6, "swap_between_share": 0.6}, "more than 1"),
        ({"swap_apart": 0.0}, "above 0"),
        ({"swap_kinds": (0.5, 0.5, 0.5)}, "sum to 1"),
    ],
)
def test_wrong_configuration_is_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        DetectorNoise(**options)


def test_other_shapes_are_refused():
    with pytest.raises(ShapeError, match=r"\(B, F, 17, 2\)"):
        detector_noise(torch.zeros(5, 17, 2), DetectorNoise(), seeded())


def test_unscored_windows_have_errors_and_scores_of_one():
    true = person(400, 9)
    config = replace(DetectorNoise(), clean_share=0.0, unscored_share=0.5)
    plain, told = detector_noise(true, replace(config, unscored_share=0.0), seeded())
    found, scores = detector_noise(true, config, seeded())
    torch.testing.assert_close(found, plain, equal_nan=True, rtol=0, atol=0)
    untold = ((scores == 1) | (told == 0)).flatten(1).all(1)
    assert untold.double().mean().item() == pytest.approx(0.5, abs=0.1)
    torch.testing.assert_close(scores[~untold], told[~untold], rtol=0, atol=0)
    assert ((scores == 0) == (told == 0)).all()
