"""Prints the Socket.IO contract as JSON, for the page's TypeScript generator: `python -m signaling.agents`."""

import json
import sys

from signaling.agents.contract import COMMANDS, EVENTS, json_schema

if __name__ == "__main__":
    contract = {
        "schema": json_schema(),
        "commands": {name: message.__name__ for name, message in COMMANDS.items()},
        "events": {name: message.__name__ for name, message in EVENTS.items()},
    }
    json.dump(contract, sys.stdout, ensure_ascii=False, indent=2)
