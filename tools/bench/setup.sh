#!/bin/sh
# Puts the peers that npm alone can give into ${PEERS:-./.peers}; wrk comes from Debian.
set -eu
PEERS=${PEERS:-$(dirname "$0")/.peers}; mkdir -p "$PEERS"; cd "$PEERS"
command -v wrk >/dev/null || { apt-get update -q && apt-get install -yq wrk; }
one() { [ -d "$1/node_modules" ] || { mkdir -p "$1"; printf '%s\n' "$2" >"$1/package.json"; (cd "$1" && npm install --no-audit --no-fund); }; }
# Portkey 1.15.2 with a fresh @hono/node-server (1.19) answers every stream with a 500: use its lockfile's version.
one portkey-pinned '{"private":true,"dependencies":{"@portkey-ai/gateway":"1.15.2"},"overrides":{"@hono/node-server":"1.13.5"}}'
one ccr '{"private":true,"dependencies":{"@musistudio/claude-code-router":"2.0.0"}}'
mkdir -p ccr/home/.claude-code-router
cat >ccr/home/.claude-code-router/config.json <<'J'
{ "HOST": "127.0.0.1", "PORT": 3456, "APIKEY": "sk-ccr", "LOG": false, "NON_INTERACTIVE_MODE": true,
  "Providers": [ { "name": "mock", "api_base_url": "http://127.0.0.1:9100/v1/chat/completions", "api_key": "k",
    "models": ["mock-json", "mock-sse-50x20", "mock-sse-400x0", "mock-sse-80x50", "mock-big-256"] } ],
  "Router": { "default": "mock,mock-json" } }
J
echo "peers are in $PEERS"
