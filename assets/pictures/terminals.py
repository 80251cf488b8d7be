"""Hosts as network namespaces on one bridge, and lanchat on a screen of tmux on each."""
import contextlib, os, select, signal, subprocess, sys, time

ME = os.getpid()
COLUMNS, ROWS = 100, 24
PEOPLE = {"alice": "ORION", "bob": "VEGA", "carol": "MIRA", "dave": "LYRA"}
HOSTS = [*PEOPLE.values(), "WIN95"]  # 10.77.0.1 and up
EMPTY = "/help"  # in what lanchat shows in an empty line of input
PATIENCE = 30  # seconds until a screen that does not show what it should is an error


def run(*command, env=None):
    """Runs a command that has to succeed; what it prints."""
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    return done.stdout if done.returncode == 0 else sys.exit(f"pictures: {' '.join(command)}: {done.stderr.strip()}")


def space(host):
    """The network namespace of a host."""
    return f"lc-pic-{ME}-{host.lower()}"


def bring_up():
    """Connects all hosts to a bridge, which has a namespace of its own."""
    for host in ["hub", *HOSTS]:
        run("ip", "netns", "add", space(host))
    run("ip", "-n", space("hub"), "link", "add", "br0", "up", "type", "bridge")
    for number, host in enumerate(HOSTS, 1):
        run("ip", "-n", space("hub"), "link", "add", f"port{number}", "type", "veth", "peer", "eth0", "netns", space(host))
        run("ip", "-n", space("hub"), "link", "set", f"port{number}", "master", "br0", "up")
        run("ip", "-n", space(host), "address", "add", f"10.77.0.{number}/24", "broadcast", "10.77.0.255", "dev", "eth0")
        run("ip", "-n", space(host), "link", "set", "eth0", "up")


class Terminals:
    """A tmux of its own with one window a person."""

    def __init__(self, home):
        self.env = {"PATH": os.environ["PATH"], "HOME": home, "TMUX_TMPDIR": home, "LC_ALL": "C.UTF-8"}
        self.processes = []  # descriptors of the server and of the programs in it

    def tmux(self, *command):
        return run("tmux", "-u", "-L", f"lcpic{ME}", "-f", "/dev/null", *command, env=self.env)

    def open(self, name, *command):
        how = ["new-session", "-s", "lan", "-x", str(COLUMNS), "-y", str(ROWS)] if not self.processes else ["new-window"]
        self.tmux("set-option", "-g", "default-terminal", "tmux-256color", ";", *how, "-d", "-n", name, *command)
        for which in ("#{pane_pid}",) if self.processes else ("#{pid}", "#{pane_pid}"):
            self.processes.append(os.pidfd_open(int(self.tmux("display-message", "-p", "-t", f"lan:{name}", which))))

    def close(self):
        for process in reversed(self.processes):
            with contextlib.suppress(ProcessLookupError):  # has left by itself
                signal.pidfd_send_signal(process, signal.SIGTERM)
                if not select.select([process], [], [], PATIENCE)[0]:
                    signal.pidfd_send_signal(process, signal.SIGKILL)
        with contextlib.suppress(SystemExit):  # usually there is no server left
            self.tmux("kill-server")

    def wait(self, name, seen, what):
        """Polls the screen of `name` until `seen` holds for its rows."""
        end = time.monotonic() + PATIENCE
        while not seen(rows := self.tmux("capture-pane", "-p", "-t", f"lan:{name}").split("\n")[:ROWS]):
            if time.monotonic() > end:
                sys.exit("\n".join([f"pictures: {name} does not see {what!r}:", *rows]))
            time.sleep(0.05)

    def see(self, name, text):
        self.wait(name, lambda rows: any(text in row for row in rows), text)

    def row(self, name, at):
        return self.tmux("capture-pane", "-p", "-t", f"lan:{name}").split("\n")[:ROWS][at]

    def type(self, name, text):
        """Types `text`; done when the line of input, the last one, shows its end."""
        self.tmux("send-keys", "-t", f"lan:{name}", "-l", text)
        self.wait(name, lambda rows: rows[-1].endswith(text[-8:]), text)

    def say(self, name, text, seen):
        """Types and sends `text`; done when the line of input is empty and alice sees `seen`."""
        self.type(name, text)
        self.tmux("send-keys", "-t", f"lan:{name}", "Enter")
        self.wait(name, lambda rows: EMPTY in rows[-1], EMPTY)
        self.see("alice", seen)

    def press(self, name, *keys):
        """Presses keys, as tmux calls them."""
        self.tmux("send-keys", "-t", f"lan:{name}", *keys)

    def command(self, name, text, seen):
        """Types a command that shows `seen` on the screen of who types it."""
        self.type(name, text)
        self.press(name, "Enter")
        self.see(name, seen)

    def resize(self, name, columns, rows=ROWS):
        self.tmux("resize-window", "-t", f"lan:{name}", "-x", str(columns), "-y", str(rows))

    def picture(self, name):
        """What stands on the screen of `name`, with its colours, and where the cursor is."""
        where = self.tmux("display-message", "-p", "-t", f"lan:{name}", "#{cursor_x} #{cursor_y} #{cursor_flag}")
        *place, seen = (int(n) for n in where.split())
        return self.tmux("capture-pane", "-e", "-N", "-p", "-t", f"lan:{name}"), place if seen else None


def take_down():
    for host in ["hub", *HOSTS]:
        subprocess.run(["ip", "netns", "delete", space(host)], stderr=subprocess.DEVNULL)
