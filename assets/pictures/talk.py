"""What the people of the pictures say."""
import sys

from terminals import HOSTS, PEOPLE, run, space

# "hello" written to \\*\MAILSLOT\chat by ALICE at 192.0.2.10, as a program of 1994 does it ([MS-MAIL] in RFC 1002, 4.4).
OLD_WRITE = bytes.fromhex(
    "11021234c000020a008a009d0000204542454d454a45444546434143414341434143414341434143414341434141410020464845504643454c45"
    "484643455046464641434143414341434143414341414100ff534d4225000000001804000000000000000000000000000000fffe000000001100"
    "00050000000000000000000000000000000000540005005400030001000000020014005c4d41494c534c4f545c636861740068656c6c6f")


def old_program(host):
    """Sends the write of 1994 from `host` to everybody."""
    def encoded(name):  # RFC 1001, 14.1
        return b"".join(bytes([65 + (byte >> 4), 65 + (byte & 15)]) for byte in name.ljust(15).encode() + b"\0")
    write = OLD_WRITE.replace(encoded("ALICE"), encoded(host))
    write = write.replace(bytes([192, 0, 2, 10]), bytes([10, 77, 0, HOSTS.index(host) + 1]))
    send = ("import socket as s, sys; u = s.socket(s.AF_INET, s.SOCK_DGRAM); u.setsockopt(s.SOL_SOCKET, s.SO_BROADCAST, 1);"
            "u.bind(('', 138)); u.sendto(bytes.fromhex(sys.argv[1]), ('10.77.0.255', 13138))")
    run("ip", "netns", "exec", space(host), sys.executable, "-c", send, write.hex())


def converse(terminals, binary, home):
    """The conversation."""
    def come(name, *others):
        terminals.open(name, "ip", "netns", "exec", space(PEOPLE[name]), binary, "--nick", name, "--host", PEOPLE[name],
                       "--data-dir", f"{home}/{name}")
        for who in (name, *others):
            terminals.see(who, f"{len(others) + 1} online")

    def say(name, text, seen=None):
        terminals.say(name, text, seen or text[:24])

    come("alice")
    come("bob", "alice")
    come("carol", "alice", "bob")
    say("bob", "morning! anybody else without internet?")
    say("alice", "morning bob. yes, since seven 🙄")
    say("carol", "おはよう 🌅 the whole street is dark, but the switch has power, so here we are")
    say("bob", "the provider says noon. until then I can bring the drawings over the cable: they are all on VEGA, and "
        "nothing between us and that disk needs a server")
    say("carol", "👍 page 3 first, please")
    come("dave", "alice", "bob", "carol")
    say("dave", "hello from upstairs 👋")
    say("carol", "/me puts the kettle on 🫖", "puts the kettle on")
    say("bob", "save me a cup")
    terminals.command("alice", "/msg bob is it you who pulled the plug?", "2:bob")
    terminals.command("bob", "/msg alice 😇 no comment", "2:alice")
    terminals.see("alice", "2:bob !1")
    old_program("WIN95")
    terminals.see("alice", "(unsigned) hello")
    say("alice", "who is WIN95? 👀")
    say("dave", "the old PC in the basement. it still speaks mailslots!")
    say("carol", "日本語も大丈夫？ 🎉")
    say("alice", "大丈夫 👩‍🚀")
    say("dave", "off to find the fuse box, see you")
    terminals.type("dave", "/quit")
    terminals.tmux("send-keys", "-t", "lan:dave", "Enter")
    terminals.see("alice", "dave left")
    terminals.type("alice", "tea first, fuse later")
