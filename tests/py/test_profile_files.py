"""Profile files as botocore's own loader reads them: the same two files are
given to it and to us, and compared key by key."""
import json
import os
import subprocess
import sys
import tempfile

import common

try:
    import botocore.session
    from botocore.exceptions import ConfigParseError
    MISSING = None
except ImportError as why:
    MISSING = str(why)

OURS = os.path.join(os.environ["ECSDASH_TESTS"], "backend/test_profile_files")
KEYS = ["region", "output", "aws_access_key_id", "aws_secret_access_key",
        "role_arn", "source_profile", "credential_process", "sso_session",
        "sso_region", "sso_start_url", "endpoint_url", "services", "a", "b",
        "c", "key with blank", "ecs.endpoint_url", "sts.endpoint_url",
        "ecs.a", "ecs.b"]

# (config, credentials): both read them, and alike.
SAME = [
    ("", ""),
    ("[default]\nregion = a\n", ""),
    ("[default]\nregion=a", ""),
    ("[default]\nregion : a\n", ""),
    ("[default]\nregion: a=b\n", ""),
    ("[default]\nregion = a:b\n", ""),
    ("[default]\nregion=\ta \t \n", ""),
    ("[default]\n\tregion = a\n", ""),
    ("[default]\n  region = a\n  output = b\n", ""),
    ("[default]\n  region = a\noutput = b\n", ""),
    ("[default]\nREGION = a\nOutPut = B\n", ""),
    ("[default]\nregion = a # b\noutput = c ; d\n", ""),
    ("[default]\nregion = a#b\n", ""),
    ("[default]\nregion = # a\n", ""),
    ("[default]\nregion = \"a\"\noutput = 'b'\n", ""),
    ("[default]\nregion = %(x)s ${x} \\ $x\n", ""),
    ("[default]\nkey with blank = a b\n", ""),
    ("[default]\nregion = a\r\noutput = b\r\n", ""),
    ("[default]\rregion = a\routput = b\r", ""),
    ("[default]\nregion = a\n  more\n\tand more\n", ""),
    ("[default]\nregion = a\n\n  more\n\n\n\n  end\n\n\n", ""),
    ("[default]\nregion = a\n  # no\n  more\n", ""),
    ("[default]\nregion = a\n# no\n\n  more\n", ""),
    ("[default]\nregion = a\n  output = b\n", ""),
    ("[default]\nregion = a\n  [profile b]\noutput = c\n", ""),
    ("[default]\n region = a\n  [profile b]\n output = c\n", ""),
    ("# c\n; d\n\n[default]\n#region = b\nregion = a\n;region = c\n", ""),
    ("[default]\n   # indented\nregion = a\n", ""),
    ("[default]\n[profile b]\nregion = c\n", ""),
    ("[default] # x\nregion = a\n", ""),
    ("[default] ; x\nregion = a\n", ""),
    ("[default]; x\nregion = a\n", ""),
    ("[default]x\nregion = a\n", ""),
    ("[profile a]\nregion = a\n", ""),
    ("[profile   a]\nregion = a\n", ""),
    ("[profile\ta]\nregion = a\n", ""),
    ("[profile a ]\nregion = a\n", ""),
    ("[profile \"a\"]\nregion = a\n", ""),
    ("[profile 'a']\nregion = a\n", ""),
    ("[profile \"a b\"]\nregion = a\n", ""),
    ("[profile a\\ b]\nregion = a\n", ""),
    ("[profile \"a\\b\"]\nregion = a\n", ""),
    ("[profile \"a\\\"b\"]\nregion = a\n", ""),
    ("[profile 'a\\b']\nregion = a\n", ""),
    ("[profile a'b'c]\nregion = a\n", ""),
    ("[profile a b]\nregion = a\n", ""),
    ("[profile \"a]\nregion = a\n", ""),
    ("[profile]\nregion = a\n", ""),
    ("[profiles a]\nregion = a\n", ""),
    ("[profile a]b]\nregion = a\n", ""),
    ("[profile a@b.c/d:e+f_g-h%i]\nregion = a\n", ""),
    ("[profile \u00e9t\u00e9]\nregion = a\noutput = \u00fc\n", ""),
    ("[Profile a]\nregion = a\n", ""),
    ("[PROFILE a]\nregion = a\n[Default]\nregion = b\n", ""),
    ("[a]\nregion = a\n", ""),
    ("[preview]\na = b\n[plugins]\nc = d\n", ""),
    ("[default]\nregion = a\n[profile default]\noutput = b\n", ""),
    ("[profile default]\noutput = b\n[default]\nregion = a\n", ""),
    ("[profile default]\nregion = a\n", ""),
    ("[profile a]\nregion = a\n[profile \"a\"]\noutput = b\n", ""),
    ("[DEFAULT]\nregion = a\noutput = b\n[default]\nregion = c\n", ""),
    ("[DEFAULT]\nregion = a\n[profile x]\n[profile y]\nregion = b\n", ""),
    ("[DEFAULT]\nregion = a\n", ""),
    ("[default]\nservices = s\n[services s]\necs =\n  endpoint_url = u\n", ""),
    ("[default]\nservices = s\n[services s]\necs =\n\tendpoint_url=u\n"
     "sts =\n\tendpoint_url = v=w\n\n\ta = b\n", ""),
    ("[default]\nservices = s\n[services s]\necs =\n  a = b\n    b = c\n", ""),
    ("[default]\nservices = s\n[services s]\necs =\n  # x\n  a = b # c\n", ""),
    ("[default]\nservices = s\n[services s]\necs =\n\n  a = b\n\n\n  b=c\n", ""),
    ("[default]\nservices = my s\n[services \"my s\"]\necs =\n a = b\n", ""),
    ("[default]\nservices = s\n[services t]\necs =\n  a = b\n", ""),
    ("[default]\nsso_session = x\n[sso-session x]\nsso_region = r\n"
     "sso_start_url = https://x/#/\n", ""),
    ("[default]\nsso_session = a b\n[sso-session 'a b']\nsso_region = r\n", ""),
    ("[profile p]\ncredential_process = /bin/x \"a b\" --c='d'\n", ""),
    ("", "[default]\naws_access_key_id = A\naws_secret_access_key = b/c+d=\n"),
    ("", "[a b]\naws_access_key_id = A\n"),
    ("", "[profile a]\naws_access_key_id = A\n"),
    ("", "[\"a\"]\naws_access_key_id = A\n"),
    ("", "[DEFAULT]\nregion = a\n[x]\noutput = b\n"),
    ("[profile a]\nregion = r\naws_access_key_id = C\n",
     "[a]\naws_access_key_id = S\n"),
    ("[default]\nregion = r\n", "[default]\nregion = s\noutput = t\n"),
    ("[profile a]\nregion = r\n", "[b]\nregion = s\n"),
    ("[default]\naws_access_key_id = A\n", "[default]\n"),
    ("[default]\nregion = a\n[profile \"b c\"]\nregion = d\n",
     "[b c]\noutput = e\n"),
]

# (why, config, credentials, what we say): here we differ on purpose.
# CLI gives the whole file up.
LENIENT = [
    ("a section twice is merged",
     "[default]\nregion = a\n[profile x]\n[default]\noutput = b\n", "",
     {"default": {"region": "a", "output": "b"}, "x": {}}),
    ("of a key that comes twice the later wins",
     "[default]\nregion = a\nregion = b\n", "", {"default": {"region": "b"}}),
    ("a byte order mark is passed over",
     "\ufeff[default]\nregion = a\n", "", {"default": {"region": "a"}}),
    ("a bad line costs its section only",
     "[default]\nregion = a\n[profile x]\nwhat\n[profile y]\nregion = b\n", "",
     {"default": {"region": "a"}, "y": {"region": "b"}}),
    ("a bad nested line costs its section only",
     "[default]\nregion = a\n[profile x]\ns3 =\n  what\n", "",
     {"default": {"region": "a"}}),
    ("lines before the first section are passed over",
     "region = b\n[default]\nregion = a\n", "", {"default": {"region": "a"}}),
    ("a key without a name costs its section only",
     "[default]\nregion = a\n[profile x]\n= b\n", "",
     {"default": {"region": "a"}}),
]
# The CLI reads the file, but otherwise.
OTHER = [
    ("blanks inside the brackets do not count",
     "[ default ]\nregion = a\n[ profile x ]\nregion = b\n", "",
     {"default": {"region": "a"}, "x": {"region": "b"}}),
    ("an empty value in the credentials file hides nothing",
     "[default]\nregion = a\n", "[default]\nregion =\n",
     {"default": {"region": "a"}}),
    ("a bracket in a comment behind the header is no part of the name",
     "[default] # x [y]\nregion = a\n", "", {"default": {"region": "a"}}),
    ("keys of a nested group are of any case",
     "[default]\nservices = s\n[services s]\necs =\n  Endpoint_URL = u\n", "",
     {"default": {"services": "s", "ecs.endpoint_url": "u"}}),
]


def write(folder, config, credentials):
    paths = []
    for name, text in (("config", config), ("credentials", credentials)):
        paths.append(os.path.join(folder, name))
        with open(paths[-1], "w", encoding="utf-8", newline="") as f:
            f.write(text)
    return paths


def theirs(config, credentials):
    with tempfile.TemporaryDirectory() as folder:
        paths = write(folder, config, credentials)
        session = botocore.session.Session()
        session.set_config_variable("config_file", paths[0])
        session.set_config_variable("credentials_file", paths[1])
        full = session.full_config
    out = {}
    for name, values in full["profiles"].items():
        got = out[name] = {}
        services = full.get("services", {}).get(values.get("services"), {})
        sso = full.get("sso_sessions", {}).get(values.get("sso_session"), {})
        for key in KEYS:
            group, _, sub = key.partition(".")
            if sub:
                nested = services.get(group)
                value = nested.get(sub) if isinstance(nested, dict) else None
            else:
                value = values.get(key)
                if sso.get(key):
                    got["session " + key] = sso[key]
            if isinstance(value, str) and value:
                got[key] = value
    return out


def ours(config, credentials):
    with tempfile.TemporaryDirectory() as folder:
        paths = write(folder, config, credentials)
        done = subprocess.run([OURS, "dump", *paths, *KEYS], check=True,
                              stdout=subprocess.PIPE, env=common.clean_env())
    return json.loads(done.stdout)


def both_read_the_same():
    assert len(SAME) >= 80
    found = [(files, ours(*files), theirs(*files)) for files in SAME]
    wrong = [row for row in found if row[1] != row[2]]
    assert not wrong, json.dumps(wrong, indent=1)


def where_the_cli_gives_a_file_up_we_do_not():
    for why, config, credentials, want in LENIENT:
        got = ours(config, credentials)
        assert got == want, (why, got)
        try:
            theirs(config, credentials)
        except ConfigParseError:
            continue
        raise AssertionError("botocore reads it, too: " + why)


def where_we_read_otherwise_it_is_meant():
    for why, config, credentials, want in OTHER:
        got = ours(config, credentials)
        assert got == want, (why, got)
        assert theirs(config, credentials) != want, why


if __name__ == "__main__":
    sys.exit(common.run([both_read_the_same,
                         where_the_cli_gives_a_file_up_we_do_not,
                         where_we_read_otherwise_it_is_meant], MISSING))
