#!/bin/sh
# Make the project's own virtual environment and install the pinned packages into it.
#
#   tools/setup_venv.sh PYTHON VENV [EXTRA [CONSTRAINTS]]
#
# Works with a python3 that lacks ensurepip (Debian without python3-venv), as long as it has pip 22.3 or newer.
set -eu

python=$1
venv=$2
extra=${3:-}
constraints=${4:-constraints.txt}

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

command -v "$python" >/dev/null 2>&1 || fail "there is no '$python' here: install Python 3.11 or newer, or name another, e.g. make PYTHON=python3.12"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or newer is needed and '$python' is $("$python" --version 2>&1): name another, e.g. make PYTHON=python3.12"

if [ ! -x "$venv/bin/python" ]; then
    if "$python" -c 'import ensurepip' >/dev/null 2>&1; then
        "$python" -m venv "$venv"
    else
        "$python" -m venv --without-pip "$venv" ||
            fail "'$python' cannot make virtual environments: install its venv module (Debian, Ubuntu: apt install python3-venv)"
    fi
fi

if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }
elif "$python" -m pip --python "$venv/bin/python" --version >/dev/null 2>&1; then
    pip() { "$python" -m pip --disable-pip-version-check --python "$venv/bin/python" "$@"; }
else
    fail "'$python' has neither ensurepip nor pip 22.3 or newer: install one of them (Debian, Ubuntu: apt install python3-venv python3-pip)"
fi

# torch by its exact version first, then the build tool, so that nothing is fetched outside of the pinned set.
torch=$(grep '^torch==' "$constraints")
setuptools=$(grep '^setuptools==' "$constraints")
printf 'setup: installing the pinned packages into %s (a minute or so, once)\n' "$venv"
pip install --quiet --constraint "$constraints" "$torch" "$setuptools"
pip install --quiet --constraint "$constraints" --no-build-isolation --editable ".${extra:+[$extra]}"
printf 'setup: %s is ready\n' "$venv"
