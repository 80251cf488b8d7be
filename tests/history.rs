//! The history as a file: what it finds, what it keeps through kills, damage and upgrades, and within which bounds.

#![allow(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "a test that cannot go on fails")]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use lanchat::chat::{Kind, Line, LineId, PeerId, Trust};
use lanchat::history::{Held, History, HistoryError, Limits, Query, Reader};
use lanchat::text::SafeText;
use rusqlite::Connection;

/// 2026-11-20 13:09:00 UTC.
const START: u64 = 1_795_180_140_000;
const DAY: u64 = 86_400_000;

/// Line number `n` of alice, one a second.
fn line(n: u32, text: &str) -> Line {
    let sender = PeerId([3; 8]);
    Line {
        id: Some(LineId { sender, epoch: 7, seq: n }),
        room: SafeText::line("lobby"),
        kind: Kind::Say,
        from: SafeText::line("alice"),
        peer: Some(sender),
        host: SafeText::line("ORION"),
        address: Some([10, 77, 0, 1].into()),
        text: SafeText::clean(text),
        sent_at: START + u64::from(n) * 1000,
        received_at: START + u64::from(n) * 1000 + 5,
        trust: Trust::Known,
        private: false,
        to: None,
        late: false,
        own: false,
        about: None,
    }
}

fn held(n: u32, size: usize) -> Held {
    Held { sender: PeerId([3; 8]), epoch: 7, seq: n, data: vec![7; size].into() }
}

/// A directory with a history in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("history.db")
    }

    fn open(&self) -> History {
        self.open_within(Limits::default(), START)
    }

    fn open_within(&self, limits: Limits, now: u64) -> History {
        let (history, notices) = History::open(&self.path(), limits, now);
        assert_eq!(notices, [""; 0]);
        history.unwrap()
    }

    /// The names of the files that are there.
    fn files(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = names.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn check(&self) {
        let db = Connection::open(self.path()).unwrap();
        let result: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(result, "ok");
        db.execute("INSERT INTO words(words) VALUES('integrity-check')", []).unwrap();
        let count = |table: &str| -> i64 {
            db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
        };
        assert_eq!(count("lines"), count("words"), "every line is in the index, and nothing else");
    }
}

async fn close(history: History) {
    history.close(Duration::from_secs(30)).await;
}

fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

fn words(words: &str) -> Query {
    Query { words: Some(words.to_owned()), ..Query::default() }
}

#[tokio::test]
async fn a_line_comes_back_as_it_was() {
    let place = Place::new();
    let history = place.open();
    let lines = [
        line(1, "two\nlines 👨‍👩‍👧"),
        Line {
            id: None,
            peer: None,
            address: Some("fe80::1".parse().unwrap()),
            trust: Trust::Unsigned,
            ..line(2, "old")
        },
        Line {
            kind: Kind::Action,
            private: true,
            to: Some(PeerId([9; 8])),
            own: true,
            address: None,
            ..line(3, "me")
        },
        Line { late: true, trust: Trust::Verified, room: SafeText::line("plans"), ..line(4, "") },
        Line { trust: Trust::New, sent_at: START - DAY, ..line(5, "clock") },
    ];
    for line in &lines {
        history.record(line);
        history.record(line); // twice: what has an id is kept once
    }
    let kept = history.search(Query::default()).await;
    assert_eq!(texts(&kept), ["two\nlines 👨‍👩‍👧", "old", "old", "me", "", "clock"]);
    for line in lines {
        assert!(kept.contains(&line), "{line:?}");
    }
    close(history).await;
    place.check();
    assert_eq!(place.files(), ["history.db"], "closed: what stood beside it is in it");
    assert_eq!(place.path().metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn only_the_owner_can_read_what_is_beside_it() {
    let place = Place::new();
    let history = place.open();
    history.record(&line(1, "secret"));
    assert!(history.flush());
    assert_eq!(place.files(), ["history.db", "history.db-shm", "history.db-wal"]);
    for file in place.files() {
        let mode = place.0.path().join(&file).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn what_others_wrote_into_the_file_is_made_safe() {
    let place = Place::new();
    let history = place.open();
    history.record(&line(1, "harmless"));
    assert!(history.flush());
    let db = Connection::open(place.path()).unwrap();
    db.execute(
        "UPDATE lines SET text = char(27) || ']0;owned', author = 'a' || char(10) || 'b', trust = 77",
        [],
    )
    .unwrap();
    let read = history.search(Query::default()).await.remove(0);
    assert_eq!((read.text.as_str(), read.from.as_str()), ("<U+001B>]0;owned", "a b"));
    assert_eq!(read.trust, Trust::Unsigned);
    close(history).await;
}

#[tokio::test]
async fn words_are_found() {
    let place = Place::new();
    let history = place.open();
    for (n, text) in (1..).zip([
        "Lunch is at noon",
        "für Jürgen ein Frühstück",
        "日本語の文章は単語の間に空白がない",
        "no lunch today, only brunch",
        "say \"hello\" AND wave; DROP TABLE lines",
        "ＦＵＬＬ width, ﬁne ligature",
        "ที่นี่มีกาแฟ",
        "naïve café",
        "שלום עולם",
    ]) {
        history.record(&line(n, text));
    }
    for (typed, found) in [
        ("lunch", vec![1, 4]),
        ("LUN", vec![1, 4]),
        ("noon lunch", vec![1]),
        ("lunch brun", vec![4]),
        ("brun lunch", vec![]), // only the last word may be begun
        ("\"no lunch\"", vec![4]),
        ("\"lunch no\"", vec![]),
        ("jurgen", vec![2]),
        ("JÜRG", vec![2]),
        ("fru\u{308}hstück", vec![2]),
        ("文章", vec![3]),
        ("日本", vec![3]),
        ("章文", vec![]),
        ("\"hello\" and", vec![5]),
        ("drop table", vec![5]),
        ("\" OR text:", vec![]),
        ("lunch*", vec![1, 4]),
        ("full fine", vec![6]),
        ("กาแฟ", vec![7]),
        ("cafe", vec![8]),
        ("שלום", vec![9]),
        ("alice wave", vec![5]), // the author's name counts too
        ("!? -", vec![]),
        ("", vec![]),
    ] {
        let lines = history.search(words(typed)).await;
        let numbers: Vec<_> = lines.iter().map(|line| line.id.unwrap().seq).collect();
        assert_eq!(numbers, found, "{typed}");
    }
    close(history).await;
}

#[tokio::test]
async fn conditions_narrow_what_is_found() {
    let place = Place::new();
    let history = place.open();
    for n in 1..=20 {
        let from = ["alice", "bob", "bob~3f9a", "bobby"][n as usize % 4];
        let room = SafeText::line(if n <= 10 { "lobby" } else { "plans" });
        let peer = Some(PeerId([n as u8 % 4; 8]));
        history.record(&Line {
            from: SafeText::line(from),
            room,
            peer,
            ..line(n, &format!("tea number {n}"))
        });
    }
    let since = Some(START + 15_000);
    for (query, found) in [
        (Query { limit: Some(2), ..Query::default() }, vec![19, 20]),
        (Query { limit: Some(2), ..words("tea") }, vec![19, 20]),
        (Query { from: Some("alice".into()), ..words("tea") }, vec![4, 8, 12, 16, 20]),
        (Query { from: Some("BOB".into()), limit: Some(3), ..Query::default() }, vec![14, 17, 18]),
        (Query { from: Some("bob".into()), limit: Some(3), ..words("tea") }, vec![14, 17, 18]),
        (Query { from: Some("bob~3f9a".into()), since, ..Query::default() }, vec![18]),
        (Query { from: Some("BOB~0101".into()), limit: Some(2), ..words("tea") }, vec![13, 17]),
        (Query { from: Some("0101010101010101".into()), since, ..words("tea") }, vec![17]),
        (Query { room: Some("plans".into()), limit: Some(2), ..Query::default() }, vec![19, 20]),
        (Query { room: Some("lobby".into()), limit: Some(2), ..words("number") }, vec![9, 10]),
        (Query { since, ..Query::default() }, vec![15, 16, 17, 18, 19, 20]),
        (Query { since, limit: Some(1), ..words("tea") }, vec![20]),
        (Query { until: since, limit: Some(2), ..Query::default() }, vec![13, 14]),
        (Query { since, until: Some(START + 17_000), ..Query::default() }, vec![15, 16]),
        (Query { since: Some(START + DAY), ..words("tea") }, vec![]),
    ] {
        let lines = history.search(query.clone()).await;
        let numbers: Vec<_> = lines.iter().map(|line| line.id.unwrap().seq).collect();
        assert_eq!(numbers, found, "{query:?}");
    }
    close(history).await;
}

#[tokio::test]
async fn the_recent_past_knows_what_was_read() {
    let place = Place::new();
    let history = place.open();
    history.record(&line(1, "one"));
    assert!(!history.recent("lobby", 10).await.marked, "nobody was here before");
    history.set_read_mark("lobby");
    let recent = history.recent("lobby", 10).await;
    assert_eq!((recent.marked, recent.unread), (true, None));
    close(history).await;
    let history = place.open();
    history.record(&Line { own: true, ..line(2, "own") });
    history.record(&line(3, "three"));
    history.record(&line(4, "four"));
    let recent = history.recent("lobby", 3).await;
    assert_eq!((texts(&recent.lines), recent.unread), (vec!["own", "three", "four"], Some(1)));
    history.set_read_mark("lobby");
    assert_eq!(history.recent("lobby", 3).await.unread, None);
    close(history).await;
}

#[tokio::test]
async fn a_reader_does_not_wait_for_the_writer() {
    let place = Place::new();
    assert!(Reader::open(&place.path()).unwrap().is_none(), "nothing is kept yet");
    let history = place.open();
    history.record(&line(1, "first"));
    assert!(history.flush());
    let reader = Reader::open(&place.path()).unwrap().unwrap();
    for n in 2..=500 {
        history.record(&line(n, "more"));
        if n % 50 == 0 {
            assert!(history.flush());
            assert_eq!(reader.all(&Query::default()).unwrap().len(), n as usize);
        }
    }
    assert_eq!(texts(&reader.all(&words("firs")).unwrap()), ["first"]);
    close(history).await;
    assert_eq!(reader.all(&words("more")).unwrap().len(), 499, "also after the chat has ended");
}

#[tokio::test]
async fn the_oldest_go_first() {
    let place = Place::new();
    let limits = Limits { lines: 100, age: None };
    let history = place.open_within(limits, START);
    for n in 1..=2000 {
        history.record(&line(n, "some text"));
    }
    close(history).await;
    let history = place.open_within(limits, START);
    let kept = history.search(Query::default()).await;
    assert_eq!((kept.len(), kept[0].id.unwrap().seq), (100, 1901));
    close(history).await;
    place.check();
}

/// As after a partition: what was said first comes last.
#[tokio::test]
async fn the_newest_is_what_was_said_last() {
    let place = Place::new();
    let limits = Limits { lines: 60, age: None };
    let history = place.open_within(limits, START);
    for n in 201..=250 {
        history.record(&line(n, "new"));
    }
    for n in 1..=50 {
        history.record(&Line { late: true, received_at: START + 300_000, ..line(n, "old") });
    }
    let newest = |words: Option<&str>| Query {
        words: words.map(str::to_owned),
        from: Some("alice".to_owned()),
        limit: Some(3),
        ..Query::default()
    };
    for words in [None, Some("alice")] {
        let found = history.search(newest(words)).await;
        assert_eq!(found.iter().map(|l| l.id.unwrap().seq).collect::<Vec<_>>(), [248, 249, 250], "{words:?}");
    }
    close(history).await;
    let history = place.open_within(limits, START);
    let kept = history.search(Query::default()).await;
    assert_eq!((kept.len(), kept[0].id.unwrap().seq, kept[59].id.unwrap().seq), (60, 41, 250));
    close(history).await;
    place.check();
}

#[tokio::test]
async fn what_is_too_old_goes() {
    let place = Place::new();
    let history = place.open();
    for n in 1..=1000 {
        history.record(&line(n, "old"));
        history.hold(held(n, 10), START);
    }
    history.record(&Line { received_at: START + 3 * DAY, sent_at: START + 3 * DAY, ..line(2000, "young") });
    history.hold(held(2000, 10), START + 3 * DAY);
    close(history).await;
    let limits = Limits { age: Some(2 * DAY), ..Limits::default() };
    close(place.open_within(limits, START + 4 * DAY)).await;
    let history = place.open();
    assert_eq!(texts(&history.search(Query::default()).await), ["young"]);
    assert_eq!(history.held(), [held(2000, 10)]);
    close(history).await;
    place.check();
}

#[tokio::test]
async fn datagrams_are_held_within_bounds() {
    let place = Place::new();
    let history = place.open();
    for n in 1..=11_000 {
        history.hold(held(n, 20), START);
        history.hold(held(n, 20), START); // heard twice
    }
    let kept = history.held();
    assert!((10_000..=10_256).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept.last(), Some(&held(11_000, 20)));
    assert_eq!(kept[0].seq as usize, 11_001 - kept.len(), "the newest, in order");
    for n in 20_000..25_000 {
        history.hold(held(n, 1000), START);
    }
    close(history).await;
    let history = place.open();
    let kept = history.held();
    let bytes: usize = kept.iter().map(|h| h.data.len()).sum();
    assert!(((4 << 20) - 1000..=4 << 20).contains(&bytes), "{bytes}");
    assert_eq!(kept.last(), Some(&held(24_999, 1000)));
    close(history).await;
}

#[tokio::test]
async fn an_authors_card_stays_as_long_as_a_line_of_it() {
    let place = Place::new();
    let history = place.open();
    let of = |author: u8, n| Held { sender: PeerId([author; 8]), ..held(n, 20) };
    for author in [1, 2] {
        history.keep(Vec::new(), vec![of(author, 0), of(author, 1)], Vec::new(), START);
    }
    for n in 2..=10_100 {
        history.hold(of(1, n), START);
    }
    let authors = |history: &History| -> Vec<PeerId> {
        history.held().iter().filter(|h| h.seq == 0).map(|h| h.sender).collect()
    };
    assert_eq!(authors(&history), [PeerId([1; 8]), PeerId([2; 8])], "the slack is not used up");
    for n in 10_101..=10_400 {
        history.hold(of(1, n), START);
    }
    assert_eq!(authors(&history), [PeerId([1; 8])]);
    assert!(history.held().len() <= 10_256);
    close(history).await;
}

/// The tables of version 1, as lanchat made them.
const VERSION_1: &str = "
PRAGMA journal_mode = WAL;
CREATE TABLE lines(
    id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, sender BLOB, epoch INTEGER, seq INTEGER,
    room TEXT NOT NULL, action INTEGER NOT NULL, author TEXT NOT NULL, peer BLOB, host TEXT NOT NULL, address TEXT,
    text TEXT NOT NULL, sent_at INTEGER NOT NULL, received_at INTEGER NOT NULL, trust INTEGER NOT NULL,
    private INTEGER NOT NULL, reader BLOB, late INTEGER NOT NULL, own INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX lines_id ON lines(sender, epoch, seq) WHERE sender IS NOT NULL;
CREATE INDEX lines_time ON lines(time);
CREATE TABLE datagrams(
    sender BLOB NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, data BLOB NOT NULL, arrived INTEGER NOT NULL,
    PRIMARY KEY(sender, epoch, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX datagrams_arrived ON datagrams(arrived);
CREATE TABLE marks(room TEXT PRIMARY KEY, line INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO lines(time, room, action, author, host, text, sent_at, received_at, trust, private, late, own)
    VALUES(5, 'lobby', 0, 'bob', 'HOST', 'Grüße von früher', 5, 6, 0, 0, 0, 0),
          (7, 'lobby', 0, 'bob', 'HOST', '古い文章', 7, 8, 0, 0, 0, 0);
INSERT INTO marks VALUES('lobby', 1);
INSERT INTO datagrams VALUES(x'0303030303030303', 7, 9, x'0707', 1);
PRAGMA user_version = 1;
";

#[tokio::test]
async fn an_older_file_is_upgraded() {
    let place = Place::new();
    Connection::open(place.path()).unwrap().execute_batch(VERSION_1).unwrap();
    assert!(matches!(Reader::open(&place.path()), Err(HistoryError::Older(_))), "a reader changes nothing");
    let history = place.open();
    assert_eq!(texts(&history.search(words("grusse")).await), [""; 0]);
    assert_eq!(texts(&history.search(words("gruß")).await), ["Grüße von früher"]);
    assert_eq!(texts(&history.search(words("文章")).await), ["古い文章"]);
    assert_eq!(history.recent("lobby", 10).await.unread, Some(1));
    assert_eq!(history.held(), [held(9, 2)]);
    history.record(&line(1, "new"));
    close(history).await;
    place.check();
}

#[test]
fn a_newer_file_is_left_alone() {
    let place = Place::new();
    let db = Connection::open(place.path()).unwrap();
    db.execute_batch("CREATE TABLE future(x); PRAGMA user_version = 99;").unwrap();
    drop(db);
    let before = std::fs::read(place.path()).unwrap();
    let (history, notices) = History::open(&place.path(), Limits::default(), START);
    assert!(history.is_none());
    assert!(notices[0].contains("newer lanchat") && notices.len() == 1, "{notices:?}");
    assert!(matches!(Reader::open(&place.path()), Err(HistoryError::Newer(_))));
    assert_eq!(std::fs::read(place.path()).unwrap(), before);
    assert_eq!(place.files(), ["history.db"]);
}

#[tokio::test]
async fn a_file_that_is_no_history_is_set_aside() {
    let place = Place::new();
    std::fs::write(place.path(), "this is no database, but it is long enough to be one".repeat(100)).unwrap();
    let (history, notices) = History::open(&place.path(), Limits::default(), START);
    assert_eq!(notices.len(), 1);
    assert!(notices[0].contains("history.db.damaged-1795180140"), "{notices:?}");
    let history = history.unwrap();
    history.record(&line(1, "new"));
    close(history).await;
    assert_eq!(place.files(), ["history.db", "history.db.damaged-1795180140"]);
    place.check();
}

#[tokio::test]
async fn damage_found_later_is_set_aside_too() {
    let place = Place::new();
    let history = place.open();
    for n in 1..=2000 {
        history.record(&line(n, "some text that fills the pages of the file"));
    }
    close(history).await;
    // The first page stays whole, so that the damage is found only when the lines are needed.
    let mut bytes = std::fs::read(place.path()).unwrap();
    bytes[4096..].fill(0x5a);
    std::fs::write(place.path(), &bytes).unwrap();
    let (history, mut notices) = History::open(&place.path(), Limits::default(), START);
    let history = history.unwrap();
    let mut later = history.notices().unwrap();
    history.record(&line(5000, "after the damage"));
    assert_eq!(texts(&history.search(words("after")).await), ["after the damage"], "the chat goes on");
    notices.extend(later.try_recv());
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].contains("was damaged"), "{notices:?}");
    close(history).await;
    place.check();
    let aside = place.files().into_iter().find(|f| f.contains("damaged")).unwrap();
    assert_eq!(
        std::fs::read(place.0.path().join(aside)).unwrap().len(),
        bytes.len(),
        "nothing is thrown away"
    );
}

#[test]
fn without_a_place_the_chat_goes_on_and_says_so() {
    let place = Place::new();
    std::fs::create_dir(place.path()).unwrap();
    let (history, notices) = History::open(&place.path(), Limits::default(), START);
    assert!(history.is_none());
    assert!(notices[0].starts_with("nothing of this chat is kept: cannot use"), "{notices:?}");
}

/// The child's side of [`a_kill_at_any_moment_loses_nothing`]: keeps lines for ever and tells which are safe.
#[test]
#[ignore = "the child process of another test"]
fn writes_until_it_is_killed() {
    let Some(path) = std::env::var_os("LANCHAT_TEST_HISTORY") else { return };
    let first: u32 = std::env::var("LANCHAT_TEST_FIRST").unwrap().parse().unwrap();
    let (history, notices) = History::open(Path::new(&path), Limits::default(), START);
    assert_eq!(notices, [""; 0]);
    let history = history.unwrap();
    let mut stdout = std::io::stdout();
    for n in first.. {
        history.record(&line(n, &format!("line number {n} of several")));
        history.hold(held(n, 400), START);
        if n % 7 == 0 {
            assert!(history.flush());
            writeln!(stdout, "kept {n}").unwrap();
        }
    }
}

#[test]
fn a_kill_at_any_moment_loses_nothing() {
    let place = Place::new();
    let mut kept = 0;
    for round in 0..8_u32 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "writes_until_it_is_killed", "--ignored", "--nocapture"])
            .env("LANCHAT_TEST_HISTORY", place.path())
            .env("LANCHAT_TEST_FIRST", (kept + 1).to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        // Each round is killed after another number of acknowledgements and another number of microseconds.
        let acknowledged = (round * 37) % 90 + 1;
        let mut last = || {
            let line = output.find_map(|line| line.unwrap().strip_prefix("kept ").map(str::to_owned));
            line.unwrap().parse::<u32>().unwrap()
        };
        for _ in 0..acknowledged {
            kept = last();
        }
        std::thread::sleep(Duration::from_micros(u64::from(round) * 331)); // any moment will do
        child.kill().unwrap();
        child.wait().unwrap();
        // What it still told before its end counts as well.
        let told = output.map_while(Result::ok).filter_map(|l| l.strip_prefix("kept ")?.parse::<u32>().ok());
        kept = told.last().unwrap_or(kept);
        place.check();
        let reader = Reader::open(&place.path()).unwrap().unwrap();
        let lines = reader.all(&Query::default()).unwrap();
        let numbers: Vec<_> = lines.iter().map(|line| line.id.unwrap().seq).collect();
        assert!(numbers.len() >= kept as usize, "{} of {kept}", numbers.len());
        assert!(numbers.iter().copied().eq(1..=numbers.len() as u32), "no line is missing in between");
        let held = place.open().held();
        assert!(held.iter().any(|h| h.seq == kept) && held.iter().map(|h| h.seq).is_sorted());
        // The next child goes on where this one was: it meets lines that are there already.
    }
}

#[tokio::test]
async fn rooms_and_private_conversations_are_kept_apart() {
    let place = Place::new();
    let history = place.open();
    let (me, bob, carol) = (PeerId([1; 8]), PeerId([2; 8]), PeerId([3; 8]));
    let of = |seq, room: &str, text: &str| Line { room: SafeText::line(room), ..line(seq, text) };
    let private = |seq, from: PeerId, to: PeerId, text: &str| Line {
        private: true,
        peer: Some(from),
        to: Some(to),
        id: None,
        ..line(seq, text)
    };
    for line in [
        of(1, "lobby", "to all"),
        of(2, "lunch", "to some"),
        private(3, bob, me, "from bob"),
        private(4, me, bob, "to bob"),
        private(5, carol, me, "from carol"),
    ] {
        history.record(&line);
    }
    for (place, expected) in [
        ("lobby", vec!["to all"]),
        ("lunch", vec!["to some"]),
        (&*format!("@{bob}"), vec!["from bob", "to bob"]),
        (&format!("@{carol}"), vec!["from carol"]),
        ("elsewhere", vec![]),
    ] {
        assert_eq!(texts(&history.recent(place, 10).await.lines), expected, "{place}");
        let query = Query { place: Some(place.to_owned()), ..Query::default() };
        assert_eq!(texts(&history.search(query.clone()).await), expected, "{place}");
        let words = Query { words: Some("bob".to_owned()), ..query };
        let bobs: Vec<_> = expected.into_iter().filter(|text| text.contains("bob")).collect();
        assert_eq!(texts(&history.search(words).await), bobs, "{place}");
    }
    history.set_read_mark(&format!("@{bob}"));
    assert_eq!(history.recent(&format!("@{bob}"), 10).await.unread, None);
    let reaction = Line {
        kind: Kind::Reaction,
        about: Some(lanchat::chat::About {
            line: line(1, "").id.unwrap(),
            quote: SafeText::line("x: to all"),
        }),
        ..of(9, "lobby", "👍")
    };
    history.record(&reaction);
    assert_eq!(history.recent("lobby", 1).await.lines, [reaction]);
    close(history).await;
}
