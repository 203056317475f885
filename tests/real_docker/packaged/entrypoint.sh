#!/bin/sh
# Starts PostgreSQL as its own image does (an empty folder is set up first), and else what is asked.
set -eu

if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username postgres --pwfile "$POSTGRES_PASSWORD_FILE" --auth-local trust \
        --encoding UTF8 --locale C.UTF-8 $POSTGRES_INITDB_ARGS >/dev/null
    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
    pg_ctl --silent --wait --options "-c listen_addresses=''" start
    for script in /docker-entrypoint-initdb.d/*.sh; do "$script"; done
    pg_ctl --silent --wait stop
fi
if [ "$1" = postgres ]; then
    shift
    set -- postgres -c "listen_addresses=*" "$@"
fi
exec "$@"
