#!/usr/bin/env bash
# Checks licences, duplicate versions and origins of all dependencies by deny.toml, without network.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh rust cargo-deny
deny=.tools/cargo-deny/bin/cargo-deny
[ -x "$deny" ] || deny=cargo-deny

# All crates have to be on disk for their licences to be read; this is silent and offline when they are.
cargo fetch --quiet --locked

# Duplicates that deny.toml tolerates are warnings: `cargo deny check bans` shows them.
exec "$deny" --offline --locked --log-level error check --hide-inclusion-graph bans licenses sources
