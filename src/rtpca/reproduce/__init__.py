"""The paper's tables and figures from named runs."""
