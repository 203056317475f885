#!/bin/sh
# Runs a command with what the files named by VARIABLE_FILE hold as VARIABLE, for variables that have
# no such form of their own. Model providers' keys are read from their files by the application.
set -eu

for name in \
    ALERT_WEBHOOK_URL APP_BUILDER_LEDGER_URL APP_BUILDER_RATE_LIMITS__URL \
    OTEL_EXPORTER_OTLP_HEADERS OTEL_EXPORTER_OTLP_TRACES_HEADERS OUTCOME_WEBHOOK_URL \
    PREFECT_API_AUTH_STRING \
    PREFECT_REDIS_MESSAGING_URL PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL PREFECT_SERVER_API_AUTH_STRING \
    PREFECT_SERVER_DATABASE_CONNECTION_URL PREFECT_SERVER_DOCKET_URL
do
    eval "file=\${${name}_FILE:-}"
    [ -n "$file" ] || continue
    eval "given=\${${name}:-}"
    if [ -n "$given" ]; then
        echo "$name and ${name}_FILE are both set: set one of them" >&2
        exit 2
    fi
    if [ ! -r "$file" ]; then
        echo "${name}_FILE names '$file', which cannot be read: run \`make secrets\`, and mount it" >&2
        exit 2
    fi
    value=$(cat "$file")
    export "$name=$value"
    unset "${name}_FILE"
done
# Prefect's processes log lines of JSON where the application does; workers hand it on to their runs.
if [ "${APP_BUILDER_LOG_FORMAT:-}" = json ]; then
    export PREFECT_LOGGING_SETTINGS_PATH="${PREFECT_LOGGING_SETTINGS_PATH:-/app/flows/logging.yaml}"
fi
exec "$@"
