"""`rtpca app`: a page on this computer to drop a file on and get the viewer and the files.

`jobs` runs the work one after another in a temporary folder, `process` is the work, `guard` keeps other web
pages out, `server` is the address and its routes. The last two need the extra `app` (starlette, uvicorn).
"""

from __future__ import annotations

from rtpca.app.jobs import Job, JobOptions, JobQueue, Outcome, Process

__all__ = ["Job", "JobOptions", "JobQueue", "Outcome", "Process"]
