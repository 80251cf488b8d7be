"""A segment on this machine: a bridge in a namespace, and a namespace for each host. Nothing leaves it."""

import os
import subprocess


def ip(*args, check=True):
    return subprocess.run(["ip", *args], check=check, capture_output=True, text=True)


class Segment:
    def __init__(self, hosts):
        self.prefix = f"lc{os.getpid()}x"
        self.hosts = [f"{self.prefix}{host}" for host in hosts]
        self.hub = self.prefix + "hub"

    def __enter__(self):
        ip("netns", "add", self.hub)
        ip("-n", self.hub, "link", "add", "b0", "type", "bridge", "mcast_snooping", "0")
        ip("-n", self.hub, "link", "set", "b0", "up")
        for number, host in enumerate(self.hosts):
            ip("netns", "add", host)
            ip("-n", host, "link", "set", "lo", "up")
            ip("-n", self.hub, "link", "add", f"p{number}", "type", "veth", "peer", "name", "e0", "netns", host)
            ip("-n", self.hub, "link", "set", f"p{number}", "master", "b0", "up")
            ip("-n", host, "address", "add", f"10.77.0.{number + 1}/24", "broadcast", "10.77.0.255", "dev", "e0")
            self.link(number, True)
        return self

    def link(self, number, up):
        host = self.hosts[number]
        ip("-n", host, "link", "set", "e0", "up" if up else "down")
        if up:  # multicast needs a route
            ip("-n", host, "route", "replace", "default", "dev", "e0")

    def command(self, number, *args):
        return ["ip", "netns", "exec", self.hosts[number], *args]

    def lose(self, percent):
        """Each UDP datagram is lost with this probability, for each receiver by itself. TCP is left whole."""
        nft = ["ip", "netns", "exec", self.hub, "nft"]
        subprocess.run([*nft, "delete", "table", "bridge", "loss"], capture_output=True)
        if percent:
            rules = (
                "table bridge loss {\nchain forward {\ntype filter hook forward priority 0; policy accept;\n"
                f"meta protocol ip meta l4proto udp numgen random mod 100 < {percent} drop\n}}\n}}\n"
            )
            subprocess.run([*nft, "-f", "-"], input=rules, text=True, check=True)

    def send(self, number, address, port, datagrams):
        """Sends datagrams from a host, 10 ms apart."""
        program = (
            "import socket, sys, time\n"
            "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)\n"
            "for line in sys.stdin:\n"
            f"    s.sendto(bytes.fromhex(line.strip()), ('{address}', {port})); time.sleep(0.01)\n"
        )
        lines = "".join(d.hex() + "\n" for d in datagrams)
        subprocess.run(self.command(number, "python3", "-c", program), input=lines, text=True, check=True)

    def __exit__(self, *_):
        for host in [*self.hosts, self.hub]:
            for pid in ip("netns", "pids", host, check=False).stdout.split():
                try:
                    os.kill(int(pid), 9)
                except ProcessLookupError:
                    pass
            ip("netns", "delete", host, check=False)
