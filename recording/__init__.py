"""Recording, transcript and summary of a call's audio."""
