"""The running service: audio, HTTP, and the wiring of everything else."""
