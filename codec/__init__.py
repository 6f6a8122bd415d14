"""Opus as a library: what recordings and live mixes both need. It knows nothing else of ours."""
