#!/bin/sh
# Renew constraints.txt: install the package with its newest allowed dependencies into a fresh environment and write down what came.
#
#   tools/freeze_constraints.sh [PYTHON]
#
# torch keeps the version that constraints.txt names; run the tests before committing the result.
set -eu
cd "$(dirname "$0")/.."
python=${1:-python3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
torch=$(grep '^torch==' constraints.txt)
"$python" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet "$torch" "setuptools>=77"
"$scratch/venv/bin/python" -m pip install --quiet --no-build-isolation --editable ".[dev]" "$torch"
{
    grep '^#' constraints.txt
    "$scratch/venv/bin/python" -m pip freeze --all --exclude-editable | grep -viE '^pip==' | sed 's/+cpu$//' | LC_ALL=C sort -f
} >"$scratch/constraints.txt"
mv "$scratch/constraints.txt" constraints.txt
