#!/bin/sh
# Run once by the PostgreSQL image on an empty volume: the database, the role that owns and
# migrates it, and the role that works in it. Neither is a superuser.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres \
  -v owner_password="$WARDLIGHT_OWNER_PASSWORD" -v app_password="$WARDLIGHT_APP_PASSWORD" <<'SQL'
create role wardlight_owner login nosuperuser nocreatedb nocreaterole password :'owner_password';
create role wardlight_app login nosuperuser nocreatedb nocreaterole password :'app_password';
alter role wardlight_app set idle_in_transaction_session_timeout = '60s';
alter role wardlight_owner set log_error_verbosity = 'terse';
alter role wardlight_app set log_error_verbosity = 'terse';
create database wardlight owner wardlight_owner;
SQL
