"""Names of array types, once for everybody."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
"""What files hold and networks read."""
DoubleArray = npt.NDArray[np.float64]
"""What is computed with where rounding would show: geometry, statistics."""
AnyFloatArray = npt.NDArray[np.floating]
"""Either."""
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
ImageArray = npt.NDArray[np.uint8]
"""(H, W, 3) RGB."""
