//! The history at its size: `cargo bench --bench history` (Linux). `-- 100000` takes another number of lines.
//!
//! One million lines of a vocabulary whose words are as unequally common as those of a language; how fast they are
//! written, how fast the file opens, and how fast the newest fifty are found, with the memory that takes.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "this is a measurement"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use lanchat::chat::{Kind, Line, LineId, PeerId, Trust};
use lanchat::history::{History, Limits, Query, Reader};
use lanchat::text::SafeText;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const LINES: u32 = 1_000_000;
/// Different words.
const WORDS: usize = 30_000;
/// Times that each search is measured.
const TIMES: usize = 40;
const START: u64 = 1_795_180_140_000;

fn main() {
    let lines = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(LINES);
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("history.db");
    let words = vocabulary();
    write(&path, lines, &words);
    one_by_one(&path, lines, &words);

    let mut opened: Vec<_> =
        (0..TIMES).map(|_| time(|| drop(open(&path, u32::MAX).recent_blocking("lobby", 200)))).collect();
    report("open, 200 lines", &mut opened);

    println!("memory           {} MiB before, {} MiB at most so far", memory("VmRSS"), memory("VmHWM"));
    let reader = Reader::open(&path).expect("readable").expect("there");
    let search = |typed: &str| Query { words: Some(typed.to_owned()), limit: Some(50), ..Query::default() };
    // `the` of this language is in nearly every line, word 300 in one of 500, the rare one in a few dozen.
    let (the, common, rare) = (words[0].as_str(), words[300].as_str(), words[WORDS / 2].as_str());
    let begun: String = common.chars().take(4).collect();
    for (what, query) in [
        ("most common word", search(&format!("\"{the}\""))),
        ("  as it is typed", search(the)),
        ("common word", search(common)),
        ("  its beginning", search(&begun)),
        ("  2 letters", search(&common.chars().take(2).collect::<String>())),
        ("  1 letter", search(&common.chars().take(1).collect::<String>())),
        ("rare word", search(rare)),
        ("two common", search(&format!("{the} {common}"))),
        ("common and rare", search(&format!("{the} {rare}"))),
        ("of one author", Query { from: Some("peer7".to_owned()), ..search(the) }),
        (
            "of the last hour",
            Query { since: Some(START + u64::from(lines) * 1000 - 3_600_000), ..search(the) },
        ),
        ("no such word", search("xyzzy")),
    ] {
        let mut found = 0;
        let mut times: Vec<_> =
            (0..TIMES).map(|_| time(|| found = reader.all(&query).expect("found").len())).collect();
        report(&format!("{what:<17}{found:>3}"), &mut times);
    }
    println!("memory           {} MiB after, {} MiB at most", memory("VmRSS"), memory("VmHWM"));
    let mut count = 0;
    let all = time(|| {
        let end = reader.each(&Query::default(), |_| {
            count += 1;
            std::ops::ControlFlow::<()>::Continue(())
        });
        end.expect("readable");
    });
    println!("all {count} lines read in {:.2} s, {} MiB at most", all.as_secs_f64(), memory("VmHWM"));
}

fn open(path: &Path, lines: u32) -> History {
    let (history, notices) = History::open(path, Limits { lines, age: None }, START);
    assert!(notices.is_empty(), "{notices:?}");
    history.expect("a history")
}

/// As fast as it can.
fn write(path: &Path, lines: u32, words: &[String]) {
    let mut random = StdRng::seed_from_u64(1);
    let history = open(path, u32::MAX);
    let mut busy = Duration::ZERO;
    for n in 0..lines {
        let line = line(n, &text(&mut random, words));
        busy += time(|| history.record(&line));
        if n % 10_000 == 9_999 {
            busy += time(|| assert!(history.flush()));
        }
    }
    busy += time(|| close(&history));
    let size = path.metadata().expect("written").len();
    println!(
        "written          {:.0} lines/s, {lines} lines in {:.1} s, {} bytes a line in the file",
        f64::from(lines) / busy.as_secs_f64(),
        busy.as_secs_f64(),
        size / u64::from(lines)
    );
}

/// As people do: each line is in the file before the next one comes.
fn one_by_one(path: &Path, lines: u32, words: &[String]) {
    let mut random = StdRng::seed_from_u64(2);
    let history = open(path, u32::MAX);
    let mut times = Vec::new();
    let mut caller = Vec::new();
    for n in 0..2000 {
        let line = line(lines + n, &text(&mut random, words));
        caller.push(time(|| history.record(&line)));
        times.push(time(|| assert!(history.flush())));
    }
    report("a line, caller", &mut caller);
    report("a line, in file", &mut times);
    close(&history);
}

fn close(history: &History) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(history.close(Duration::from_secs(60)));
}

/// Words of 3 to 9 letters, all different; the common ones are short.
fn vocabulary() -> Vec<String> {
    let mut random = StdRng::seed_from_u64(3);
    let mut words = std::collections::BTreeSet::new();
    while words.len() < WORDS {
        let length = random.random_range(3..10);
        words.insert((0..length).map(|_| char::from(b'a' + random.random_range(0..26))).collect::<String>());
    }
    let mut words: Vec<_> = words.into_iter().collect();
    words.sort_by_key(|word| (word.len() > 4, blake3::hash(word.as_bytes()).to_hex().to_string()));
    words
}

/// 3 to 17 words after Zipf's law: word number n is n times as rare as the first.
fn text(random: &mut StdRng, words: &[String]) -> String {
    let count = random.random_range(3..18);
    let word = |random: &mut StdRng| {
        let rank = (WORDS as f64).powf(random.random::<f64>()) - 1.0;
        words[(rank as usize).min(WORDS - 1)].as_str()
    };
    (0..count).map(|_| word(random)).collect::<Vec<_>>().join(" ")
}

fn line(n: u32, text: &str) -> Line {
    let sender = PeerId([u8::try_from(n % 50).expect("small"); 8]);
    Line {
        id: Some(LineId { sender, epoch: 1, seq: n }),
        room: SafeText::line("lobby"),
        kind: Kind::Say,
        from: SafeText::line(&format!("peer{}", n % 50)),
        peer: Some(sender),
        host: SafeText::line("ORION"),
        address: Some([10, 77, 0, 1].into()),
        text: SafeText::clean(text),
        sent_at: START + u64::from(n) * 1000,
        received_at: START + u64::from(n) * 1000 + 3,
        trust: Trust::Known,
        private: false,
        to: None,
        late: false,
        own: false,
        about: None,
    }
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)].as_secs_f64() * 1000.0;
    println!("{what:<22} p50 {:>8.3} ms   p95 {:>8.3} ms   max {:>8.3} ms", at(50), at(95), at(100));
}

/// Of this process, in MiB.
fn memory(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with(field)).expect("told");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("a number") / 1024
}
