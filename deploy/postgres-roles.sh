#!/bin/sh
# Run once by the PostgreSQL image on an empty volume: the database, the role that owns and
# migrates it, and the role that works in it. Neither is a superuser.
set -eu
: "${WARDLIGHT_OWNER_PASSWORD:?}" "${WARDLIGHT_APP_PASSWORD:?}"
# From the environment: what stands in a command every process list shows.
psql -v ON_ERROR_STOP=1 -U postgres <<'SQL'
\getenv owner_password WARDLIGHT_OWNER_PASSWORD
\getenv app_password WARDLIGHT_APP_PASSWORD
create role wardlight_owner login nosuperuser nocreatedb nocreaterole password :'owner_password';
create role wardlight_app login nosuperuser nocreatedb nocreaterole password :'app_password';
alter role wardlight_app set idle_in_transaction_session_timeout = '60s';
alter role wardlight_owner set log_error_verbosity = 'terse';
alter role wardlight_app set log_error_verbosity = 'terse';
create database wardlight owner wardlight_owner;
SQL
