#!/bin/sh
# Runs once, as root, when Gradescope builds the autograder's image: an environment with chainrule, and a secret.
# AUTOGRADER_ROOT points it elsewhere, for a trial on another machine.
set -eu
root="${AUTOGRADER_ROOT:-/autograder}"
here="$root/source"

find_python() {
    for name in python3.14 python3.13 python3.12 python3.11 python3; do
        if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$name"
            return 0
        fi
    done
    return 1
}

if ! python="$(find_python)"; then
    # Ubuntu 22.04 brings Python 3.10 and offers 3.11; 24.04 brings 3.12 without venv.
    apt-get update
    apt-get install -y --no-install-recommends python3.11 python3.11-venv ||
        apt-get install -y --no-install-recommends python3 python3-venv
    python="$(find_python)"
fi

"$python" -m venv "$root/environment"
cd "$here"
"$root/environment/bin/python" -m pip install --no-cache-dir --requirement requirements.txt

# Hidden inputs are drawn from the secret: the same for every regrade in this image, and unknown to learners.
umask 077
if [ -f "$here/secret" ]; then
    cp "$here/secret" "$root/secret"
elif [ ! -f "$root/secret" ]; then
    od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n' > "$root/secret"
fi
