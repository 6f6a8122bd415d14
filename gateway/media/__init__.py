"""Everything that touches audio. Knows nothing of calls beyond their ids."""
