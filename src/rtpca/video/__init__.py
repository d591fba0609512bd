"""Videos and cameras: frames in, people found and followed; and frames out again."""

from __future__ import annotations

from rtpca.video.detectors import Detector, PersonDetection, load_detector
from rtpca.video.live import LiveKeypoints, open_live
from rtpca.video.people import TrackedVideo, steady_pictures, track_people
from rtpca.video.reader import VideoFrame, VideoReader
from rtpca.video.timing import Timing
from rtpca.video.writer import VideoWriter

__all__ = [
    "Detector",
    "LiveKeypoints",
    "PersonDetection",
    "Timing",
    "TrackedVideo",
    "VideoFrame",
    "VideoReader",
    "VideoWriter",
    "load_detector",
    "open_live",
    "steady_pictures",
    "track_people",
]
