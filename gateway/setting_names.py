"""Names that look like settings and are none: a typing mistake changes nothing, and says nothing."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from pydantic_settings import DotEnvSettingsSource

from gateway.settings import PREFIX, Settings


def given_names(env_file: Path | None = Path(".env")) -> set[str]:
    """Of everything that looks like a setting of ours, in the environment and the file."""
    in_file = DotEnvSettingsSource(Settings, env_file=env_file).env_vars
    return {name.upper() for name in (*os.environ, *in_file) if name.upper().startswith(PREFIX)}


def unknown_names(names: Iterable[str]) -> list[str]:
    """`names` in capitals. A sentence for each that is no setting, with what may have been meant; never a value."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    sentences = []
    for name in sorted(set(names)):
        if name in known:
            continue
        close = get_close_matches(name, known, n=1, cutoff=0.8)
        meant = f"Is {close[0]} meant?" if close else "docs/settings.md has them all."
        sentences.append(f"{name} is no setting, and changes nothing. {meant}")
    return sentences
