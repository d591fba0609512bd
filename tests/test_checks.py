"""Checks, and what the package costs to import."""

import subprocess
import sys

import numpy as np
import pytest

import rtpca
from rtpca.checks import axes_text, check_axes, check_choice, check_positive, check_same_shape, shape_text
from rtpca.errors import ConfigError, InputError, RtpcaError, ShapeError, counted


@pytest.mark.parametrize(
    ("shape", "axes", "leading"),
    [
        ((10, 17, 2), ("F", "J", 2), False),
        ((10, 17, 2), ("F", ("J", 17), "C"), False),
        ((4, 5, 10, 17, 2), ("F", "J", 2), True),
        ((17, 2), ("J", 2), True),
        ((3,), (3,), False),
    ],
)
def test_fitting_shapes_pass(shape, axes, leading):
    check_axes("array", np.zeros(shape), *axes, leading=leading)


@pytest.mark.parametrize(
    ("shape", "axes", "leading", "message"),
    [
        ((10, 17, 3), ("F", "J", 2), False, r"array has shape \(10, 17, 3\), needed is \(F, J, 2\)$"),
        ((10, 16, 2), ("F", ("J", 17), 2), False, r"needed is \(F, J=17, 2\)$"),
        ((2, 10, 17, 2), ("F", "J", 2), False, r"\(2, 10, 17, 2\)"),
        ((2,), ("J", 2), True, r"array has shape \(2,\), needed is \(..., J, 2\)$"),
    ],
)
def test_other_shapes_are_refused_with_both_shapes(shape, axes, leading, message):
    with pytest.raises(ShapeError, match=message):
        check_axes("array", np.zeros(shape), *axes, leading=leading)


def test_the_hint_says_what_to_do():
    with pytest.raises(ShapeError, match=r"\(F,\): transpose it$"):
        check_axes("array", np.zeros((2, 2)), "F", hint="transpose it")


def test_same_shape():
    check_same_shape("a", np.zeros(3), "b", np.zeros(3))
    with pytest.raises(ShapeError, match=r"a has shape \(3,\) but b has \(3, 1\)"):
        check_same_shape("a", np.zeros(3), "b", np.zeros((3, 1)))


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_only_finite_numbers_above_zero_are_positive(value):
    with pytest.raises(InputError, match="fps is .*: give a number above zero"):
        check_positive("fps", value)
    assert check_positive("fps", 29.97) == 29.97


def test_a_choice_lists_the_choices():
    assert check_choice("device", "cpu", ("auto", "cpu")) == "cpu"
    with pytest.raises(ConfigError, match="device is 'tpu': choose one of auto, cpu"):
        check_choice("device", "tpu", ("auto", "cpu"))


def test_texts():
    assert shape_text((243, 17, 2)) == "(243, 17, 2)"
    assert axes_text(("F", ("J", 17), 2), leading=True) == "(..., F, J=17, 2)"


def test_every_error_is_one_the_command_line_prints():
    from rtpca import errors

    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    assert len(classes) >= 6
    assert all(issubclass(error, RtpcaError) for error in classes)


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, rtpca, rtpca.skeletons, rtpca.checks, rtpca.errors\n"
        "print([m for m in ('torch', 'matplotlib', 'scipy', 'h5py') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_sub_packages_are_attributes_and_others_are_not():
    assert rtpca.metrics.mpjpe is __import__("rtpca.metrics", fromlist=["mpjpe"]).mpjpe
    assert "Lifter" in dir(rtpca)
    with pytest.raises(AttributeError, match="no attribute 'lifter_of_weights'"):
        rtpca.lifter_of_weights  # noqa: B018


@pytest.mark.parametrize(("number", "said"), [(0, "0 frames"), (1, "1 frame"), (2, "2 frames")])
def test_numbers_have_their_words(number: int, said: str) -> None:
    assert counted(number, "frame") == said
    assert counted(number, "person", "people") == f"{number} {'person' if number == 1 else 'people'}"
