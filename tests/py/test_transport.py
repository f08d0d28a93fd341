"""What the program says on the wire and gives away to its neighbours: TLS
versions and trust, key logs, plain http, core dumps and /proc."""
import http.server
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading

import common

DIR = tempfile.mkdtemp(dir=os.environ.get("TMPDIR"))
# A permissive OpenSSL, so that only the program's own rules are left.
LAX = os.path.join(DIR, "lax.cnf")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.asked.append(self.headers.get("Host"))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b'{"clusterArns":[]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass


def certificate(name):
    """A self-signed certificate for a host name: (certificate, key)."""
    cert, key = (os.path.join(DIR, f"{name}.{x}") for x in ("pem", "key"))
    if not os.path.exists(cert):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
             "-keyout", key, "-out", cert, "-days", "30", "-subj",
             f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"],
            check=True, capture_output=True)
    return cert, key


class Server:
    def __init__(self, name="localhost", newest=None):
        self.cert, key = certificate(name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(self.cert, key)
        if newest:
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = newest
        self.http = Quiet(("127.0.0.1", 0), Handler)
        self.http.asked = []
        self.http.socket = context.wrap_socket(self.http.socket,
                                               server_side=True)
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, args=(0.05,),
                         daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()


def once(*args, **env):
    with open(LAX, "w") as f:
        f.write("openssl_conf = a\n[a]\nssl_conf = b\n[b]\n"
                "system_default = c\n[c]\nMinProtocol = TLSv1\n"
                "CipherString = DEFAULT@SECLEVEL=0\n")
    return subprocess.run(
        [common.BIN, "--once", "-o", "json", *args, "clusters"],
        env=common.clean_env(
            AWS_ACCESS_KEY_ID="AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY="s",
            AWS_REGION="us-east-1", AWS_MAX_ATTEMPTS="1", OPENSSL_CONF=LAX,
            **env),
        capture_output=True, text=True, timeout=60)


def over_tls(server, trust=True, **env):
    if trust:
        env["AWS_CA_BUNDLE"] = server.cert
    return once("--endpoint-url", f"https://localhost:{server.port}", **env)


def a_trusted_server_is_asked_and_no_keys_are_logged():
    s = Server()
    keys = os.path.join(DIR, "keylog")
    out = over_tls(s, SSLKEYLOGFILE=keys)
    assert out.returncode == 0, out
    assert s.http.asked, "the server was not asked"
    assert not os.path.exists(keys), "session keys were written to a file"
    s.close()


def an_unknown_certificate_is_refused():
    s = Server()
    out = over_tls(s, trust=False)
    assert out.returncode == 1 and "TLS" in out.stderr, out
    assert not s.http.asked
    s.close()


def a_certificate_of_another_host_is_refused():
    s = Server("other.example")
    out = over_tls(s)
    assert out.returncode == 1 and "TLS" in out.stderr, out
    assert not s.http.asked
    s.close()


def tls_before_1_2_is_refused():
    s = Server(newest=ssl.TLSVersion.TLSv1_1)
    lax = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    lax.minimum_version = ssl.TLSVersion.TLSv1
    lax.set_ciphers("ALL:@SECLEVEL=0")
    lax.load_verify_locations(s.cert)
    with socket.create_connection(("127.0.0.1", s.port)) as raw:
        with lax.wrap_socket(raw, server_hostname="localhost") as tls:
            assert tls.version() == "TLSv1.1"  # the server does speak it
    out = over_tls(s)
    assert out.returncode == 1 and "TLS" in out.stderr, out
    assert not s.http.asked
    s.close()


def a_bundle_that_cannot_be_read_is_an_error():
    empty = os.path.join(DIR, "empty.pem")
    open(empty, "w").close()
    for path in (empty, os.path.join(DIR, "none.pem"), DIR):
        out = once("--endpoint-url", "https://localhost:1",
                   AWS_CA_BUNDLE=path)
        assert out.returncode == 2, out
        assert path in out.stderr and "AWS_CA_BUNDLE" in out.stderr, out


def plain_http_needs_the_option():
    plain = Quiet(("127.0.0.1", 0), Handler)
    plain.asked = []
    threading.Thread(target=plain.serve_forever, args=(0.05,),
                     daemon=True).start()
    # Loopback for the kernel, any other machine for the program.
    url = f"http://0.0.0.0:{plain.server_address[1]}"
    for how in ({"AWS_ENDPOINT_URL": url}, {"AWS_ENDPOINT_URL_ECS": url}):
        out = once(**how)
        assert out.returncode == 2 and "--insecure-endpoint" in out.stderr, out
        assert not plain.asked
        out = once("--insecure-endpoint", **how)
        assert out.returncode == 0 and plain.asked, out
        plain.asked.clear()
    plain.shutdown()
    plain.server_close()


def nobody_reads_the_memory_of_the_process():
    """The files of a process that can't be dumped belong to root."""
    binary = shutil.copy(common.BIN, os.path.join(DIR, "ecsdash"))
    os.chmod(DIR, 0o755)
    os.chmod(binary, 0o755)
    top = DIR
    while top not in ("/", os.environ.get("TMPDIR")):
        top = os.path.dirname(top)
    if os.getuid() == 0 and top != "/":
        os.chmod(top, 0o711)
    who = dict(user=65534, group=65534, extra_groups=[]) \
        if os.getuid() == 0 else {}
    silent = socket.create_server(("127.0.0.1", 0))
    silent.settimeout(30)
    p = subprocess.Popen(
        [binary, "--once", "--endpoint-url",
         f"http://127.0.0.1:{silent.getsockname()[1]}"],
        env=common.clean_env(
            AWS_ACCESS_KEY_ID="AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY="s",
            AWS_REGION="us-east-1", HOME=DIR, XDG_CONFIG_HOME=DIR,
            XDG_STATE_HOME=DIR), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **who)
    try:
        silent.accept()  # it holds its secrets now
        with open(f"/proc/{p.pid}/limits") as f:
            core = [x.split() for x in f if x.startswith("Max core file")]
        assert core[0][4:6] == ["0", "0"], core
        owner = os.stat(f"/proc/{p.pid}/mem").st_uid
        assert owner == 0, f"/proc/PID/mem belongs to {owner}"
    finally:
        p.kill()
        p.wait()
        silent.close()


try:
    common.run([a_trusted_server_is_asked_and_no_keys_are_logged,
                an_unknown_certificate_is_refused,
                a_certificate_of_another_host_is_refused,
                tls_before_1_2_is_refused,
                a_bundle_that_cannot_be_read_is_an_error,
                plain_http_needs_the_option,
                nobody_reads_the_memory_of_the_process],
               None if shutil.which("openssl") else "no openssl program")
finally:
    shutil.rmtree(DIR, ignore_errors=True)
