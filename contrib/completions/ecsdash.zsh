#compdef ecsdash
# zsh completion of ecsdash, printed by `ecsdash --completion zsh`
_ecsdash_profiles()
{
    local -a names
    names=(${(f)"$(sed -n 's/^[[:blank:]]*\[\(profile[[:blank:]]\{1,\}\)\{0,1\}\([A-Za-z0-9_.@+:/-]*\)[[:blank:]]*\].*/\2/p' "${AWS_CONFIG_FILE:-$HOME/.aws/config}" "${AWS_SHARED_CREDENTIALS_FILE:-$HOME/.aws/credentials}" 2>/dev/null)"})
    compadd -a names
}
_ecsdash_regions()
{
    compadd af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2 us-gov-east-1 us-gov-west-1 cn-north-1 cn-northwest-1
}
_ecsdash()
{
    _arguments -s -S \
    '--profile=[profile of the AWS CLI'\''s files]:NAME:_ecsdash_profiles' \
    '--region=[AWS region]:NAME:_ecsdash_regions' \
    '--cluster=[only this cluster]:NAME:' \
    '--service=[only services that match]:NAME:' \
    '--endpoint-url=[send every call there]:URL:' \
    '--insecure-endpoint[allow endpoints without TLS]' \
    '--demo=-[a simulated account; no AWS at all]::SCENARIO:(default quiet empty)' \
    '--read-only[refuse everything that changes something]' \
    '--refresh=[age of what is on screen (default 5)]:SECONDS:' \
    '--budget=[share of the API quotas, or unlimited (25)]:PERCENT:(5 10 25 50 unlimited)' \
    '--theme=[default, mono, colorblind or yours]:NAME:(default mono colorblind)' \
    '--no-color[words and bold only]' \
    '--keymap=[more key bindings]:FILE:_files' \
    '--config=[instead of your config file]:FILE:_files' \
    '--log-file=[a diary of calls and errors; no secrets in it]:FILE:_files' \
    '--once[print the view and exit]' \
    '(-o --output)'{-o+,--output=}'[table, tsv or json; of tail\: text or json]:FORMAT:(table tsv json text)' \
    '--wait=[--once tries again for that long (default 10)]:SECONDS:' \
    '--since=[from when on\: 90s, 15m, 14\:03 (default 15m)]:TIME:(5m 15m 1h 6h 1d)' \
    '--filter=[only lines that match; !RE\: that don'\''t]:RE:' \
    '--follow[go on with what is written]' \
    '--until-stable[until the roll-out is steady, or has failed]' \
    '--sim-server=[run the simulator alone; port 0 picks one]:ADDR\:PORT:' \
    '--sim-world=[a generated world of that size]:KEY=N,...:' \
    '--seed=[another world of that size]:N:' \
    '--sim-clock=[real, frozen, frozen@TIME, or xN times as fast]:CLOCK:(real frozen x10 x60)' \
    '--sim-faults=[what goes wrong, and when; help explains]:PLAN:(help)' \
    '--sim-creds=[seconds that its credentials live]:KEY=N,...:' \
    '--sim-deny=[what nobody may do there, as ecs\:Update*]:ACTION,...:' \
    '--sim-journal=[a line of JSON for each request]:FILE:_files' \
    '--print-keys[the default keys, as a Markdown table]' \
    '--print-man[the sections of the manual that come from tables]' \
    '--completion=[completions of bash, zsh or fish]:SHELL:(bash zsh fish)' \
    '(-V --version)'{-V,--version}'[version and libraries]' \
    '(-h --help)'{-h,--help=-}'[this text; with =all every option]::all:(all)' \
    '1:view or command:((services\:"services of a cluster, or of all" tasks\:"tasks of a service or a cluster" clusters\:"clusters of the region" tail\:"print the logs of services" doctor\:"try what is needed, print IAM policies"))' \
    '*:filter, or CLUSTER/SERVICE: '
}
if [ "$funcstack[1]" = _ecsdash ]; then
    _ecsdash "$@"
else
    compdef _ecsdash ecsdash
fi
