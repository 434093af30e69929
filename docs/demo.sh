#!/bin/sh
# A tour of credctl: every verb at every vendor, in the sandbox, so that nothing
# real is touched and no account is needed. Usage: docs/demo.sh [PATH-OF-CREDCTL]
set -eu

if [ "${1-}" != --inside ]; then
    bin=${1:-credctl}
    case $bin in
    */*) PATH=$(cd "$(dirname "$bin")" && pwd):$PATH && export PATH ;;
    esac
    exec "$bin" sandbox --deterministic --provision-delay 2s -- sh "$0" --inside
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

say() { printf '\n\n# %s\n' "$*"; }

# run shows a command and what it prints, and ends the tour when it fails.
run() {
    printf '\n$ %s\n' "$*"
    eval "$*"
}

# refused does the same with a command that must fail with the status $1.
refused() {
    want=$1 got=0
    shift
    printf '\n$ %s\n' "$*"
    eval "$*" || got=$?
    echo "(exit status $got)"
    [ "$got" = "$want" ]
}

say 'What there is, at all four vendors'
run "credctl list --columns provider,id,name,status,created"

say 'Katapult: create a key straight into the file that needs it; wait until it is provisioned'
run "credctl katapult create --name ci --region uk-lon-1 --all-objects-read --to aws:ci@credentials"
id=$(credctl katapult list --jq '.[] | select(.name == "ci") | .id')
run "credctl katapult get $id"
run "credctl katapult update $id --new-name ci-deploy"
say 'Rotate it: create a replacement with the same permissions, verify and deliver it, reload the service, delete the old key'
run "credctl katapult rotate $id --to aws:ci@credentials --hook 'echo \"\$CREDCTL_NEW_ID is in use\" >>hook.log'"
run "cat hook.log"
run "cut -c1-40 credentials"
say 'The same command again does nothing: the key is rotated already'
run "credctl katapult rotate $id --to aws:ci@credentials --jq .reason"
say 'A key that never had credentials gets some'
run "credctl katapult generate objkey_sbxStaging000003 --secret-file staging.key"
run "credctl katapult delete objkey_sbxStaging000003 --yes --force"

say 'Medianova: its API does not return the secret, so a rotation waits for a person'
run "credctl medianova list"
refused 8 "credctl medianova create --name reports --bucket logs --read-only --secret-file reports.key"
run "credctl medianova update 5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c2 --subfolder apache --columns id,name,scopes"
refused 8 "credctl medianova rotate 5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1 --to dotenv:web.env"
run "credctl rotation abort 5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c1 --yes"
run "credctl medianova delete 5d0c3a9e-2b71-4c68-9f04-a1b2c3d4e5c2 --yes"

say 'Losant keeps the secrets of other services: they come from a file or from standard input'
run "credctl losant list --type sql"
run "printf %s wJalrXUtnFEMI-EXAMPLE | credctl losant create --name uploads --type aws --set accessKeyId=AKIAIOSFODNN7EXAMPLE --set region=eu-west-1 --set-file secretAccessKey=-"
run "printf %s a-new-password | credctl losant rotate 66a0c0de5eed0000000000c3 --set-file password=- --yes"
run "credctl losant generate 66a0c0de5eed0000000000c4 --yes --jq '.key | split(\"\\n\")[0]'"
refused 5 "credctl losant delete 66a0c0de5eed0000000000c1 --yes"
run "credctl losant delete 66a0c0de5eed0000000000c5 --yes"

say 'Stratum: its own route stops the old key immediately; --overlap creates a second key first'
run "credctl stratum create --name reports --to dotenv:reports.env"
id=$(credctl stratum list --jq '.[] | select(.name == "reports") | .id')
run "credctl stratum rotate $id --to dotenv:reports.env --yes"
id=$(credctl stratum list --status active --jq '.[] | select(.name == "reports") | .id')
run "credctl stratum rotate $id --to dotenv:reports.env --overlap --grace 24h"
run "cut -c1-30 reports.env"
run "credctl stratum delete 3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f504 --not-self 3e9a4c10-6f2b-4d8e-8b7a-51c2d3e4f504 --yes"

say 'What is not finished: the old key of the last rotation is kept until its grace period ends'
run "credctl rotation list --columns provider,old_id,new_id,state"
