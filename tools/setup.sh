#!/bin/sh
# Makes .venv and installs chainrule into it, with the dependency groups named after the first argument.
#   tools/setup.sh PYTHON [GROUP ...]
set -eu
python=$1
shift
if command -v uv >/dev/null 2>&1; then
    [ -x .venv/bin/python ] || uv venv --quiet --python "$python" .venv
    install="uv pip install --quiet --python .venv/bin/python"
else
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    install=".venv/bin/python -m pip install --quiet --disable-pip-version-check"
    $install "pip>=25.1" # the first that knows --group
fi
$install --editable .
for group in "$@"; do
    $install --group "$group"
done
