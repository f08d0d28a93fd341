# bash completion of ecsdash, printed by `ecsdash --completion bash`
_ecsdash()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words= i
    if [[ $cur == "=" ]]; then # --theme=
        cur=
    elif [[ $prev == "=" ]]; then # --theme=mo
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    COMPREPLY=()
    case $prev in
    --demo)
        [[ ${COMP_WORDS[COMP_CWORD]} == "=" || ${COMP_WORDS[COMP_CWORD-1]} == "=" ]] &&
            words="default quiet empty" ;;
    --budget) words="5 10 25 50 unlimited" ;;
    --theme) words="default mono colorblind" ;;
    -o | --output) words="table tsv json text" ;;
    --since) words="5m 15m 1h 6h 1d" ;;
    --sim-clock) words="real frozen x10 x60" ;;
    --sim-faults) words="help" ;;
    --completion) words="bash zsh fish" ;;
    --help)
        [[ ${COMP_WORDS[COMP_CWORD]} == "=" || ${COMP_WORDS[COMP_CWORD-1]} == "=" ]] &&
            words="all" ;;
    --region)
        words="af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2 us-gov-east-1 us-gov-west-1 cn-north-1 cn-northwest-1" ;;
    --profile)
        words=$(sed -n 's/^[[:blank:]]*\[\(profile[[:blank:]]\{1,\}\)\{0,1\}\([A-Za-z0-9_.@+:/-]*\)[[:blank:]]*\].*/\2/p' "${AWS_CONFIG_FILE:-$HOME/.aws/config}" "${AWS_SHARED_CREDENTIALS_FILE:-$HOME/.aws/credentials}" 2>/dev/null) ;;
    --keymap | --config | --log-file | --sim-journal)
        return ;; # bash completes files
    esac
    compopt +o default 2>/dev/null
    if [[ -z $words && $cur == -* ]]; then
        words="--profile --region --cluster --service --endpoint-url --insecure-endpoint --demo --read-only --refresh --budget --theme --no-color --keymap --config --log-file --once --output --wait --since --filter --follow --until-stable --sim-server --sim-world --seed --sim-clock --sim-faults --sim-creds --sim-deny --sim-journal --print-keys --print-man --completion --version --help"
    elif [[ -z $words ]]; then
        words="services tasks clusters tail doctor"
        for ((i = 1; i < COMP_CWORD; i++)); do
            [[ " $words " == *" ${COMP_WORDS[i]} "* ]] && words= && break
        done
    fi
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _ecsdash ecsdash
