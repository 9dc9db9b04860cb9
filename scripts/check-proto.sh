#!/usr/bin/env bash
# Lints the protobuf contract and compares it with its version before the change at hand: clients must not break.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh buf
buf=tools/node_modules/.bin/buf

"$buf" lint
"$buf" format --diff --exit-code

# The change at hand is what is not committed yet, or else the last commit that touched the contract.
base=
if [ "$(git rev-parse --is-inside-work-tree 2>/dev/null)" = true ] && git rev-parse --quiet --verify HEAD >/dev/null; then
  if git diff --quiet HEAD -- proto; then
    last=$(git log -1 --format=%H -- proto)
    if [ -n "$last" ]; then base=$(git rev-parse --quiet --verify "$last^" || true); fi
  else
    base=HEAD
  fi
fi

if [ -n "$base" ] && git cat-file -e "$base:proto" 2>/dev/null && git cat-file -e "$base:buf.yaml" 2>/dev/null; then
  before=$(mktemp -d)
  trap 'rm -rf "$before"' EXIT
  # An archive, because buf cannot read the .git of a linked work tree.
  git archive "$base" buf.yaml proto | tar -x -C "$before"
  "$buf" breaking --against "$before"
else
  echo "no earlier version of the contract to compare with"
fi
