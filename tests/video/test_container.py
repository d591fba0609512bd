"""Files of strangers as films and pictures: what is read, what is refused, and that no other file is."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from clips import marked, write_clip
from PIL import Image, ImageOps

from rtpca.errors import InputError
from rtpca.video.reader import VideoReader

ORIENTATION = 274  # the EXIF tag


def read(path: Path) -> tuple[VideoReader, list[np.ndarray]]:
    with VideoReader(path) as video:
        return video, [frame.image for frame in video]


def picture() -> Image.Image:
    return Image.fromarray(marked((160, 120), 0))


def oriented(path: Path, orientation: int) -> Path:
    """A picture that is to be turned and mirrored as its EXIF data say."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    options = {"quality": 97, "subsampling": 0} if path.suffix == ".jpg" else {}
    options |= {"lossless": True} if path.suffix == ".webp" else {}
    picture().save(path, exif=exif, **options)
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp", ".tif"])
def test_a_photograph_stands_as_its_exif_data_say(tmp_path, ending, orientation):
    path = oriented(tmp_path / f"photo{ending}", orientation)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"), dtype=int)
    video, (image,) = read(path)
    assert video.is_picture
    assert video.packets == 1
    assert image.shape == expected.shape
    assert np.abs(image - expected).mean() < 2


def test_side_data_of_any_kind_in_a_film_leaves_its_frames_alone(tmp_path):
    """A film of JPEGs with EXIF data, of which PyAV's list of kinds does not know."""
    frames = [oriented(tmp_path / f"{number}.jpg", 6).read_bytes() for number in range(3)]
    (tmp_path / "film.mjpeg").write_bytes(b"".join(frames))
    video, images = read(tmp_path / "film.mjpeg")
    assert not video.is_picture
    assert [image.shape for image in images] == [(160, 120, 3)] * 3


@pytest.mark.parametrize("mirrored", ["hflip", "vflip"])
def test_a_film_with_a_mirrored_matrix_is_mirrored(tmp_path, mirrored):
    plain = read(write_clip(tmp_path / "plain.mp4", 3))[1][0]
    flipped = read(write_clip(tmp_path / "flipped.mp4", 3, mirrored=mirrored))[1][0]
    expected = plain[:, ::-1] if mirrored == "hflip" else plain[::-1]
    assert np.abs(flipped.astype(int) - expected).mean() < 2


def test_what_follows_in_a_photograph_is_no_frame(tmp_path):
    """Phones append a map of brightness, and cameras of two eyes the other picture."""
    oriented(tmp_path / "photo.jpg", 1)
    with open(tmp_path / "photo.jpg", "ab") as file:
        picture().resize((40, 30)).save(file, "jpeg")
    video, images = read(tmp_path / "photo.jpg")
    assert [image.shape for image in images] == [(120, 160, 3)]
    assert video.packets == 1


@pytest.mark.parametrize("mode", ["L", "CMYK", "P", "RGBA", "1", "I;16"])
def test_pictures_of_any_colours_are_read(tmp_path, mode):
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    grey = np.asarray(picture().convert("L"), dtype=np.uint16) * 257
    (Image.fromarray(grey) if mode == "I;16" else picture().convert(mode)).save(path)
    assert read(path)[1][0].shape == (120, 160, 3)


@pytest.mark.parametrize("ending", [".gif", ".png"])
def test_an_animated_picture_is_a_film(tmp_path, ending):
    pages = [Image.fromarray(marked((160, 120), frame)) for frame in range(4)]
    path = tmp_path / f"animated{ending}"
    pages[0].save(path, save_all=True, append_images=pages[1:], duration=80)
    with VideoReader(path) as video:
        times = [frame.time_s for frame in video]
    assert not video.is_picture
    np.testing.assert_allclose(times, [0, 0.08, 0.16, 0.24], atol=0.002)


@pytest.mark.parametrize("name", ["50%d percent.jpg", "10:30 walk.jpg", "concat:a.jpg", "no ending", "a.mp4"])
def test_a_name_means_nothing(tmp_path, name):
    (tmp_path / name).write_bytes(oriented(tmp_path / "source.jpg", 1).read_bytes())
    assert read(tmp_path / name)[1][0].shape == (120, 160, 3)


# ---- what leads elsewhere

_ELSEWHERE = {
    "concat": "ffconcat version 1.0\nfile neighbour.mp4\n",
    "itself": "ffconcat version 1.0\nfile film.mp4\n",
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.2,\nneighbour.ts\n#EXT-X-ENDLIST\n",
    "hls of the network": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.2,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
    "<Period><AdaptationSet><Representation><BaseURL>neighbour.mp4</BaseURL></Representation></AdaptationSet>"
    "</Period></MPD>",
    "svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="neighbour.png"/></svg>',
    "a filter": "testsrc=size=100x100",
    "metadata": ";FFMETADATA1\ntitle=x\n",
    "subtitles": "1\n00:00:00,000 --> 00:00:01,000\nhello\n",
    "letters of any language": "приветствие\n" * 200,
}


@pytest.mark.parametrize("ending", [".mp4", ".jpg", ".m3u8"])
@pytest.mark.parametrize("kind", _ELSEWHERE)
def test_scripts_and_playlists_are_no_films(tmp_path, monkeypatch, kind, ending):
    write_clip(tmp_path / "neighbour.mp4", 5)
    write_clip(tmp_path / "neighbour.ts", 5)
    monkeypatch.chdir(tmp_path)
    path = Path("film").with_suffix(ending)
    path.write_text(_ELSEWHERE[kind], encoding="utf-8")
    with pytest.raises(InputError, match="this is text, not a video or picture"):
        VideoReader(path)


def test_what_is_of_no_kind_on_the_list_is_refused_though_it_could_be_opened(tmp_path):
    with av.open(str(tmp_path / "film.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
    with pytest.raises(
        InputError, match=r"no video or picture of a kind that is read here; readable are MP4"
    ):
        VideoReader(tmp_path / "film.wav")


def test_numbered_pictures_are_not_read_for_a_name(tmp_path):
    for number in range(3):
        oriented(tmp_path / f"a{number}.jpg", 1)
    with pytest.raises(InputError, match="no such file"):
        VideoReader(tmp_path / "a%d.jpg")


# ---- damage and nonsense


@pytest.mark.parametrize("name", ["clip.mkv", "clip.webm", "clip.mp4"])
def test_tags_that_are_no_text_are_no_matter(tmp_path, name):
    codec = "libvpx" if name.endswith("webm") else "libx264"
    content = write_clip(tmp_path / name, 5, codec=codec).read_bytes()
    assert b"Lavf" in content
    (tmp_path / name).write_bytes(content.replace(b"Lavf", b"\xff\xfe\x80\xc0"))
    assert len(read(tmp_path / name)[1]) == 5


def png(width: int, height: int) -> bytes:
    """A PNG of a hundred bytes that says it is so large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(99)))
        + chunk(b"IEND", b"")
    )


def cut(path: Path, part: float) -> bytes:
    picture().save(path)
    content = path.read_bytes()
    return content[: int(part * len(content))]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "photo.heic",
            lambda _: b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(500),
            "HEIC .*save it as JPEG",
        ),
        (
            "moving.webp",
            lambda _: b"RIFF\x00\x01\x00\x00WEBPVP8X\x0a\x00\x00\x00" + bytes(10) + b"ANIM" + bytes(99),
            "animated WebP",
        ),
        ("huge.png", lambda _: png(15_000, 15_000), "damaged|at most 150 million pixels"),
        ("beyond.png", lambda _: png(2**31 - 1, 2**31 - 1), "damaged|pixels"),
        ("half.jpg", lambda path: cut(path, 0.5), "the picture is cut off"),
        ("nearly.jpg", lambda path: cut(path, 0.99), "the picture is cut off"),
        ("half.png", lambda path: cut(path, 0.5), "damaged, cut off or no video"),
        ("half.webp", lambda path: cut(path, 0.5), "damaged, cut off or no video"),
        ("archive.mp4", lambda _: b"PK\x03\x04" + bytes(500), "damaged, cut off or no video"),
    ],
)
def test_what_cannot_be_shown_is_one_line(tmp_path, name, content: Callable[[Path], bytes], message):
    path = tmp_path / name
    path.write_bytes(content(path))
    with pytest.raises(InputError, match=message) as raised:
        read(path)
    assert "\n" not in str(raised.value)


def test_devices_and_pipes_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    for path in (tmp_path / "pipe.mp4", Path("/dev/zero")):
        with pytest.raises(InputError, match="a device or pipe, not a video"):
            VideoReader(path)


def test_frames_of_another_size_keep_their_shape_in_that_of_the_first(tmp_path):
    """Calls over the network change the size of their pictures, some also turn them."""
    film = b""
    for number, image_size in enumerate([(160, 120), (80, 60), (60, 80)]):
        film += write_clip(tmp_path / f"{number}.h264", 3, image_size).read_bytes()
    (tmp_path / "call.h264").write_bytes(film)
    images = read(tmp_path / "call.h264")[1]
    assert {image.shape for image in images} == {(120, 160, 3)}
    assert np.abs(images[0].astype(int) - images[3]).mean() < 12
    turned = images[-1]
    assert turned[:, :30].max() == turned[:, -30:].max() == 0  # 90 x 120 in the middle
    assert turned[5, 40].argmax() == 0
    assert turned[5, 120].argmax() == 1


def test_a_mere_stream_of_a_codec_says_that_it_has_no_times(tmp_path):
    with VideoReader(write_clip(tmp_path / "clip.h264", 10)) as video:
        times = [frame.time_s for frame in video]
    assert not video.timed
    np.testing.assert_allclose(times, np.arange(10) / float(video.rates[0]), atol=1e-6)


def test_a_rate_that_is_a_unit_of_time_is_none(tmp_path):
    header, frame = b"YUV4MPEG2 W16 H16 F1000000000:1 Ip A1:1 C420jpeg\n", b"FRAME\n" + bytes(384)
    (tmp_path / "fast.y4m").write_bytes(header + 5 * frame)
    with VideoReader(tmp_path / "fast.y4m") as video:
        assert all(rate <= 10_000 for rate in video.rates)
