"""Mailslot datagrams built by scapy, which shares no code with lanchat: every deviation that real senders have, and
everything that must not get in. Prints the name of each datagram, and sends it by broadcast to the port 138.

Usage: oddities.py SOURCE_ADDRESS BROADCAST_ADDRESS
"""
import logging
import socket
import sys

logging.getLogger("scapy").setLevel(logging.CRITICAL)
from scapy.layers.netbios import NBTDatagram  # noqa: E402
from scapy.layers.smb import SMB_Header, SMBMailSlot, SMBNetlogon_Protocol_Response_Header  # noqa: E402

source, everybody = sys.argv[1:]
STAR = b"*" + b"\0" * 14
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
out.bind((source, 138))
number = 0


def send(text, nbt=None, header=None, trans=None, slot=None, pad=None, bend=None, tail=b"", size=0):
    """Sends a datagram whose data is `text`, different from a plain one in the fields given."""
    global number
    number += 1
    data = text.encode().ljust(size, b".")
    name = (slot or {}).pop("name", "\\MAILSLOT\\chat")
    before = 32 + 27 + 10 + len(name) + 1  # SMB header, WordCount to Reserved3, opcode to ByteCount, name and NUL
    padding = b"\0" * (-before % 4) if pad is None else pad
    offset = before + len(padding)
    mailslot = dict(opcode=1, priority=0, class_=2, size=len(name) + 1 + len(padding) + len(data), name=name)
    mailslot.update(slot or {})
    words = dict(WordCount=17, TotalDataCount=len(data), DataCount=len(data), DataOffset=offset, TimeOut1=0, TimeOut2=0)
    words.update(trans or {})
    head = dict(Command=0x25, Flags=0x18, Flags2=4, PIDLow=0xFEFF)
    head.update(header or {})
    smb = bytes(SMB_Header(**head) / SMBNetlogon_Protocol_Response_Header(**words) / SMBMailSlot(**mailslot))
    assert len(smb) == before, (len(smb), before)
    smb += padding + data + tail
    outer = dict(
        Type=0x11, Flags=2, ID=number, SourceIP=source, SourcePort=138, Length=68 + len(smb),
        SourceName="SCAPY", DestinationName="WORKGROUP",
    )
    outer.update(nbt or {})
    packet = bytes(NBTDatagram(**outer)) + smb
    if bend:
        packet = bend(packet)
    print(text, flush=True)
    out.sendto(packet, (everybody, 138))


def put(at, value):
    return lambda packet: packet[:at] + value + packet[at + len(value):]


# As Windows, macOS, Samba and others send.
send("ok plain")
for flags in (0x0A, 0x0E, 0x1A, 0xF2):
    send(f"ok flags {flags:#x}", nbt=dict(Flags=flags))
send("ok no length", nbt=dict(Length=0))
send("ok wrong length", nbt=dict(Length=0xFFFF))
send("ok source port 0", nbt=dict(SourcePort=0))
send("ok wrong source address", nbt=dict(SourceIP="192.0.2.1"))
send("ok to one", nbt=dict(Type=0x10, DestinationName="ALICE"))
send("ok broadcast", nbt=dict(Type=0x12))
send("ok to whoever listens", nbt=dict(Type=0x12, DestinationName=STAR))
send("ok scope", bend=lambda p: p[:47] + b"\x03LAN\0" + p[48:])
send("ok class 1", slot=dict(class_=1))
send("ok priority 9", slot=dict(priority=9))
send("ok zero header", header=dict(Flags=0, Flags2=0, PIDLow=0))
send("ok macOS header", header=dict(Flags=0, Flags2=0, PIDLow=0xB0, MID=0x4942, PIDHigh=7))
send("ok 0xFFFF ids", header=dict(TID=0xFFFF, UID=0xFFFF, Status=0xC0000001))
send("ok byte count", slot=dict(size=0xFFFF))
send("ok no byte count", slot=dict(size=0))
send("ok timeout", trans=dict(TimeOut1=0xE8, TimeOut2=3))
send("ok flags", trans=dict(Flags3=2, MaxParamCount=2))
send("ok parameter offset", trans=dict(ParamOffset=84))
send("ok no total", trans=dict(TotalDataCount=0))
send("ok unaligned", pad=b"\0")
send("ok dirty padding", pad=b"BBBB")
send("ok other case", slot=dict(name="\\mailslot\\CHAT"))
send("ok more behind", tail=b"junk behind the data")
send("ok long", size=1300)

# What must leave no trace but a count.
send("bad first clear", nbt=dict(Flags=0))
send("bad more", nbt=dict(Flags=3))
send("bad offset", nbt=dict(Offset=5))
send("bad error packet", nbt=dict(Type=0x13))
send("bad query packet", nbt=dict(Type=0x14))
send("bad machine", nbt=dict(Type=0x10, DestinationName="NOBODY"))
send("bad group", nbt=dict(DestinationName="ACCOUNTING"))
send("bad name", bend=put(20, b"Z"))
send("bad name length", bend=put(14, b"\x1f"))
send("bad pointer", bend=put(48, b"\xc0\x30"))
send("bad magic", header=dict(Start=b"\xfeSMB"))
send("bad command", header=dict(Command=0x24))
send("bad words", trans=dict(WordCount=16))
send("bad setup", trans=dict(SetupCount=2))
send("bad opcode", slot=dict(opcode=2))
send("bad prefix", slot=dict(name="\\PIPE\\chat"))
send("bad slot", slot=dict(name="\\MAILSLOT\\none"))
send("bad data offset", trans=dict(DataOffset=0xFFFF))
send("bad data count", trans=dict(DataCount=0xFFFF))
send("bad data before the name", trans=dict(DataOffset=4))
send("bad end", bend=lambda p: p[:140])
send("bad end in a name", bend=lambda p: p[:40])
send("ok end")
