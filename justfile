# What operators and contributors type. `just` lists it; docs/operations.md and CONTRIBUTING.md explain it.

# The list of recipes
default:
    @just --list --unsorted

# Build, start and wait until everything is healthy; then say how to sign in
up:
    docker compose up --build --detach --wait
    @docker compose logs --no-log-prefix --tail 1 secrets

# Stop everything; volumes stay
down:
    docker compose down

# Restart all services, or those named
restart *services:
    docker compose restart {{ services }}

# Follow the log of all services, or of those named
logs *services:
    docker compose logs --follow --tail 100 {{ services }}

# What runs, and whether it is healthy
ps:
    docker compose ps --all

# How to sign in, as the last start said it
password:
    @docker compose logs --no-log-prefix secrets

# Make another operator password and show it; people who are signed in stay so
new-password:
    docker compose run --rm --no-deps secrets rm -f /data/operator-password
    docker compose up --no-deps --force-recreate --no-log-prefix secrets
    docker compose restart auth

# The operator's command line in the running auth container: just gatehouse keys list (docs/cli.md)
gatehouse *arguments:
    docker compose exec auth gatehouse {{ arguments }}

# Fresh secrets, as lines for .env
secrets:
    @printf 'GATEHOUSE_SECRET=%s\n' "$(openssl rand -base64 32)"
    @printf 'OPERATOR_PASSWORD=%s\n' "$(openssl rand -hex 12)"

# Save all volumes that matter into one file, with Redis stopped for that moment; keep it as safe as .env
backup file=`date +gatehouse-%Y%m%d-%H%M%S.tar.gz`:
    docker compose stop redis
    umask 077 && docker compose run --rm --no-deps -T secrets tar -C / -czf - data volumes/store-secrets volumes/redis volumes/certificates volumes/bridge > {{ quote(file) }} || { rm -f {{ quote(file) }}; docker compose start redis; exit 1; }
    docker compose start redis
    @echo saved {{ quote(file) }}

# Put back what `just backup` saved; what is there now is gone
restore file:
    test -s {{ quote(file) }}
    docker compose down
    docker compose run --rm --no-deps -T secrets sh -c 'find /data /volumes/* -mindepth 1 -delete && tar -C / -xzf -' < {{ quote(file) }}
    docker compose up --detach --wait

# Every test; those that need Docker or Chromium say why when they are skipped
test:
    npm test

# The tests that need neither Docker nor network
test-fast:
    npm run test:fast

# Types, lint, unused code
check:
    npm run check

# Load on /verify and the bridge, as ratios
bench:
    npm run bench
