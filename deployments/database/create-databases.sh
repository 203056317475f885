#!/bin/sh
# Run by the database's image when its folder is empty: a user and a database each for Prefect and for
# the usage ledger, so that builds cannot reach what Prefect keeps.
set -eu

for name in prefect ledger; do
    password=$(cat "/run/secrets/database-$name-password")
    psql --username "${POSTGRES_USER:-postgres}" --dbname postgres --set ON_ERROR_STOP=1 --quiet \
        --set "name=$name" --set "password=$password" <<'SQL'
CREATE USER :"name" PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
done
