"""A program in a pseudo-terminal, and enough of a terminal to know what stands on its screen."""

import fcntl
import os
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time

TOKEN = re.compile(rb"\x1b\[([?><=]?)([0-9;:]*)[ -/]*([@-~])|\x1b\].*?(?:\x07|\x1b\\)|\x1b[()][0-9A-Za-z]|\x1b[^\[\]]"
                   rb"|[\x00-\x1f\x7f]|[\x20-\x7e]+|[\xc2-\xf4][\x80-\xbf]+|.", re.S)
# A control sequence or character that is cut at the end of what was read.
UNFINISHED = re.compile(rb"(\x1b(\[[0-9;:?><=]*[ -/]*|\][^\x07\x1b]*\x1b?|[()])?"
                        rb"|[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})\Z")


class Screen:
    """The characters on a screen; colours are ignored."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.cells = [[" "] * columns for _ in range(rows)]
        self.row = self.column = 0
        self.paste = self.alternate = False
        self.rest = b""

    def feed(self, data):
        data = self.rest + data
        unfinished = UNFINISHED.search(data)  # it waits for the next piece
        self.rest = unfinished.group() if unfinished else b""
        data = data[: len(data) - len(self.rest)]
        for match in TOKEN.finditer(data):
            token = match.group()
            if match.group(3):
                self.control(match.group(1), match.group(2), match.group(3))
            elif token[0] >= 0x20 and token[0] != 0x7F:
                for character in token.decode("utf-8", "replace"):
                    self.put(character)
            elif token == b"\r":
                self.column = 0
            elif token == b"\n":
                self.row += 1
            elif token == b"\x08":
                self.column = max(self.column - 1, 0)

    def put(self, character):
        if self.row < self.rows and self.column < self.columns:
            self.cells[self.row][self.column] = character
        self.column += 1

    def control(self, private, parameters, final):
        if private:
            if parameters == b"2004":
                self.paste = final == b"h"
            elif parameters == b"1049":
                self.alternate = final == b"h"
                self.clear(0, self.rows)
            return
        numbers = [int(n) if n.isdigit() else 0 for n in parameters.split(b";")]
        first = max(numbers[0], 1)
        if final in b"Hf":
            self.row, self.column = first - 1, max(numbers[1] if len(numbers) > 1 else 1, 1) - 1
        elif final == b"A":
            self.row = max(self.row - first, 0)
        elif final == b"B":
            self.row += first
        elif final == b"C":
            self.column += first
        elif final == b"D":
            self.column = max(self.column - first, 0)
        elif final == b"G":
            self.column = first - 1
        elif final == b"d":
            self.row = first - 1
        elif final == b"J" and numbers[0] in (2, 3):
            self.clear(0, self.rows)
        elif final == b"J" and numbers[0] == 0:
            self.clear(self.row + 1, self.rows)
            self.erase(self.column)
        elif final == b"K":
            self.erase(0 if numbers[0] == 2 else self.column)

    def clear(self, first, last):
        for row in range(first, min(last, self.rows)):
            self.cells[row] = [" "] * self.columns

    def erase(self, column):
        if self.row < self.rows:
            self.cells[self.row][column:] = [" "] * (self.columns - column)

    def text(self):
        return "\n".join("".join(row).rstrip() for row in self.cells)


class Terminal:
    """A program on a screen, with an empty home of its own."""

    def __init__(self, command, columns=100, rows=30):
        self.screen = Screen(columns, rows)
        self.raw = b""
        self.home = tempfile.mkdtemp(prefix="lanchat-compare-")
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "HOME": self.home, "PATH": os.environ["PATH"]}
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=self.home,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        os.set_blocking(self.master, False)

    def read(self):
        """What it has written since, as bytes; none when it has ended."""
        try:
            data = os.read(self.master, 65536)
        except BlockingIOError:
            return b""
        except OSError:
            return None
        if b"\x1b[c" in data:  # who are you? Asked by programs that look for keyboard protocols.
            os.write(self.master, b"\x1b[?62;22c")
        self.raw += data
        self.screen.feed(data)
        return data

    def alive(self):
        return self.process.poll() is None

    def chatting(self):
        """Whether it still shows its screen: a program can leave it and then wait for a thread of its own for ever."""
        return self.alive() and self.screen.alternate

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def close(self):
        if self.alive():
            self.kill()
        os.close(self.master)
        shutil.rmtree(self.home, ignore_errors=True)


def run(terminals, seconds, until=lambda: False):
    """Lets programs draw until `until`, at most for so long. True when `until` holds."""
    end = time.perf_counter() + seconds
    poll = select.poll()
    for terminal in terminals:
        poll.register(terminal.master, select.POLLIN)
    by_number = {t.master: t for t in terminals}
    while not until():
        left = end - time.perf_counter()
        if left <= 0:
            return False
        for number, _ in poll.poll(min(left, 0.1) * 1000):
            if by_number[number].read() is None:
                poll.unregister(number)
                del by_number[number]
    return True


def type_in(terminal, others, data):
    """Writes keys as fast as the program takes them, while everybody may draw."""
    while data:
        run([terminal, *others], 0.001)
        try:
            data = data[os.write(terminal.master, data[:1024]):]
        except BlockingIOError:
            pass
        except OSError:
            return  # it has ended
