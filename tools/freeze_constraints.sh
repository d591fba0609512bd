#!/bin/sh
# Renew constraints.txt, constraints-video.txt and constraints-programs.txt: install the package with its newest allowed dependencies into a fresh environment and write down what came.
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

# renew FILE EXTRA
renew() {
    "$python" -m venv --clear "$scratch/venv"
    "$scratch/venv/bin/python" -m pip install --quiet "$torch" "setuptools>=77"
    "$scratch/venv/bin/python" -m pip install --quiet --no-build-isolation --editable ".[$2]" "$torch"
    {
        grep '^#' "$1"
        "$scratch/venv/bin/python" -m pip freeze --all --exclude-editable | grep -viE '^pip==' | sed 's/+cpu$//' | LC_ALL=C sort -f
    } >"$scratch/$1"
    mv "$scratch/$1" "$1"
}

renew constraints.txt dev
renew constraints-video.txt video-tests
pose2sim=$(grep '^pose2sim==' constraints-programs.txt)
renew constraints-programs.txt programs-tests
echo "$pose2sim" >>constraints-programs.txt
