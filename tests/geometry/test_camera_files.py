"""Files of cameras: every format gives the same camera, and what is none is told in a line."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rtpca import read_camera
from rtpca.errors import RtpcaError
from rtpca.geometry import Camera, Intrinsics, look_at, write_cameras

# A point of the world and what OpenCV 4.11 makes of it: cv2.projectPoints.
WORLD = torch.tensor([[0.3, -0.2, 1.0], [-0.4, 0.35, 1.2], [0.05, 0.6, 1.5]], dtype=torch.float64)
PIXELS = [[771.521159817, 367.33418034], [617.09479019, 428.569836759], [692.531922447, 495.281629085]]
K = [[1000.0, 0.0, 640.0], [0.0, 1100.0, 360.0], [0.0, 0.0, 1.0]]
LENS = [-0.28, 0.09, 0.001, -0.002, -0.01]
ROTATION, TRANSLATION = [0.1, 0.2, 0.3], [0.1, 0.2, 4.0]
ROTATION_MATRIX = [
    [0.9357548032779188, -0.28316496056507373, 0.21019170595074288],
    [0.3029327134026371, 0.9505806179060914, -0.06803131640494002],
    [-0.18054007669439776, 0.12733457491763028, 0.9752903089530457],
]

OPENCV_YAML = """%YAML:1.0
---
calibration_time: "Mon Nov 30 20:00:00 2026"
image_width: 1280
image_height: 720
flags: 0
camera_matrix: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 1000., 0., 640., 0., 1.1e+03, 360., 0., 0., 1. ]
distortion_coefficients: !!opencv-matrix
   rows: 1
   cols: 5
   dt: d
   data: [ -0.28000000000000003, 0.089999999999999997, 0.001, -0.002,
       -0.01 ]
rvec: !!opencv-matrix
   rows: 3
   cols: 1
   dt: d
   data: [ 0.10000000000000001, 0.20000000000000001, 0.29999999999999999 ]
tvec: !!opencv-matrix
   rows: 3
   cols: 1
   dt: d
   data: [ 0.10000000000000001, 0.20000000000000001, 4. ]
per_view_reprojection_errors: !!opencv-matrix
   rows: 2
   cols: 1
   dt: f
   data: [ .Nan, 2.5e-01 ]
"""
OPENCV_JSON = json.dumps(
    {
        "image_width": 1280,
        "image_height": 720,
        "cameraMatrix": {"type_id": "opencv-matrix", "rows": 3, "cols": 3, "dt": "d", "data": sum(K, [])},
        "distCoeffs": {"type_id": "opencv-matrix", "rows": 5, "cols": 1, "dt": "d", "data": LENS},
        "R": {"type_id": "opencv-matrix", "rows": 3, "cols": 3, "dt": "d", "data": sum(ROTATION_MATRIX, [])},
        "T": {"type_id": "opencv-matrix", "rows": 3, "cols": 1, "dt": "d", "data": TRANSLATION},
    }
)
POSE2SIM = f"""[cam01]
name = "cam01"
size = [ 1280.0, 720.0]
matrix = {K}
distortions = {LENS[:4]}
rotation = {ROTATION}
translation = {TRANSLATION}
fisheye = false

[cam02]
name = "cam02"
size = [ 1280.0, 720.0]
matrix = {K}
distortions = {LENS}
rotation = {ROTATION}
translation = {TRANSLATION}
fisheye = false

[metadata]
adjusted = false
error = 0.0
"""
CALISCOPE = f"""[cameras.1]
cam_id = 1
size = [1280, 720]
rotation_count = 0
error = 0.25
matrix = {K}
distortions = {LENS}
rotation = {ROTATION}
translation = {TRANSLATION}
grid_count = 20
fisheye = false
"""
ANIPOSE = f"""[cam_0]
name = "A"
size = [ 1280, 720,]
matrix = {K}
distortions = {LENS}
rotation = {ROTATION}
translation = {TRANSLATION}

[metadata]
adjusted = true
error = 1.2
"""


def qualisys(serial: str = "21324") -> str:
    R, t = np.array(ROTATION_MATRIX), np.array(TRANSLATION)
    center_mm = 1000 * (-R.T @ t)
    axes = np.diag([1, -1, -1]) @ R
    rows = " ".join(f'r{i + 1}{j + 1}="{axes[i, j]:.12f}"' for i in range(3) for j in range(3))
    place = " ".join(f'{name}="{value:.9f}"' for name, value in zip("xyz", center_mm, strict=True))
    # The view begins at pixel (100, 40) of the sensor.
    return f"""<?xml version='1.0' encoding='ASCII'?>
<calibration type="regular"><results std-dev="0."/><cameras>
<camera active="1" serial="{serial}" viewrotation="0" model="Miqus Video">
<fov_marker left="0" top="0" right="1919" bottom="1079"/>
<fov_video left="100" top="40" right="1379" bottom="759"/>
<transform {rows} {place}/>
<intrinsic focallength="9.3" focalLengthU="64000" focalLengthV="70400" centerPointU="{740 * 64}"
 centerPointV="{400 * 64}" skew="0" radialDistortion1="-0.28" radialDistortion2="0.09"
 radialDistortion3="-0.01" tangentalDistortion1="0.001" tangentalDistortion2="-0.002"/>
</camera></cameras></calibration>"""


FILES = {
    "calibration.yml": (OPENCV_YAML, None),
    "calibration.json": (OPENCV_JSON, None),
    "Calib.toml": (POSE2SIM, "cam02"),
    "camera_array.toml": (CALISCOPE, "1"),
    "anipose.toml": (ANIPOSE, None),
    "Calib.qca.txt": (qualisys(), None),
}


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("file", FILES)
def test_every_format_gives_the_camera_that_opencv_projects_with(tmp_path, file):
    content, name = FILES[file]
    camera = read_camera(written(tmp_path, file, content), name)
    assert camera.placed
    assert camera.intrinsics.image_size.tolist() == [1280, 720]
    pixels = camera.project(camera.world_to_camera(WORLD))
    torch.testing.assert_close(pixels, torch.tensor(PIXELS, dtype=torch.float64), atol=1e-6, rtol=0)


@pytest.mark.parametrize("file", FILES)
def test_the_content_tells_the_format(tmp_path, file):
    content, name = FILES[file]
    read_camera(written(tmp_path, "renamed.txt", content), name)


def test_several_cameras_are_named_or_refused(tmp_path):
    path = written(tmp_path, "Calib.toml", POSE2SIM)
    with pytest.raises(RtpcaError, match=r"holds 2 cameras \(cam01, cam02\): say which.*`camera_name`"):
        read_camera(path)
    with pytest.raises(RtpcaError, match="has no camera 'cam3'; `camera_name` can be cam01, cam02"):
        read_camera(path, "cam3")
    assert torch.equal(read_camera(path, "CAM02").center_world, read_camera(path, "cam02").center_world)


def test_a_camera_that_stands_nowhere_has_its_own_axes(tmp_path):
    content = OPENCV_YAML.split("rvec")[0].replace("image_width: 1280\n", "").replace("image_height", "x")
    camera = read_camera(written(tmp_path, "inside.yaml", content))
    assert not camera.placed
    assert torch.equal(camera.world_to_camera(WORLD), WORLD)
    assert camera.intrinsics.image_size.isnan().all()


def test_millimetres_are_asked_for(tmp_path):
    content = ANIPOSE.replace(str(TRANSLATION), "[100.0, 200.0, 4000.0]")
    path = written(tmp_path, "mm.toml", content)
    with pytest.raises(RtpcaError, match="would stand 4,006 m from the origin.*`camera_unit`"):
        read_camera(path)
    pixels = (camera := read_camera(path, unit="mm")).project(camera.world_to_camera(WORLD))
    torch.testing.assert_close(pixels, torch.tensor(PIXELS, dtype=torch.float64), atol=1e-6, rtol=0)


def test_a_stereo_pair_is_two_cameras(tmp_path):
    tree = {
        "image_size": [1280, 720],
        "M1": K,
        "D1": LENS,
        "M2": K,
        "D2": [LENS],
        "R": ROTATION,
        "T": [0, 0, 1],
    }
    camera = read_camera(written(tmp_path, "stereo.json", json.dumps(tree)), "2")
    assert not camera.placed
    assert camera.intrinsics.distortion.tolist() == LENS


def test_a_fisheye_lens_is_one(tmp_path):
    lens = "distortions = [0.05, -0.02, 0.01, -0.003]\nfisheye = true"
    content = ANIPOSE.replace(f"distortions = {LENS}", lens)
    intrinsics = read_camera(written(tmp_path, "fisheye.toml", content)).intrinsics
    assert intrinsics.fisheye
    tree = {
        "image_width": 1280,
        "image_height": 720,
        "K": K,
        "D": [0.1, 0, 0, 0],
        "distortion_model": "equidistant",
    }
    assert read_camera(written(tmp_path, "ros.json", json.dumps(tree))).intrinsics.fisheye


def test_our_own_file_comes_back_exactly(tmp_path):
    center = torch.tensor([1.0, 2.0, 3.0]).double()
    inside = Intrinsics(
        torch.tensor([1145.5, 1143.25]).double(),
        torch.tensor([512.5, 515.25]).double(),
        torch.tensor([1000.0, 1002.0]).double(),
        torch.tensor(LENS).double(),
    )
    placed = Camera(inside, look_at(center, torch.zeros(3).double()), center, (0.0, 0.0, 1.0))
    fisheye = replace(inside, distortion=torch.tensor([0.1, 0, 0, 0]).double(), fisheye=True)
    write_cameras(tmp_path / "cameras.json", {"a": placed, "b": Camera.unplaced(fisheye)})
    found = read_camera(tmp_path / "cameras.json", "a")
    for field in ("focal_px", "principal_px", "image_size", "distortion"):
        assert torch.equal(getattr(found.intrinsics, field), getattr(inside, field))
    torch.testing.assert_close(found.R_cam_from_world, placed.R_cam_from_world, atol=1e-12, rtol=0)
    assert torch.equal(found.center_world, center)
    assert found.up_world == (0.0, 0.0, 1.0)
    other = read_camera(tmp_path / "cameras.json", "b")
    assert not other.placed
    assert other.intrinsics.fisheye


def changed(**values: object) -> str:
    """A JSON file of OpenCV's words with some of them changed; None leaves one out."""
    tree = {"image_width": 1280, "image_height": 720, "camera_matrix": K, "dist_coeffs": LENS} | values
    return json.dumps({name: value for name, value in tree.items() if value is not None})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("Config.toml", "[project]\nframe_rate = 30\n", "describes no camera; cameras are read from"),
        ("empty.yml", "", "describes no camera"),
        ("half.json", OPENCV_JSON[:100], "cannot be read as the file of a camera"),
        ("half.toml", POSE2SIM[:300], "cannot be read as the file of a camera"),
        ("half.yml", OPENCV_YAML[: OPENCV_YAML.index("1.1e+03")], "not YAML"),
        ("half.qca.txt", qualisys()[:-60], "damaged or truncated XML"),
        ("other.xml", "<a><b/></a>", "an XML file, but not the calibration of Qualisys"),
        ("bomb.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a/>', "defines words of its own"),
        ("walk.mp4", b"\x00\x00\x00 ftypisom\xff\xfe", "not a text; cameras are read from"),
        ("keypoints.json", '[{"keypoints": [1, 2, 3]}]', "describes no camera"),
        ("a.json", changed(camera_matrix=np.array(K).T.tolist()), "is it transposed"),
        ("a.json", changed(camera_matrix=[[0.8, 0, 0.5], [0, 1.4, 0.5], [0, 0, 1]]), "focal length is 0.8"),
        ("a.json", changed(camera_matrix=[[1000, 5, 640], [0, 1000, 360], [0, 0, 1]]), "askew"),
        ("a.json", changed(camera_matrix=[[1000, 0, 9640], [0, 1000, 360], [0, 0, 1]]), "principal point"),
        ("a.json", changed(camera_matrix="K"), "not made of numbers"),
        ("a.json", changed(dist_coeffs=[0.1] * 7), "distortion has 7 coefficients"),
        ("a.json", changed(dist_coeffs=[0.1] * 14), "a tilted sensor"),
        ("a.json", changed(distortion_model="double_sphere"), "lenses of the model 'doublesphere'"),
        ("a.json", changed(rvec=ROTATION), "has no translation; give both"),
        ("a.json", changed(R=(2 * np.eye(3)).tolist(), t=TRANSLATION), "the rotation matrix stretches"),
        ("a.json", changed(R=np.diag([1, 1, -1]).tolist(), t=TRANSLATION), "the rotation matrix mirrors"),
        ("a.json", changed(R=ROTATION, t=[1, 2]), "translation has 2 numbers"),
        ("a.json", '{"format": "rtpca-cameras", "version": 9}', "has version 9.*update rtpca"),
        ("a.qca.txt", qualisys().replace('viewrotation="0"', 'viewrotation="180"'), "turned by 180 degrees"),
        ("a.qca.txt", qualisys().replace('focalLengthU="64000"', 'focalLengthU="x"'), "focalLengthU is 'x'"),
    ],
)
def test_what_is_no_camera_is_told_in_a_line(tmp_path, name, content, message):
    path = written(tmp_path, name, content)
    with pytest.raises(RtpcaError, match=message) as caught:
        read_camera(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(RtpcaError, match="no such file"):
        read_camera(tmp_path / "nothing.toml")


@settings(deadline=None, max_examples=30)
@given(data=st.data(), file=st.sampled_from(sorted(FILES)))
def test_damage_is_told_or_harmless(tmp_path_factory, data, file):
    content = bytearray(FILES[file][0].encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    path = written(tmp_path_factory.mktemp("damage"), file, bytes(content))
    try:
        camera = read_camera(path, FILES[file][1])
    except RtpcaError as error:
        said = str(error)
    else:
        said = ""
        assert camera.intrinsics.focal_px.isfinite().all()
    assert "\n" not in said
