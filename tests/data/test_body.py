from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rtpca.data.body import BodyProportions, random_body
from rtpca.data.synthetic import generate_motion
from rtpca.errors import ConfigError, ShapeError
from rtpca.skeletons import get_skeleton

H36M = get_skeleton("h36m17")
PARENTS, CHILDREN = (list(side) for side in zip(*H36M.bones, strict=True))


def windows(batch: int = 32, frames: int = 20, kind: str = "walk") -> torch.Tensor:
    return torch.from_numpy(generate_motion(kind, frames, 25)).double().expand(batch, -1, -1, -1).clone()


def bones(joints: torch.Tensor) -> torch.Tensor:
    return joints[..., CHILDREN, :] - joints[..., PARENTS, :]


def lengths(joints: torch.Tensor) -> torch.Tensor:
    return bones(joints).norm(dim=-1)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**31), kind=st.sampled_from(["walk", "squat", "wave"]))
def test_directions_are_kept_and_lengths_are_constant_and_symmetric(seed, kind):
    before = windows(4, 12, kind)
    after = random_body(before, BodyProportions(), seeded(seed))
    factors = lengths(after) / lengths(before)  # (B, F, bones)
    assert torch.allclose(bones(after), bones(before) * factors[..., None], atol=1e-12)
    assert factors.std(1).max() < 1e-12
    for left, right in zip(H36M.left, H36M.right, strict=True):
        one, two = (factors[..., CHILDREN.index(joint)] for joint in (left, right))
        assert torch.allclose(one, two, atol=1e-12)
    assert factors.min() > 0.4
    assert factors.max() < 2.5


def test_spread_of_lengths_is_that_of_the_configuration():
    config = BodyProportions(size=0.05, legs=0.04, thigh=0.03, hips=0.1, hips_mean=0.2)
    before = windows(4000, 2)
    logs = (lengths(random_body(before, config, seeded())) / lengths(before)).log()[:, 0]
    thigh = logs[:, CHILDREN.index(H36M.index("left_knee"))]
    hips = logs[:, CHILDREN.index(H36M.index("right_hip"))]
    shin = logs[:, CHILDREN.index(H36M.index("left_ankle"))]
    # Cutting a normal distribution off at 2.5 deviations takes 4 % of its deviation.
    assert thigh.std().item() == pytest.approx((0.05**2 + 0.04**2 + 0.03**2) ** 0.5, rel=0.07)
    assert hips.std().item() == pytest.approx((0.05**2 + 0.1**2) ** 0.5, rel=0.07)
    assert hips.mean().item() == pytest.approx(0.2, abs=0.006)
    assert thigh.mean().item() == pytest.approx(0.0, abs=0.004)
    together = torch.corrcoef(torch.stack([thigh, shin]))[0, 1]
    shared, own = 0.05**2 + 0.04**2, (0.03**2, config.shin**2)
    expected = shared / ((shared + own[0]) * (shared + own[1])) ** 0.5
    assert together.item() == pytest.approx(expected, abs=0.03)


def test_none_changes_nothing():
    before = windows()
    assert torch.equal(random_body(before, BodyProportions.none(), seeded()), before)


def test_standing_foot_does_not_slide_more_than_before():
    before = windows(64, 60)
    after = random_body(before, BodyProportions(), seeded())
    ankle = H36M.index("left_ankle")

    def sliding(joints: torch.Tensor) -> torch.Tensor:
        low = before[:, 1:, ankle, 1] < 0.07
        step = (joints[:, 1:, ankle] - joints[:, :-1, ankle])[..., [0, 2]].norm(dim=-1)
        return step[low].mean() * 25

    assert sliding(after) < sliding(before) + 0.05  # metres per second; the walk itself makes 1.2


def test_mean_place_of_the_pelvis_is_kept():
    before = windows() + torch.tensor([3.0, 0.0, -5.0])
    after = random_body(before, BodyProportions(), seeded())
    assert torch.allclose(after[:, :, 0].mean(1), before[:, :, 0].mean(1), atol=1e-9)


def test_same_seed_same_bodies_and_input_untouched():
    before = windows()
    kept = before.clone()
    one, two = (random_body(before, BodyProportions(), seeded(3)) for _ in range(2))
    assert torch.equal(one, two)
    assert torch.equal(before, kept)
    assert not torch.equal(one, random_body(before, BodyProportions(), seeded(4)))


def test_other_skeletons_and_wild_spreads_are_refused():
    with pytest.raises(ShapeError, match="convert the skeleton"):
        random_body(torch.zeros(2, 5, 19, 3), BodyProportions(), seeded())
    with pytest.raises(ConfigError, match="thigh"):
        BodyProportions(thigh=-0.1)
