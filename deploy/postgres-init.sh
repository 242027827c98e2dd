#!/bin/sh
# The Postgres image runs this once, on an empty data folder: a database and a role for Etherpad.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$(cat /run/secrets/etherpad_db_password)" \
	--username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
CREATE ROLE etherpad LOGIN PASSWORD :'password';
CREATE DATABASE etherpad OWNER etherpad;
REVOKE CONNECT ON DATABASE confcall FROM PUBLIC;
SQL
