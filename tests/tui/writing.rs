//! Writing, and manners: other programs on the terminal, signals, settings, calls.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::lab::{SOON, Terminal};
use super::{bottom, free_port, in_log, started};

const CTRL_R: &str = "\x12";
const CTRL_X: &str = "\x18";
const CTRL_Z: &str = "\x1a";
const SIZE: (u16, u16) = (100, 24);

fn home() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Whether a shell waits for a command: what is typed sooner may be read by the program that is just ending.
fn prompts(screen: &vt100::Screen) -> bool {
    let rows: Vec<String> = screen.rows(0, SIZE.0).collect();
    let last = rows.iter().map(|row| row.trim_end()).rfind(|row| !row.is_empty());
    !screen.alternate_screen() && last == Some("shell>")
}

/// Waits until a file satisfies `condition`.
fn file_is(path: &Path, condition: impl Fn(&str) -> bool) {
    let start = std::time::Instant::now();
    while !fs::read_to_string(path).is_ok_and(|text| condition(&text)) {
        assert!(start.elapsed() < SOON, "{}: {:?}", path.display(), fs::read_to_string(path));
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[test]
fn what_is_cut_can_be_put_back() {
    let mut alice = started("alice", free_port());
    alice.press("one two\x17\x01\x19 \x0b"); // Ctrl+W, Ctrl+A, Ctrl+Y, Ctrl+K
    alice.wait_for("\"two \" alone", |s| bottom(s).contains("> two") && !bottom(s).contains("one"));
    alice.press("\x19\x1by"); // Ctrl+Y, Alt+Y
    alice.shows("> two two");
    alice.press("\x1f\x1f\x1f\x1f"); // Ctrl+_
    alice.shows("> twoone");
}

#[test]
fn an_old_message_is_found_and_looked_at_before_it_is_sent() {
    let mut alice = started("alice", free_port());
    for text in ["deploy alpha\r", "lunch?\r"] {
        alice.press(text);
        alice.wait_for("it in the log", |s| in_log(s, "alice", text.trim_end()));
    }
    alice.press(&format!("{CTRL_R}alp"));
    alice.wait_for("the search", |s| bottom(s).contains("> deploy alpha") && bottom(s).contains("search"));
    alice.press("\r");
    alice.wait_for("its end", |s| !bottom(s).contains("search") && bottom(s).contains("> deploy alpha"));
    alice.press("!\r");
    alice.wait_for("it in the log", |s| in_log(s, "alice", "deploy alpha!"));
}

#[test]
fn a_long_paste_is_asked_about() {
    let mut alice = started("alice", free_port());
    let lines: Vec<String> = (1..=40).map(|n| format!("pasted {n}\n")).collect();
    alice.press(&format!("\x1b[200~{}\x1b[201~", lines.concat()));
    alice.shows("40 lines pasted: Enter inserts them");
    assert!(!alice.contents().contains("pasted 40"));
    alice.press("j");
    alice.wait_for("one line", |s| bottom(s).contains("pasted 39 pasted 40"));
    alice.press("\r");
    alice.wait_for("the message in the log", |s| in_log(s, "alice", "pasted 1 pasted 2"));
}

#[test]
fn the_editor_has_the_terminal_for_a_while() {
    let home = home();
    let script = home.path().join("editor");
    let done = home.path().join("done");
    let wait = format!(
        "#!/bin/sh\ntrap 'exit 130' INT # without it dash may lose a Ctrl+C that comes while it starts sleep\necho editing \"$@\" with stty $(stty -a | grep -o -- '-\\?icanon')\n\
         while [ ! -e {0} ]; do sleep 0.05; done\nread line; echo \"$line\" >> \"$2\"\n",
        done.display()
    );
    fs::write(&script, wait).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let editor = format!("{} -x", script.display());
    let port = free_port();
    let mut alice = Terminal::start_with(home, "alice", port, SIZE, &[("EDITOR", &editor)]);
    let mut bob = started("bob", port);
    alice.shows("bob");
    alice.press(&format!("written here{CTRL_X}"));
    alice.wait_for("the editor on the ordinary screen", |s| {
        !s.alternate_screen() && s.contents().contains("editing -x") && s.contents().contains("stty icanon")
    });
    bob.press("said meanwhile\r");
    bob.wait_for("it in the log", |s| in_log(s, "bob", "said meanwhile"));
    alice.press("and there\r");
    alice.press("\x03"); // for the editor; the shell around it ends by it, the chat does not
    alice.shows("the editor");
    alice.wait_for("the chat again", |s| s.alternate_screen() && in_log(s, "bob", "said meanwhile"));
    alice.shows("> written here");
    fs::write(&done, "").unwrap();
    alice.press(CTRL_X);
    // What is typed before the editor reads is the chat's still, so this waits for the second word of it.
    alice.wait_for("the editor again", |s| {
        !s.alternate_screen() && s.contents().matches("stty icanon").count() == 2
    });
    alice.press("and there\r");
    alice.wait_for("the text of both", |s| s.alternate_screen() && bottom(s).contains("and there"));
    alice.press("\r");
    bob.wait_for("the message", |s| in_log(s, "alice", "written here"));
    alice.press("\x04");
    assert_eq!(alice.end(), 0);
    alice.is_restored();
}

#[test]
fn an_editor_that_is_not_there_is_told_in_one_line() {
    let mut alice = Terminal::start_with(home(), "alice", free_port(), SIZE, &[("VISUAL", "no-such-editor")]);
    alice.shows("#lobby");
    alice.press(&format!("text{CTRL_X}"));
    alice.shows("there is no editor \"no-such-editor\"; set EDITOR");
    alice.shows("> text");
}

#[test]
fn the_shell_gets_the_terminal_and_gives_it_back() {
    let (mut shell, chat) = Terminal::shell(home(), "alice", free_port(), SIZE.0, SIZE.1);
    shell.wait_for("the shell", prompts);
    shell.press(&format!("{chat}\r"));
    shell.wait_for("the chat", |s| s.alternate_screen() && s.contents().contains("#lobby"));
    for round in 1..=3 {
        shell.press(&format!("round {round}"));
        shell.shows(&format!("round {round}"));
        shell.press(CTRL_Z);
        shell.wait_for("the shell", |s| prompts(s) && s.contents().contains("Stopped"));
        shell.press(&format!("echo $((40 + {round}))\r"));
        shell.wait_for("its answer", |s| prompts(s) && s.contents().contains(&format!("\n{}", 40 + round)));
        shell.press("fg\r");
        shell.wait_for("the chat as it was", |s| {
            s.alternate_screen() && s.bracketed_paste() && bottom(s).contains(&format!("round {round}"))
        });
    }
    shell.press("\x03\x03\x03");
    shell.wait_for("the shell", prompts);
    shell.press("exit\r");
    shell.end();
}

#[test]
fn a_storm_of_sizes_is_drawn_once_it_is_over() {
    let mut alice = started("alice", free_port());
    alice.press("still here\r");
    alice.wait_for("the line in the log", |s| in_log(s, "alice", "still here"));
    for n in 0..300_u16 {
        alice.resize(20 + n * 7 % 150, 3 + n * 5 % 50);
    }
    alice.resize(90, 20);
    alice.press("typed after it");
    alice.wait_for("all at its place", |s| {
        let rows: Vec<String> = s.rows(0, 90).collect();
        rows.last().is_some_and(|row| row.contains("> typed after it")) && in_log(s, "alice", "still here")
    });
}

#[test]
fn a_terminal_that_goes_away_is_left_politely() {
    let port = free_port();
    let bob = started("bob", port);
    let home = Terminal::closed_after("alice", port, false, "half a thought", || bob.shows("alice"));
    bob.shows("alice left");
    let mut alice = Terminal::start_in(home, "alice", port, SIZE.0, SIZE.1);
    alice.shows("> half a thought");
    alice.press("\x03");
    alice.press("\x04");
    assert_eq!(alice.end(), 0);
}

#[test]
fn a_chat_whose_shell_was_killed_ends_with_its_terminal() {
    let port = free_port();
    let bob = started("bob", port);
    let home = Terminal::closed_after("alice", port, true, "half a thought", || bob.shows("alice"));
    bob.shows("alice left");
    file_is(&home.path().join("data/default/drafts.json"), |text| text.contains("half a thought"));
}

#[test]
fn what_is_written_outlives_a_kill() {
    let port = free_port();
    let mut alice = started("alice", port);
    alice.press("said before\r");
    alice.wait_for("it in the log", |s| in_log(s, "alice", "said before"));
    alice.press("half a thought");
    let profile = alice.home().join("data/default");
    file_is(&profile.join("drafts.json"), |text| text.contains("half a thought"));
    file_is(&profile.join("sent.json"), |text| text.contains("said before"));
    let home = alice.killed();
    let mut alice = Terminal::start_in(home, "alice", port, SIZE.0, SIZE.1);
    alice.shows("> half a thought");
    alice.press("\x03\x10"); // Ctrl+C, Ctrl+P
    alice.wait_for("the message before", |s| bottom(s).contains("> said before"));
}

#[test]
fn settings_are_read_again() {
    let home = home();
    let config = home.path().join(".config/lanchat/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    fs::write(&config, "[keys]\npeople = \"Alt+X\"\n").unwrap();
    let mut alice = Terminal::start_in(home, "alice", free_port(), 89, 24);
    alice.shows("#lobby");
    alice.press("\x1bx");
    let first_row = |s: &vt100::Screen| s.rows(0, 89).next().unwrap_or_default();
    alice.wait_for("the people", |s| first_row(s).contains("1 online"));
    fs::write(&config, "[keys]\npeople = \"Alt+Z\"\npeeple = \"F9\"\n").unwrap();
    alice.press("/reload\r");
    alice.shows("no key can do \"peeple\"; did you mean");
    fs::write(&config, "port = 9\n[keys]\npeople = \"Alt+Z\"\n").unwrap();
    alice.signal(Signal::SIGHUP);
    alice.shows("the settings were read again");
    alice.press("\x1bz");
    alice.wait_for("no people", |s| first_row(s).trim().is_empty());
    assert!(alice.alive());
}

#[test]
fn who_looks_elsewhere_is_called_and_who_looks_is_not() {
    let home = home();
    let config = home.path().join(".config/lanchat/config.toml");
    let calls = home.path().join("calls");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    let command = format!("notify_command = [\"sh\", \"-c\", \"cat >> {}\"]\n", calls.display());
    fs::write(&config, format!("highlight = [\"lunch\"]\n{command}")).unwrap();
    let port = free_port();
    let mut alice = Terminal::start_in(home, "alice", port, SIZE.0, SIZE.1);
    let mut other = Terminal::start_with(super::writing::home(), "carol", port, SIZE, &[("TERM", "foot")]);
    let mut bob = started("bob", port);
    bob.shows("carol");
    bob.shows("alice");
    // A letter after each change of focus shows that the chat knows of it.
    alice.press("\x1b[Ia");
    alice.shows("> a");
    other.press("\x1b[Oc");
    other.shows("> c");
    bob.press("Lunch, carol?\r");
    other.wait_for("the line", |s| in_log(s, "bob", "Lunch, carol?"));
    other.writes("\x1b]777;notify;bob in lobby;Lunch, carol?\x07\x07");
    alice.wait_for("the line", |s| in_log(s, "bob", "Lunch, carol?"));
    assert!(!calls.exists(), "she looks");
    alice.press("\x1b[Ob");
    alice.shows("> ab");
    bob.press("\x15and Alice\r");
    file_is(&calls, |text| text.ends_with('\n'));
    let call: serde_json::Value = serde_json::from_str(&fs::read_to_string(&calls).unwrap()).unwrap();
    assert_eq!((&call["type"], &call["text"]), (&"mention".into(), &"and Alice".into()));
}

#[test]
fn without_colours_none_is_written() {
    let mut alice = Terminal::start_with(home(), "alice", free_port(), SIZE, &[("NO_COLOR", "1")]);
    alice.press("/nope\r");
    alice.shows("there is no command");
    let bytes = alice.bytes();
    let colours = bytes.split("\x1b[").skip(1).filter(|s| {
        let parameters: String = s.chars().take_while(|c| c.is_ascii_digit() || *c == ';').collect();
        let is_style = s.chars().nth(parameters.len()) == Some('m');
        is_style && parameters.split(';').any(|p| matches!(p.parse(), Ok(30..=49 | 90..=107)))
    });
    assert_eq!(colours.collect::<Vec<_>>(), [""; 0]);
    assert!(bytes.contains("\x1b[7m"), "the status line is still set apart");
}

#[test]
fn a_second_start_in_one_profile_is_a_guest_and_keeps_nothing() {
    let port = free_port();
    let (mut shell, chat) = Terminal::shell(home(), "alice", port, SIZE.0, SIZE.1);
    shell.wait_for("the shell", prompts);
    shell.press(&format!("{chat}\r"));
    shell.shows("#lobby");
    shell.press("of the first");
    shell.shows("of the first");
    shell.press(CTRL_Z);
    shell.wait_for("the shell", prompts);
    shell.press(&format!("{chat}\r"));
    shell.shows("in use by another lanchat");
    shell.press("of the guest");
    shell.shows("> of the guest");
    shell.press("\x03\x04");
    shell.wait_for("the shell", prompts);
    shell.press("fg\r");
    shell.shows("> of the first");
    shell.press("\x03\x04");
    shell.wait_for("the shell", prompts);
    let drafts = shell.home().join("data/default/drafts.json");
    assert!(!fs::read_to_string(drafts).unwrap_or_default().contains("guest"));
    shell.press("exit\r");
    shell.end();
}

#[test]
fn shift_enter_is_a_key_where_the_terminal_can_tell_it() {
    let mut alice = Terminal::start_with(home(), "alice", free_port(), SIZE, &[("TERM", "xterm-kitty")]);
    alice.writes("\x1b[?u"); // the question
    alice.press("\x1b[?0u\x1b[?62c");
    alice.writes("\x1b[>1u");
    alice.press("first\x1b[13;2usecond");
    alice.wait_for("two rows", |s| bottom(s).contains("> first") && bottom(s).contains("       second"));
    alice.press("\x1b[99;5u\x1b[100;5u"); // Ctrl+C, Ctrl+D
    assert_eq!(alice.end(), 0);
    alice.is_restored();
    let mut plain = started("bob", free_port());
    plain.press("\x04");
    assert_eq!(plain.end(), 0);
    assert!(!plain.bytes().contains("\x1b[?u"), "an unknown terminal is not asked");
}

#[test]
fn a_program_stopped_from_outside_takes_the_terminal_again() {
    let mut alice = started("alice", free_port());
    alice.press("before");
    alice.shows("> before");
    alice.signal(Signal::SIGSTOP);
    alice.signal(Signal::SIGCONT);
    alice.writes("\x1b[?1049l\x1b[23;2t"); // taken anew, whatever was done with it
    alice.press(" and after");
    alice.wait_for("all of it", |s| s.alternate_screen() && bottom(s).contains("> before and after"));
    alice.press("\x03\x04");
    assert_eq!(alice.end(), 0);
    alice.is_restored();
}

/// A program that was killed leaves the terminal on the alternate screen, where entering it again clears nothing.
#[test]
fn what_a_killed_program_left_on_the_screen_is_cleared() {
    let alice = started("alice", free_port());
    alice.writes("\x1b[?1049h\x1b[2J");
    alice.shows("#lobby");
}
