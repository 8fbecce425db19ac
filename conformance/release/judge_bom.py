"""Judges bills of materials by CycloneDX's schema: `judge_bom.py FILE...`."""

import json
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

judge = JsonStrictValidator(SchemaVersion.V1_6)
for name in sys.argv[1:]:
    text = Path(name).read_text()
    if error := judge.validate_str(text):
        raise SystemExit(f"{name}: {error}")
    print(f"{Path(name).name}: {len(json.loads(text)['components'])} components")
