"""Simulated customers and agents in a process of their own, to find out what a gateway carries (`ramal load`)."""
