"""A second reader: tmux sees the same main screens as libvterm, text and
attributes. Both read the frozen demo."""
import os
import re
import shutil
import subprocess
import tempfile
import time

import common

SHOTS = os.path.join(os.environ.get("ECSDASH_TESTS", ""), "screen", "shots")
DEMO = [common.BIN, "--demo", "--seed", "7", "--sim-clock",
        "frozen@2026-11-21T14:32:07Z"]
LOOKS = {1: 1, 4: 2, 7: 4}  # SGR -> bit, as the dump counts them


def libvterm(name):
    out = subprocess.run([SHOTS, "--dump", name], capture_output=True,
                         timeout=60, env=common.clean_env())
    assert out.returncode == 0, out.stderr.decode()
    lines = out.stdout.decode().splitlines()
    return lines[0::2], lines[1::2]


def parse(captured, cols):
    """tmux's capture-pane -e: rows of text and of looks."""
    texts, looks, state = [], [], 0
    for line in captured.split("\n"):
        text, look = "", ""
        for part in re.split(r"(\x1b\[[0-9;:]*m)", line):
            if part.startswith("\x1b["):
                for code in re.split("[;:]", part[2:-1]):
                    code = int(code or 0)
                    if code == 0:
                        state = 0
                    elif code in LOOKS:
                        state |= LOOKS[code]
                    elif code in (22, 24, 27):
                        state &= ~{22: 1, 24: 2, 27: 4}[code]
                continue
            for ch in part:
                text += ch
                look += str(state)
        texts.append(text.rstrip())
        looks.append(look[:cols])
    return texts, looks


class Tmux:
    def __init__(self, rows, cols):
        self.dir = tempfile.mkdtemp()
        self.socket = os.path.join(self.dir, "s")
        env = common.clean_env(ECSDASH_TEST="frozen:1795271527000",
                               LC_ALL="C.UTF-8", TERM="xterm-256color")
        command = " ".join(DEMO)
        subprocess.run(["tmux", "-S", self.socket, "-f", "/dev/null",
                        "new-session", "-d", "-x", str(cols), "-y",
                        str(rows), command], env=env, check=True)
        subprocess.run(["tmux", "-S", self.socket, "set", "-g", "status",
                        "off"], check=True)

    def keys(self, *keys):
        subprocess.run(["tmux", "-S", self.socket, "send-keys", *keys],
                       check=True)

    def capture(self):
        return subprocess.run(
            ["tmux", "-S", self.socket, "capture-pane", "-e", "-p"],
            capture_output=True, check=True).stdout.decode()

    def wait(self, text, seconds=20):
        end = time.monotonic() + seconds
        while text not in re.sub(r"\x1b\[[0-9;:]*m", "", self.capture()):
            assert time.monotonic() < end, self.capture()
            time.sleep(0.1)

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"])
        shutil.rmtree(self.dir, ignore_errors=True)


def agree(name, rows, cols, keys, wait):
    """Row 1 tells how many calls were made: it differs, and is left out."""
    want_text, want_looks = libvterm(name)
    t = Tmux(rows, cols)
    try:
        t.wait("rows 1-")
        t.wait("SHORT")  # before a key, so that the cursor is on the worst
        for k in keys:
            t.keys(k)
            time.sleep(0.5)
        t.wait(wait)
        end = time.monotonic() + 15
        while True:
            text, looks = parse(t.capture(), cols)
            if text[1:rows] == want_text[1:rows] or time.monotonic() > end:
                break
            time.sleep(0.3)
    finally:
        t.close()
    for i in range(1, rows):
        assert text[i] == want_text[i], (i, text[i], want_text[i])
        for col, ch in enumerate(text[i]):
            if ch == " " or col >= len(looks[i]):
                continue
            assert looks[i][col] == want_looks[i][col], (
                i, col, ch, looks[i], want_looks[i])
    if "rows 1-" in "".join(want_text):
        assert any("4" in x or "5" in x for x in want_looks[4:]), "no cursor"


def services_at_80x24():
    agree("services-80x24", 24, 80, [], "SHORT")


def services_at_120x40():
    agree("services-120x40", 40, 120, ["j"], "SHORT")


def help_from_the_keys():
    agree("help", 40, 100, ["?"], "everywhere")


if __name__ == "__main__":
    missing = None
    if not shutil.which("tmux"):
        missing = "tmux is not installed"
    elif not os.path.exists(SHOTS):
        missing = "tests/screen/shots is not built"
    common.run([services_at_80x24, services_at_120x40, help_from_the_keys],
               missing)
