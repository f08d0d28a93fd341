"""The simulator dies under the running dashboard and comes back: no row and no
keystroke is lost. New keys come by the shared credentials file, which is read
again when the old ones are refused."""
import json
import os
import subprocess
import tempfile

import common
from pty_screen import Screen


def serve(port):
    p = subprocess.Popen([common.BIN, "--sim-server", f"127.0.0.1:{port}",
                          "--seed", "5", "--demo=quiet"],
                         stdout=subprocess.PIPE, env=common.clean_env())
    return p, json.loads(p.stdout.readline())


def write_keys(path, info):
    with open(path + ".new", "w", opener=lambda p, f: os.open(p, f, 0o600)) \
            as f:
        f.write("[default]\naws_access_key_id = %s\n"
                "aws_secret_access_key = %s\n" % (info["access_key_id"],
                                                  info["secret_access_key"]))
    os.rename(path + ".new", path)


def nothing_is_lost_when_the_service_dies_and_returns():
    with tempfile.TemporaryDirectory() as home:
        keys = os.path.join(home, "credentials")
        first, info = serve(0)
        port = info["endpoint"].rsplit(":", 1)[1]
        write_keys(keys, info)
        s = Screen([common.BIN, "--refresh", "1"], common.clean_env(
            HOME=home, AWS_SHARED_CREDENTIALS_FILE=keys,
            AWS_REGION=info["region"], AWS_ENDPOINT_URL=info["endpoint"]))
        try:
            s.wait("services(30)", "30 ok", "auth-api")
            first.kill()
            first.wait()
            first.stdout.close()
            s.wait("STALE", "stale since")
            s.wait("services(30)", "auth-api")  # the rows stay
            s.keys("jjj")  # keys work on the old rows
            s.keys("/pricing\r")
            s.wait("services(1 of 30)", "pricing")
            second, info = serve(port)
            try:
                write_keys(keys, info)
                s.wait("services(1 of 30)", "s ago", gone="STALE",
                       seconds=60)
                s.keys("\x1b")
                s.wait("services(30)", "30 ok")
            finally:
                second.kill()
                second.wait()
                second.stdout.close()
        finally:
            s.close()


if __name__ == "__main__":
    common.run([nothing_is_lost_when_the_service_dies_and_returns])
