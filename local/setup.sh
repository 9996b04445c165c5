#!/bin/sh
# Sets up everything that runs on this machine: sh local/setup.sh [--tests]
# It only looks for Python and Node; local/setup.py does the rest. Uses no other program.
set -eu

case $0 in
    */*) here=${0%/*} ;;
    *) here=. ;;
esac
cd "$here/.."

say_and_stop() {
    echo "$1" >&2
    exit 1
}

# The version is asked of the program itself: a name on PATH may be a stub, or something else entirely.
python_version() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true
}

# Whether $1 (such as 3.12) is at least 3.11.
is_python_new_enough() {
    case $1 in
        3.[0-9]* | [4-9].*) ;;
        *) return 1 ;;
    esac
    [ "${1%%.*}" -gt 3 ] || [ "${1#*.}" -ge 11 ]
}

python=
found=
if [ -n "${PYTHON:-}" ]; then
    set_by="\$PYTHON names "
    candidates=$PYTHON
else
    set_by="found "
    candidates=".venv/bin/python python3.13 python3.12 python3.11 python3 python"
fi
IFS_BEFORE=$IFS
[ -z "${PYTHON:-}" ] || IFS=
for candidate in $candidates; do
    command -v "$candidate" >/dev/null 2>&1 || continue
    version=$(python_version "$candidate")
    if is_python_new_enough "$version"; then
        python=$candidate
        break
    fi
    [ -z "$version" ] || found="$found${found:+, }$candidate ($version)"
done
IFS=$IFS_BEFORE
if [ -z "$python" ]; then
    say_and_stop "Safelight needs Python 3.11 or newer, but $set_by${found:-${PYTHON:-none}}: install Python 3.12 \
(Debian and Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.12; or python.org), \
or name one with PYTHON=/path/to/python3, and try again."
fi

install_node="install Node 22 (nodejs.org; nvm install 22; or macOS: brew install node@22) and try again."
node=$(node --version 2>/dev/null || true)
major=${node#v}
major=${major%%.*}
case $major in
    "" | *[!0-9]*) say_and_stop "Safelight needs Node 20 or newer with npm, but found no node: $install_node" ;;
esac
if [ "$major" -lt 20 ]; then
    say_and_stop "Safelight needs Node 20 or newer with npm, but found node $node: $install_node"
fi
if ! command -v npm >/dev/null 2>&1; then
    say_and_stop "Safelight needs npm, but found only node $node: install npm (Debian and Ubuntu: apt install npm) \
and try again."
fi

exec "$python" -m local.setup "$@"
