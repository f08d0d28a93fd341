#!/bin/sh
# The release binary is what its flags say: position independent, relocations
# read-only from the start, no executable stack, guarded stack, checked copies.
set -u
pass=0 fail=0
elf=$(LC_ALL=C readelf -hldW --dyn-syms "$ECSDASH_BIN")
want() {
    if printf '%s\n' "$elf" | grep -Eq "$2"; then
        pass=$((pass + 1))
    else
        echo "$1: nothing like \"$2\" in $ECSDASH_BIN"
        fail=$((fail + 1))
    fi
}
want "position independent" 'Type: +DYN'
want "relocations" 'GNU_RELRO'
want "bound at the start" 'FLAGS_1.*NOW.*PIE'
want "stack" 'GNU_STACK.* RW +0x'
case $elf in
*__asan_init*) ;; # built for finding faults, not for users
*)
    want "stack guard" '__stack_chk_fail'
    want "fortify" '__(sn|vsn|f)printf_chk'
    ;;
esac
echo "$pass passed, $fail failed, 0 skipped"
[ "$fail" -eq 0 ]
