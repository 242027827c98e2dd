#!/bin/sh
# Make the secrets that compose.yaml mounts, in deploy/secrets/. Secrets that exist are kept.
#
# Only its owner can enter the folder. The files are readable for everyone, because the users in the
# containers have other numbers; a container sees only the secrets that are mounted in it.
set -eu
directory="$(dirname "$0")/secrets"
mkdir -p "$directory"
chmod 700 "$directory"

random() { od -An -tx1 -N32 /dev/urandom | tr -d ' \n'; }

# write NAME TEXT: unless the file exists
write() {
	if [ ! -s "$directory/$1" ]; then
		printf '%s\n' "$2" >"$directory/$1.new"
		chmod 444 "$directory/$1.new"
		mv "$directory/$1.new" "$directory/$1"
		echo "made $1"
	fi
}

read_or_random() { if [ -s "$directory/$1" ]; then cat "$directory/$1"; else random; fi; }

write secret_key "$(random)"
write turn_secret "$(random)"
write metrics_token "$(random)"
# Replace it by the password of your mail server. Without EMAIL_USER it is not used.
write email_password "$(random)"
# Replace it by the token of your own site. Without MICROPUB_URL it is not used.
write micropub_token "$(random)"
write etherpad_api_key "$(random)"
write etherpad_db_password "$(random)"

password="$(read_or_random postgres_password)"
write postgres_password "$password"
write database_url "postgres://confcall:$password@postgres:5432/confcall"

password="$(read_or_random redis_password)"
write redis_password "$password"
write redis_url "redis://:$password@valkey:6379/0"
write valkey_conf "requirepass $password"
