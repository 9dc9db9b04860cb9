#!/usr/bin/env bash
# Fuzzes each target for some seconds, from its seeds on. A finding ends it, and says how to run it again.
#
#   scripts/fuzz.sh            every target, SECONDS_EACH (20) seconds each
#   scripts/fuzz.sh door       this target alone
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh rust cargo-fuzz
tool=.tools/cargo-fuzz/bin/cargo-fuzz
[ -x "$tool" ] || tool=$(command -v cargo-fuzz)
seconds=${SECONDS_EACH:-20}

# Without a sanitizer: the code is safe Rust, so panics and assertions are what can be found, and the pinned toolchain does.
options=(--dev --sanitizer none --no-cfg-fuzzing)
# cargo-fuzz has no --locked: a lock file that is behind is told here, and not mended in silence.
cargo metadata --quiet --locked --format-version 1 --manifest-path fuzz/Cargo.toml >/dev/null
"$tool" build "${options[@]}" >&2
[ $# -gt 0 ] || set -- callers config credentials door events
for target in "$@"; do
  corpus=fuzz/corpus/$target
  mkdir -p "$corpus"
  log=$(mktemp)
  if ! "$tool" run "${options[@]}" "$target" "$corpus" "fuzz/seeds/$target" -- \
    -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=20 -max_len=4096 -print_final_stats=1 >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    rm -f "$log"
    echo "fuzz: $target found something; the input is in fuzz/artifacts/$target" >&2
    exit 1
  fi
  sed -n "s/^stat::number_of_executed_units: */fuzz: $target: executions /p" "$log"
  rm -f "$log"
done
