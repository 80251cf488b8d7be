"""What is shown in each picture, and how one comes there. Alice's screen is the one that is seen."""
import subprocess, time
from pathlib import Path

import draw
from terminals import COLUMNS, PEOPLE, run, space


def play(t, binary, home, take):
    take("chat", "lanchat: four people and an old computer on one network")
    search(t, take)
    network(t, take)
    rooms(t, take)
    files(t, binary, home, take)
    narrow(t, take)
    light(t, take)


def search(t, take):
    t.press("alice", "C-u", "C-s")
    t.press("alice", "-l", "the")
    t.see("alice", " of ")
    for _ in range(2):
        before = t.row("alice", -2)
        t.press("alice", "Up")
        t.wait("alice", lambda rows: rows[-2] != before, "the place before")
    take("search", "lanchat: a search in the log, as it is typed")
    t.press("alice", "Escape")
    t.see("alice", "write to everybody here")


def network(t, take):
    t.press("alice", "F3")
    # A person a second is pinged, and the traffic is more than a moment's.
    t.wait("alice", lambda rows: all(any(name in row and " ms" in row for row in rows)
                                     for name in ("bob", "carol")), "round trips of all")
    end = time.monotonic() + 10
    t.wait("alice", lambda _: time.monotonic() > end, "ten seconds of traffic")
    take("network", "lanchat: who is where, with round trips and traffic")
    t.press("alice", "F3")
    t.see("alice", "write to everybody here")


def rooms(t, take):
    for name in ("alice", "bob", "carol"):
        t.command(name, "/join lunch", "write in #lunch")
    t.command("carol", "/topic noodles at noon, the kitchen is dark", "noodles at noon")
    t.say("bob", "pizza or noodles? the shop at the corner has gas", "pizza or noodles")
    t.see("carol", "pizza or noodles")
    t.command("carol", "/react 🍜", "🍜")
    t.say("carol", "/reply noodles! who else?", "noodles! who else?")
    t.see("bob", "noodles! who else?")
    t.command("bob", "/react 👍", "👍")
    t.see("alice", "👍")
    t.say("bob", "then noodles it is. I can order by phone, the line in the basement still works", "order by phone")
    t.say("alice", "two for me please, one with tofu 🥢", "two for me")
    t.see("carol", "two for me")
    t.command("carol", "/reply brave", "brave")
    t.say("bob", "that makes five. they will be there at 12:15", "makes five")
    t.say("carol", "/me sets the table by the window, there is light", "sets the table")
    t.command("carol", "/away in the kitchen", "you are away")
    t.see("alice", "away")
    t.see("alice", "brave")
    t.press("bob", "M-1")
    t.see("bob", "write to everybody here")
    t.say("bob", "the drawings are on their way, alice", "lunch")
    t.wait("alice", lambda rows: "!1" in rows[0] or "!2" in rows[0], "a line for her in the lobby")
    t.see("alice", "👍")
    t.type("alice", "count me in")
    take("rooms", "lanchat: a room with a topic, an answer and reactions")
    t.press("alice", "C-u", "M-1")
    t.see("alice", "write to everybody here")


def files(t, binary, home, take):
    drawing = Path(home) / "drawings.pdf"
    drawing.write_bytes(bytes(1_240_000))
    t.press("bob", "-l", f"/send alice {drawing}")
    t.see("bob", "drawings.pdf")
    t.press("bob", "Enter")
    t.see("alice", "/accept")
    subprocess.run(["ip", "netns", "exec", space("WIN95"), binary, "--data-dir", f"{home}/win", "--host", "WIN95", "--nick",
                    "basement", "net", "send", PEOPLE["alice"], "the fuse is in again, power is back in ten minutes"],
                   check=True, capture_output=True)
    t.see("alice", "power is back")
    t.type("alice", "/accept")
    take("file", "lanchat: a file is offered, and a pop-up of an old program")
    t.press("alice", "Enter", "Escape")
    t.wait("alice", lambda rows: not any("Esc" in row for row in rows), "no pop-up")


def narrow(t, take):
    t.resize("alice", 40)
    t.wait("alice", lambda rows: any(row.startswith("> ") for row in rows), "a narrow screen")
    take("narrow", "lanchat: forty columns", 40)
    t.resize("alice", COLUMNS)
    t.see("alice", "write to everybody here")


def light(t, take):
    t.command("alice", "/theme light", "the theme is light now")
    take("light", "lanchat: the light theme", terminal=draw.LIGHT)
