"""Write ``src/callqual/schema/callqual-1.json``, the JSON Schema of a record, from :mod:`callqual.result`."""

from __future__ import annotations

import json
from pathlib import Path

from callqual.result import json_schema

TARGET = Path(__file__).resolve().parent.parent / "src" / "callqual" / "schema" / "callqual-1.json"

if __name__ == "__main__":
    TARGET.write_text(json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
