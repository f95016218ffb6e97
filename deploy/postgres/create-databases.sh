#!/bin/sh
# One database, one owner and one application role per service; run once by the postgres image on an empty volume.
set -eu
for service in profiles bookings billing consent loyalty notifier gateway; do
  psql -v ON_ERROR_STOP=1 -v name="foyer_$service" -v password="$FOYER_DB_PASSWORD" -U postgres <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
SELECT :'name' || '_owner' AS owner \gset
CREATE ROLE :"owner" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"owner";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"name" TO :"name";
SQL
done
