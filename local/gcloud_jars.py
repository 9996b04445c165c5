"""The emulators of the Google Cloud SDK, made so that firebase-tools can start them.

firebase-tools changes the mode of every file that it is pointed at, so each is a small file of our own
which starts gcloud's; gcloud's files stay as they are.
"""

import shlex
import shutil
import subprocess
from pathlib import Path

from local.errors import LocalError
from local.gcloud_sdk import FIRESTORE_JAR, PUBSUB_PROGRAM
from local.launcher_jar import write_launcher_jar
from local.layout import EMULATORS, LOCAL
from local.log_tail import log_tail
from local.stamp import stamp_of

FIRESTORE_MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
RULES_SOURCE = LOCAL / "StorageRulesRuntime.java"
INSTALL = (
    "gcloud components install cloud-firestore-emulator pubsub-emulator (Debian and Ubuntu: apt install "
    "google-cloud-cli-firestore-emulator google-cloud-cli-pubsub-emulator)"
)


def has_emulators(sdk: Path) -> bool:
    """Whether both emulators that we take from the SDK are installed."""
    return (sdk / FIRESTORE_JAR).exists() and (sdk / PUBSUB_PROGRAM).exists()


def gcloud_jars_environment(sdk: Path, *, folder: Path = EMULATORS) -> dict[str, str]:
    """The variables that point firebase-tools at the SDK's emulators. What is there already stays.

    Raises:
        LocalError: the Storage rules runtime cannot be compiled.
    """
    folder.mkdir(parents=True, exist_ok=True)
    firestore = folder / "firestore.jar"
    write_launcher_jar(firestore, main_class=FIRESTORE_MAIN_CLASS, library=sdk / FIRESTORE_JAR)
    return {
        "FIRESTORE_EMULATOR_BINARY_PATH": str(firestore),
        "PUBSUB_EMULATOR_BINARY_PATH": str(_write_pubsub_script(sdk, folder / "pubsub.sh")),
        "STORAGE_EMULATOR_BINARY_PATH": str(_build_rules_runtime(sdk, folder)),
    }


def _write_pubsub_script(sdk: Path, script: Path) -> Path:
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(str(sdk / PUBSUB_PROGRAM))} "$@"\n')
    script.chmod(0o755)
    return script


def _build_rules_runtime(sdk: Path, folder: Path) -> Path:
    jar, library = folder / "storage-rules.jar", sdk / FIRESTORE_JAR
    identity = f"{library} {library.stat().st_size} {library.stat().st_mtime_ns}"
    stamp = stamp_of("storage-rules", RULES_SOURCE, identity, folder=folder)
    if not (stamp.is_current() and jar.exists()):
        stamp.remove()
        classes = folder / "classes"
        _compile(library, classes)
        write_launcher_jar(jar, main_class="StorageRulesRuntime", library=library, classes=classes)
        stamp.write()
    return jar


def _compile(library: Path, classes: Path) -> None:
    javac = _find_javac()
    if javac is None:
        message = (
            "The Storage emulator's rules runtime can neither be downloaded nor compiled here: connect to the "
            "internet, or install a JDK 17 or newer (Debian and Ubuntu: apt install openjdk-17-jdk-headless), "
            "and try again."
        )
        raise LocalError(message)
    log = classes.parent / "javac.log"
    options = ["-proc:none", "--release", "17", "-cp", str(library), "-d", str(classes)]
    with log.open("w") as output:
        command = [javac, *options, str(RULES_SOURCE)]
        failed = subprocess.run(command, check=False, stdout=output, stderr=output).returncode != 0
    if failed:
        message = (
            "The Storage emulator's rules runtime does not compile against this Google Cloud SDK: connect to the "
            f"internet, so that Firebase's own can be downloaded. {log_tail(log)}"
        )
        raise LocalError(message)


def _find_javac() -> str | None:
    installed = sorted(str(path) for path in Path("/usr/lib/jvm").glob("*/bin/javac"))
    return shutil.which("javac") or next(iter(installed), None)
