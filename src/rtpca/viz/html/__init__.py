"""The viewer: one HTML file that plays a result in any browser, without network."""

from __future__ import annotations

from rtpca.viz.html.page import html_page, save_html

__all__ = ["html_page", "save_html"]
