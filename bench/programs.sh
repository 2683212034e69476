# What the scripts that measure other programs share; to be sourced. `options_of <usage> <arguments…>` reads --runs N into
# `runs`; a program that is there is added, one that is not is named.
runs=3
options_of() {
    local usage=$1
    shift
    if [ "${1:-}" = --runs ] && [ $# -ge 2 ]; then
        runs=$2
        shift 2
    fi
    if [ $# -gt 0 ] || ! [ "$runs" -ge 1 ] 2>/dev/null; then
        echo "usage: run.sh $usage [--runs N]" >&2
        exit 2
    fi
}

names=()
commands=()
add() { # name command
    names+=("$1")
    commands+=("$2")
}
absent() { echo "left out: $1 ($2)" >&2; }
