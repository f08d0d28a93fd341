"""What the Python tests share: a clean environment, the binary, counting."""
import atexit
import json
import os
import subprocess
import sys
import traceback

BIN = os.environ["ECSDASH_BIN"]


class Skip(Exception):
    pass


def clean_env(**more):
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    # The metadata service of the machine is nobody's business here.
    env["AWS_EC2_METADATA_DISABLED"] = "true"
    env.update(more)
    return env


class Simulator:
    """ecsdash --sim-server as a child, until close() or the end of the test;
    .client(service) is botocore's."""

    def __init__(self, *args):
        self.process = subprocess.Popen(
            [BIN, "--sim-server", "127.0.0.1:0", *args],
            stdout=subprocess.PIPE, env=clean_env())
        atexit.register(self.close)
        self.info = json.loads(self.process.stdout.readline())

    def env(self):
        return clean_env(
            AWS_ACCESS_KEY_ID=self.info["access_key_id"],
            AWS_SECRET_ACCESS_KEY=self.info["secret_access_key"],
            AWS_REGION=self.info["region"],
            AWS_ENDPOINT_URL=self.info["endpoint"])

    def client(self, service):
        return make_client(service, self.info["endpoint"],
                           self.info["access_key_id"],
                           self.info["secret_access_key"],
                           self.info["region"])

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def make_client(service, endpoint, key, secret, region):
    import botocore.session
    from botocore.config import Config
    return botocore.session.Session().create_client(
        service, endpoint_url=endpoint, region_name=region,
        aws_access_key_id=key, aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 1}))


def run(tests, missing=None):
    """Run the functions; a Skip, or a missing module, counts as skipped."""
    passed = failed = skipped = 0
    for test in tests:
        try:
            if missing:
                raise Skip(missing)
            test()
            passed += 1
            print("ok", test.__name__)
        except Skip as why:
            skipped += 1
            print("skipped", test.__name__, why)
        except Exception:
            failed += 1
            print("FAILED", test.__name__)
            traceback.print_exc(file=sys.stdout)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)
