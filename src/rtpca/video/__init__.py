"""Videos: frames in, people found and followed, their poses lifted; and frames out again."""

from __future__ import annotations

from rtpca.video.detectors import Detector, PersonDetection, load_detector
from rtpca.video.pipeline import TrackedVideo, lift_tracks, lift_video, steady_pictures, track_video
from rtpca.video.reader import VideoFrame, VideoReader
from rtpca.video.timing import Timing
from rtpca.video.writer import VideoWriter

__all__ = [
    "Detector",
    "PersonDetection",
    "Timing",
    "TrackedVideo",
    "VideoFrame",
    "VideoReader",
    "VideoWriter",
    "lift_tracks",
    "lift_video",
    "load_detector",
    "steady_pictures",
    "track_video",
]
