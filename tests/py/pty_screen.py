"""The binary in a pseudo-terminal, as plain text: enough to drive it against
an emulator. (Attributes are the business of tests/screen.)"""
import fcntl
import os
import pty
import re
import select
import struct
import termios
import time

SEQUENCE = re.compile(
    rb"\x1b\][^\x07]*\x07|\x1b[()][AB0]|\x1b\[([0-9;?>]*)([@-~])"
    rb"|\x1b([=>78MD])")

IDLE = re.compile(rb"\x1b\]7717;idle;(\d+);\d+\x07")


class Screen:
    def __init__(self, argv, env, rows=24, cols=100):
        self.rows, self.cols = rows, cols
        self.cells = [[" "] * cols for _ in range(rows)]
        self.row = self.col = 0
        self.top, self.bottom = 0, rows - 1  # the scrolling region
        self.pending = b""
        self.raw = bytearray()  # all that came
        self.sent = 0
        self.over = False  # nobody holds the terminal any more
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(argv[0], argv, {"ECSDASH_TEST": "1", **env,
                                      "TERM": "vt100", "LC_ALL": "C.UTF-8"})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, cols, 0, 0))

    def keys(self, text):
        self.sent += os.write(self.fd, text.encode())

    def idle(self, seconds=20):
        """Until the program has seen all keys and has nothing in flight."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            seen = IDLE.findall(self.raw)
            if seen and int(seen[-1]) >= self.sent:
                return
            if select.select([self.fd], [], [], 0.1)[0]:
                self.feed(os.read(self.fd, 65536))
        raise AssertionError("never idle; the screen is:\n" + self.text())

    def wait(self, *texts, gone=None, seconds=20):
        """Until all texts are on the screen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if all(t in self.text() for t in texts) and \
                    not (gone and gone in self.text()):
                return self.text()
            ready, _, _ = select.select([self.fd], [], [], 0.1)
            if ready:
                try:
                    self.feed(os.read(self.fd, 65536))
                except OSError:
                    break
        raise AssertionError(f"waited for {texts}; the screen is:\n"
                             + self.text())

    def read(self, seconds):
        """What comes within that time; False when nothing will any more."""
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                self.feed(os.read(self.fd, 65536))
            except OSError:
                self.over = True
        return not self.over

    def until(self, pattern, holds=lambda: False, seconds=20):
        """Until a row matches, or that holds."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.text()) and not holds():
            if time.monotonic() > end or not self.read(0.1):
                raise AssertionError(f"waited for {pattern}; the screen is:\n"
                                     + self.text())

    def linger(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.read(max(0, end - time.monotonic())):
                return

    def stty(self):
        return termios.tcgetattr(self.fd)

    def wait_end(self, seconds=20):
        """Exit status, or -signal; None when it runs on."""
        end = time.monotonic() + seconds
        while self.status is None and time.monotonic() < end:
            if not self.over:
                self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif self.over:
                time.sleep(0.02)
        while self.status is not None and self.read(0):
            if not select.select([self.fd], [], [], 0)[0]:
                break
        return self.status

    def text(self):
        return "\n".join("".join(r).rstrip() for r in self.cells)

    def put(self, chars):
        for ch in chars:
            if ch == "\r":
                self.col = 0
            elif ch == "\n":
                self.newline()
            elif ch == "\b":
                self.col = max(0, self.col - 1)
            elif ch >= " ":
                if self.col < self.cols:
                    self.cells[self.row][self.col] = ch
                self.col += 1

    def newline(self):
        if self.row == self.bottom:
            self.cells.pop(self.top)
            self.cells.insert(self.bottom, [" "] * self.cols)
        elif self.row < self.rows - 1:
            self.row += 1

    def reverse_index(self):
        if self.row == self.top:
            self.cells.pop(self.bottom)
            self.cells.insert(self.top, [" "] * self.cols)
        elif self.row > 0:
            self.row -= 1

    def control(self, params, final):
        p = [int(x) if x.isdigit() else 0
             for x in params.decode().lstrip("?>").split(";")]
        n = p[0] or 1
        if final == b"H":
            self.row = min(self.rows, (p[0] or 1)) - 1
            self.col = min(self.cols, (p[1] if len(p) > 1 else 1) or 1) - 1
        elif final == b"r":
            self.top = (p[0] or 1) - 1
            self.bottom = (p[1] if len(p) > 1 and p[1] else self.rows) - 1
            self.row = self.col = 0
        elif final == b"A":
            self.row = max(0, self.row - n)
        elif final == b"B":
            self.row = min(self.rows - 1, self.row + n)
        elif final == b"C":
            self.col = min(self.cols - 1, self.col + n)
        elif final == b"D":
            self.col = max(0, self.col - n)
        elif final == b"K":
            cut = slice(self.col, None) if p[0] == 0 else \
                slice(0, self.col + 1)
            for i in range(*cut.indices(self.cols)):
                self.cells[self.row][i] = " "
        elif final == b"J":
            first = self.row + 1 if p[0] == 0 else 0
            if p[0] == 0:
                self.control(b"0", b"K")
            for r in range(first, self.rows):
                self.cells[r] = [" "] * self.cols

    def feed(self, data):
        self.raw += data
        data = self.pending + data
        at = 0
        self.pending = b""
        for m in SEQUENCE.finditer(data):
            self.put(data[at:m.start()].decode("utf-8", "replace"))
            if m.group(2):
                self.control(m.group(1), m.group(2))
            elif m.group(3) == b"M":
                self.reverse_index()
            elif m.group(3) == b"D":
                self.newline()
            at = m.end()
        rest = data[at:]
        cut = rest.find(b"\x1b")
        if cut >= 0:  # half a sequence waits for its end
            self.pending, rest = rest[cut:], rest[:cut]
        self.put(rest.decode("utf-8", "replace"))

    def close(self):
        if self.status is None:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self.fd)
