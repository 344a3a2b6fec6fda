#!/bin/sh
# Installs Request Tracker 5 from Debian's packages for the tests: quietly,
# without a database of its own (each test makes one) and without starting
# anything. Repeatable; needs root.
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

# The packages' scripts ask this file before they start a service.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	trap 'rm -f "$policy"' EXIT
fi

debconf-set-selections <<'PRESEED'
request-tracker5 request-tracker5/rtname string desk.test
request-tracker5 request-tracker5/organization string desk.test
request-tracker5 request-tracker5/correspondaddress string rt@desk.test
request-tracker5 request-tracker5/commentaddress string rt-comment@desk.test
request-tracker5 request-tracker5/webbaseurl string http://127.0.0.1:8080
request-tracker5 request-tracker5/webpath string
request-tracker5 request-tracker5/handle-siteconfig-permissions boolean true
request-tracker5 request-tracker5/install-cronjobs boolean false
request-tracker5 request-tracker5/initial-root-password password not-used-by-tests
request-tracker5 request-tracker5/dbconfig-install boolean false
dbconfig-common dbconfig-common/dbconfig-install boolean false
PRESEED

# An MTA is a hard dependency; dma runs no daemon, and the tests' RT never mails.
apt="apt-get -o DPkg::Lock::Timeout=900 -o Acquire::Retries=3 -qq -y"
packages="request-tracker5 rt5-db-sqlite rt5-standalone dma"
# Stale package lists answer 404: refresh them once and try again.
$apt --no-install-recommends install $packages || {
	$apt update
	$apt --no-install-recommends install $packages
}
