"""`python -m codegen` writes everything that is generated; `--check` only says what is stale (exit code 1)."""

import sys
from pathlib import Path

from codegen.json_schema import build_schema, render_schema
from codegen.security_rules import render_firestore_rules, render_storage_rules
from codegen.typescript import render_catalogue, render_limits, render_types
from contracts.catalogue import parse_catalogue


def render_all() -> dict[Path, str]:
    """Every generated file with the text that it should have."""
    schema = build_schema()
    catalogue = parse_catalogue(Path("models/catalogue.toml").read_text(encoding="utf-8"))
    firestore, storage = Path("firestore.rules"), Path("storage.rules")
    return {
        Path("contracts/schema.json"): render_schema(),
        firestore: render_firestore_rules(firestore.read_text(encoding="utf-8"), schema),
        storage: render_storage_rules(storage.read_text(encoding="utf-8")),
        Path("web/client/generated/contract.ts"): render_types(schema),
        Path("web/client/generated/limits.ts"): render_limits(schema),
        Path("web/client/generated/catalogue.ts"): render_catalogue(catalogue),
    }


def stale(rendered: dict[Path, str]) -> list[Path]:
    """The files that do not have the text they should."""
    return [
        path for path, text in rendered.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main() -> int:
    """Write, or check."""
    rendered = render_all()
    outdated = stale(rendered)
    if "--check" in sys.argv[1:]:
        for path in outdated:
            print(f"{path} is stale: run make generated")
        return 1 if outdated else 0
    for path in outdated:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rendered[path], encoding="utf-8")
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
