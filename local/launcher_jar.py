"""A jar that holds little or nothing itself, but says what to run and where that lies.

firebase-tools runs `java -jar`, and the jars of the Google Cloud SDK name no main class.
"""

import zipfile
from pathlib import Path

LINE_BYTES = 72
"""The longest line that a manifest may have."""


def write_launcher_jar(jar: Path, *, main_class: str, library: Path, classes: Path | None = None) -> None:
    """Write a jar that runs a class of the library, or one of the folder `classes` on top of it."""
    jar.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", manifest(main_class, library))
        for path in sorted(classes.rglob("*.class")) if classes else []:
            archive.write(path, path.relative_to(classes or path).as_posix())


def manifest(main_class: str, library: Path) -> str:
    """The manifest's text."""
    headers = ["Manifest-Version: 1.0", f"Main-Class: {main_class}", f"Class-Path: {library.as_uri()}"]
    return "".join(f"{_folded(header)}\r\n" for header in headers) + "\r\n"


def _folded(header: str) -> str:
    lines = [header[:LINE_BYTES]]
    rest = header[LINE_BYTES:]
    while rest:
        lines.append(" " + rest[: LINE_BYTES - 1])
        rest = rest[LINE_BYTES - 1 :]
    return "\r\n".join(lines)
