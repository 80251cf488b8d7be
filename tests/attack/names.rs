//! Nobody has another's name: stolen from who is here, who is away, and after a restart; ground out; taken by a thousand;
//! written with other letters.

use std::time::Duration;

use lanchat::chat::{
    Acquaintance, Doubts, Event, Kind, Nick, Node, Now, Peer, PeerId, PublicKey, SayError, Slot, Trust,
    Warning,
};
use lanchat::session::{find, find_reader};
use lanchat::text::SafeText;

use crate::forge::{Claim, Key};
use crate::forgery::{eve, wall};
use crate::segment::Segment;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// What a host was warned of.
fn warnings(s: &Segment, n: usize) -> Vec<Warning> {
    let events = s.hosts[n].events.iter();
    events.filter_map(|e| if let Event::Warning(w) = e { Some(Warning::clone(w)) } else { None }).collect()
}

/// Sums of warnings that it was told.
fn sums(s: &Segment, n: usize) -> Vec<String> {
    let events = s.hosts[n].events.iter();
    let texts = events.filter_map(|e| if let Event::Notice(t) = e { Some(t.to_string()) } else { None });
    texts.filter(|t| t.starts_with("WARNING")).collect()
}

fn peer(s: &mut Segment, n: usize, id: PeerId) -> Peer {
    s.hosts[n].node().peers().into_iter().find(|p| p.id == id).unwrap()
}

fn id_of(key: &Key) -> PeerId {
    PeerId(key.id())
}

/// Lets the owner of a key announce itself. `count` counts its beacons.
fn come(s: &mut Segment, key: &Key, nick: &str, count: u32) {
    // Without the flag of one who has just started: a thief would not carry it.
    s.inject(eve(), Slot::Sync, &key.beacon(&Claim { nick, flags: 0, count, ..Claim::new(wall(s)) }));
    s.run(SECOND / 10);
}

fn acquaintance(public: [u8; 32], nick: &str, verified: bool, since: u64) -> Acquaintance {
    let nick: Nick = nick.parse().unwrap();
    let verified = verified.then(|| nick.clone());
    Acquaintance { verified, ..Acquaintance::new(public, nick, since) }
}

fn known(s: &Segment, n: usize, nick: &str, verified: bool, since: u64) -> Acquaintance {
    acquaintance(s.hosts[n].identity.public(), nick, verified, since)
}

/// Alice (0) and bob (1), who have met.
fn pair(seed: u64) -> (Segment, PeerId) {
    let mut s = Segment::new(seed);
    s.add("alice");
    s.add("bob");
    s.run(20 * SECOND);
    let bob = s.id(1);
    (s, bob)
}

/// Starts alice again with what her profile has kept.
fn restart(s: &mut Segment, epoch: u32, known: Vec<Acquaintance>) {
    s.leave(0);
    s.hosts[0].events.clear();
    s.known = known;
    s.start(0, "alice", epoch, false);
    s.known.clear();
}

#[test]
fn from_one_who_is_here() {
    let (mut s, bob) = pair(1);
    let thief = Key::new(1);
    for count in 1..60 {
        come(&mut s, &thief, "bob", count);
        s.run(SECOND);
    }
    let told = warnings(&s, 0);
    assert_eq!(told.len(), 1, "once, not with each beacon: {told:?}");
    assert_eq!((told[0].peer, told[0].other.id, told[0].other.same), (id_of(&thief), bob, true));
    let text = told[0].text(true).to_string();
    for part in
        ["WARNING", &bob.to_string(), &id_of(&thief).to_string(), "/verify bob~", "identity forget bob~"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let shown = peer(&mut s, 0, id_of(&thief));
    assert_eq!((shown.trust, shown.doubts.word()), (Trust::Doubtful, Some("key_changed")));
    assert_eq!(shown.name.as_str(), format!("bob~{}", id_of(&thief).short()));
    let real = peer(&mut s, 0, bob);
    assert_eq!((real.name.as_str(), real.trust, real.doubts), ("bob", Trust::New, Doubts::default()));
    // Bob himself sees who has his name, and keeps it, whatever the thief claims of having been first.
    assert_eq!(s.hosts[1].node().own_name().as_str(), "bob");
    assert!(peer(&mut s, 1, id_of(&thief)).doubts.like_own);
    let line = thief.line(7, 1, wall(&s), "<bob> it is me");
    s.inject(eve(), Slot::Lobby, &line);
    s.run(SECOND);
    let heard = s.hosts[0].heard().into_iter().find(|l| l.peer == Some(id_of(&thief))).unwrap().clone();
    assert_eq!((heard.trust, heard.from), (Trust::Doubtful, shown.name));
}

#[test]
fn by_a_key_that_wins_the_tie_break_for_this_hour() {
    let (mut s, bob) = pair(2);
    // The lower hash wins between two who start together: the best of 300 keys of the thief wins from nearly everybody.
    let hour = wall(&s) / 3_600_000;
    let hash = |id: PeerId| {
        let mut hasher = blake3::Hasher::new_derive_key("lanchat 2026-11 nickname tie-break");
        hasher.update(&hour.to_be_bytes()).update(&id.0).update(b"bob");
        *hasher.finalize().as_bytes()
    };
    let thief = (0..300).map(Key::new).min_by_key(|key| hash(id_of(key))).unwrap();
    assert!(hash(id_of(&thief)) < hash(bob));
    for count in 1..20 {
        for host in 0..2 {
            let old = Claim { nick: "bob", flags: 0, epoch: 1, count, ..Claim::new(wall(&s)) };
            s.inject(eve(), Slot::Sync, &thief.beacon(&old));
            assert!(s.hosts[host].node.is_some());
        }
        s.run(SECOND);
    }
    assert_eq!(s.hosts[1].node().own_name().as_str(), "bob");
    assert_eq!(peer(&mut s, 0, bob).name.as_str(), "bob");
    assert!(!s.hosts[1].events.iter().any(|e| matches!(e, Event::OwnName { with: Some(_), .. })));
}

#[test]
fn from_one_who_is_away_and_nothing_meant_for_him_goes_to_the_thief() {
    let (mut s, bob) = pair(3);
    s.leave(1);
    s.run(2 * MINUTE);
    let thief = Key::new(1);
    come(&mut s, &thief, "bob", 1);
    assert_eq!(warnings(&s, 0).len(), 1);
    let peers = s.hosts[0].node().peers();
    assert_eq!(
        peers.iter().map(|p| p.name.to_string()).collect::<Vec<_>>(),
        [format!("bob~{}", id_of(&thief).short())]
    );
    for name in ["bob", "BOB"] {
        let error = find(&peers, name).unwrap_err().to_string();
        assert!(error.contains("with another key"), "{error}");
    }
    assert_eq!(find(&peers, &format!("bob~{}", id_of(&thief).short())).unwrap().id, id_of(&thief));
    // Bob comes back: his name and place are his.
    s.start(1, "bob", 2, false);
    s.run(5 * SECOND);
    let peers = s.hosts[0].node().peers();
    assert_eq!(find(&peers, "bob").unwrap().id, bob);
    assert_eq!((peer(&mut s, 0, bob).name.as_str(), warnings(&s, 0).len()), ("bob", 1));
}

#[test]
fn after_a_restart_and_each_restart_until_the_user_decides() {
    let (mut s, bob) = pair(4);
    s.leave(1);
    let thief = Key::new(1);
    let stolen = acquaintance(thief.public(), "bob", false, wall(&s));
    let real = known(&s, 1, "bob", false, 1000);
    for epoch in 2..5 {
        // From the second time on the thief is as well known as bob is; but not for as long.
        let all = if epoch == 2 { vec![real.clone()] } else { vec![real.clone(), stolen.clone()] };
        restart(&mut s, epoch, all);
        s.run(SECOND);
        come(&mut s, &thief, "bob", epoch);
        let told = warnings(&s, 0);
        assert_eq!((told.len(), told[0].other.trust), (1, Trust::Known), "epoch {epoch}");
        assert_eq!(peer(&mut s, 0, id_of(&thief)).trust, Trust::Doubtful);
    }
    // Verified, it is believed; and it is bob now, where the other is not verified.
    s.with(0, |node, now| node.set_trust(now, id_of(&thief), Trust::Verified));
    let shown = peer(&mut s, 0, id_of(&thief));
    assert_eq!((shown.trust, shown.name.as_str(), shown.doubts), (Trust::Verified, "bob", Doubts::default()));
    s.with(0, |node, now| node.set_trust(now, id_of(&thief), Trust::Known));
    assert_eq!(peer(&mut s, 0, id_of(&thief)).trust, Trust::Doubtful);
    // Or the old key is forgotten.
    s.with(0, |node, now| node.set_trust(now, bob, Trust::New));
    let shown = peer(&mut s, 0, id_of(&thief));
    assert_eq!((shown.trust, shown.name.as_str()), (Trust::Known, "bob"));
}

#[test]
fn of_a_verified_peer_is_told_louder() {
    let (mut s, bob) = pair(5);
    let real = known(&s, 1, "bob", true, 1000);
    restart(&mut s, 2, vec![real]);
    s.run(SECOND);
    come(&mut s, &Key::new(1), "Bob", 1);
    let told = warnings(&s, 0);
    assert!(told[0].text(true).as_str().contains("IS NOT THE bob THAT YOU HAVE VERIFIED"));
    assert_eq!((told[0].other.trust, peer(&mut s, 0, bob).trust), (Trust::Verified, Trust::Verified));
}

#[test]
fn by_one_who_was_met_long_before_under_another_name() {
    let (mut s, bob) = pair(6);
    let thief = Key::new(1);
    // In this run: mallory is here before bob comes.
    s.leave(1);
    s.run(MINUTE);
    restart(&mut s, 2, Vec::new());
    s.run(10 * SECOND);
    come(&mut s, &thief, "mallory", 1);
    s.run(SECOND);
    s.start(1, "bob", 2, false);
    s.run(20 * SECOND);
    come(&mut s, &thief, "bob", 2);
    assert_eq!(peer(&mut s, 0, bob).name.as_str(), "bob");
    assert_eq!((peer(&mut s, 0, id_of(&thief)).trust, warnings(&s, 0).len()), (Trust::Doubtful, 1));
    // In an earlier one, even as a friend whose words were compared.
    let mallory = acquaintance(thief.public(), "mallory", false, 5);
    let real = known(&s, 1, "bob", false, 1000);
    restart(&mut s, 3, vec![mallory, real]);
    s.run(20 * SECOND);
    come(&mut s, &thief, "bob", 9);
    assert_eq!(peer(&mut s, 0, bob).name.as_str(), "bob");
    assert_eq!((peer(&mut s, 0, id_of(&thief)).trust, warnings(&s, 0).len()), (Trust::Doubtful, 1));
}

#[test]
fn while_its_owner_goes_by_another_for_a_while() {
    let (mut s, bob) = pair(12);
    let real = known(&s, 1, "bob", false, 1000);
    restart(&mut s, 2, vec![real]);
    s.run(20 * SECOND);
    s.with(1, |node, now| node.set_nick(now, "robert".parse().unwrap()));
    s.run(5 * SECOND);
    let thief = Key::new(1);
    come(&mut s, &thief, "bob", 1);
    s.run(5 * SECOND);
    assert_eq!(peer(&mut s, 0, id_of(&thief)).name.as_str(), "bob", "nobody else has it just now");
    s.with(1, |node, now| node.set_nick(now, "bob".parse().unwrap()));
    s.run(5 * SECOND);
    assert_eq!((peer(&mut s, 0, bob).name.as_str(), peer(&mut s, 0, bob).trust), ("bob", Trust::Known));
    let shown = peer(&mut s, 0, id_of(&thief));
    assert_eq!((shown.trust, shown.doubts.word()), (Trust::Doubtful, Some("key_changed")));
    assert_eq!(warnings(&s, 0).len(), 1);
}

#[test]
fn while_its_owner_is_away_who_last_went_by_another() {
    let (mut s, bob) = pair(13);
    s.leave(1);
    let mut real = known(&s, 1, "robert", false, 2000);
    real.claims.insert(0, lanchat::chat::Claim { nick: "bob".parse().unwrap(), since: 1000 });
    restart(&mut s, 2, vec![real]);
    s.run(20 * SECOND);
    let thief = Key::new(1);
    come(&mut s, &thief, "bob", 1);
    s.run(5 * SECOND);
    s.start(1, "bob", 2, false); // he comes back to his name, and to the network
    for count in 2..12 {
        come(&mut s, &thief, "bob", count);
        s.run(SECOND);
    }
    assert_eq!(peer(&mut s, 0, bob).name.as_str(), "bob");
    let shown = peer(&mut s, 0, id_of(&thief));
    assert_eq!((shown.trust, shown.doubts.word()), (Trust::Doubtful, Some("key_changed")));
    assert_eq!(warnings(&s, 0).len(), 1);
}

#[test]
fn by_one_who_is_not_listed_and_only_speaks() {
    let (mut s, _) = pair(7);
    s.leave(1);
    s.run(MINUTE);
    let thief = Key::new(1);
    let hidden = Claim { nick: "bob", flags: 8, ..Claim::new(wall(&s)) };
    s.inject(eve(), Slot::Sync, &thief.beacon(&hidden));
    s.run(SECOND);
    assert_eq!(warnings(&s, 0).len(), 0, "a command of bob's own, such as who, is no theft");
    s.inject(eve(), Slot::Lobby, &thief.line(7, 1, wall(&s), "<bob> it is me"));
    s.run(SECOND);
    let heard = s.hosts[0].heard().pop().unwrap().clone();
    assert_eq!(heard.from.as_str(), format!("bob~{}", id_of(&thief).short()));
    assert_eq!((heard.trust, warnings(&s, 0).len()), (Trust::Doubtful, 1));
}

#[test]
fn by_a_thousand_keys() {
    let (mut s, bob) = pair(8);
    let real = known(&s, 1, "bob", true, 1000);
    restart(&mut s, 2, vec![real]);
    s.run(20 * SECOND);
    for n in 0..1000 {
        s.inject(
            eve(),
            Slot::Sync,
            &Key::new(n).beacon(&Claim { nick: "bob", flags: 0, ..Claim::new(wall(&s)) }),
        );
        s.run(SECOND / 2); // as fast as one address may be met
    }
    let all = s.hosts[0].node().peers();
    let thieves: Vec<_> = all.iter().filter(|p| p.nick.as_str() == "bob" && p.id != bob).collect();
    assert!(thieves.iter().all(|p| p.trust == Trust::Doubtful && p.name.as_str() != "bob"), "each is marked");
    let counted: Vec<String> = sums(&s, 0);
    assert_eq!(warnings(&s, 0).len(), 3, "of 1000");
    assert!((1..=10).contains(&counted.len()), "{counted:?}");
    assert_eq!((peer(&mut s, 0, bob).name.as_str(), s.hosts[1].node().own_name().as_str()), ("bob", "bob"));
    let names: std::collections::HashSet<_> = all.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names.len(), all.len(), "no two are shown under one name");
}

#[test]
fn with_the_same_four_digits() {
    let (mut s, bob) = pair(9);
    let digits = |id: PeerId| (id.0[0], id.0[1]);
    let thief = (0..10_000_000).map(Key::new).find(|key| digits(id_of(key)) == digits(bob)).unwrap();
    come(&mut s, &thief, "bob", 1);
    let shown = peer(&mut s, 0, id_of(&thief)).name.to_string();
    let id = id_of(&thief).to_string();
    let shown_digits = shown.strip_prefix("bob~").unwrap();
    assert!(shown_digits.len() >= 8 && id.starts_with(shown_digits), "{shown}");
    // What tells of four digits only means nobody where it could mean both, whoever is here.
    let short = format!("bob~{}", bob.short());
    assert_eq!(find(&s.hosts[0].node().peers(), &short).unwrap().id, bob);
    s.leave(1);
    s.run(MINUTE);
    come(&mut s, &thief, "bob", 2);
    assert!(find(&s.hosts[0].node().peers(), &short).is_err());
    assert_eq!(find(&s.hosts[0].node().peers(), &shown).unwrap().id, id_of(&thief));
    // Two thieves with the same digits are told apart, too.
    let other = (10_000_000..20_000_000).map(Key::new).find(|key| digits(id_of(key)) == digits(bob)).unwrap();
    come(&mut s, &other, "bob", 1);
    let names = [&thief, &other].map(|key| peer(&mut s, 0, id_of(key)).name.to_string());
    assert_ne!(names[0], names[1]);
}

#[test]
fn with_letters_that_look_alike() {
    let (mut s, bob) = pair(10);
    let looks = [
        ("b\u{43e}b", Some("looks_like"), true),
        ("b0b", Some("looks_like"), false),
        ("BOB", Some("key_changed"), false),
        ("ｂｏｂ", Some("looks_like"), false),
        ("b\u{200b}ob", Some("key_changed"), false),
        ("bob\u{3164}", Some("key_changed"), false),
        ("\u{2800}bob", Some("key_changed"), false),
        ("ж\u{43e}b", None, true),
    ];
    for (n, (nick, word, mixed)) in (0..).zip(looks) {
        let key = Key::new(n);
        come(&mut s, &key, nick, 1);
        s.run(SECOND);
        let shown = peer(&mut s, 0, id_of(&key));
        assert_eq!((shown.doubts.word(), shown.doubts.mixed), (word, mixed), "{nick:?}");
        assert!(
            shown.name.as_str().ends_with(&format!("~{}", id_of(&key).short())),
            "{nick:?}: {}",
            shown.name
        );
        let told = shown.doubts.sentences().join("; ");
        assert!(!mixed || told.contains("mixes alphabets"), "{told}");
        assert!(word != Some("looks_like") || told.contains("looks like bob"), "{told}");
    }
    // Capital I and small l.
    let key = Key::new(100);
    come(&mut s, &key, "aIice", 1);
    let shown = peer(&mut s, 0, id_of(&key));
    assert!(shown.doubts.like_own && shown.name.as_str().starts_with("aIice~"), "{shown:?}");
    assert_eq!(peer(&mut s, 0, bob).name.as_str(), "bob");
}

#[test]
fn verified_is_a_key_and_never_a_name() {
    let (mut s, bob) = pair(11);
    s.with(0, |node, now| node.set_trust(now, bob, Trust::Verified)).unwrap();
    assert_eq!(peer(&mut s, 0, bob).trust, Trust::Verified);
    let changed = |e: &Event| matches!(e, Event::Changed(p) if p.id == bob && p.trust == Trust::Verified);
    assert!(s.hosts[0].events.iter().any(changed), "told at once");
    s.say(1, "signed");
    s.run(SECOND);
    assert_eq!(s.hosts[0].heard()[0].trust, Trust::Verified);
    let thief = Key::new(1);
    come(&mut s, &thief, "bob", 1);
    assert_eq!(peer(&mut s, 0, id_of(&thief)).trust, Trust::Doubtful);
    // What is ignored, and whom private lines are for, go by the key, too.
    s.with(0, |node: &mut Node, _: Now| node.ignore(bob, true));
    assert!(peer(&mut s, 0, bob).ignored && !peer(&mut s, 0, id_of(&thief)).ignored);
    let sent: Result<_, SayError> = s.with(0, |node, now| node.direct(now, bob, Kind::Say, "for bob"));
    assert!(sent.is_ok());
    s.run(SECOND);
    assert!(s.hosts[1].heard().iter().any(|l| l.private && l.text.as_str() == "for bob"));
    assert_eq!(s.with(0, |node, now| node.set_trust(now, PeerId([9; 8]), Trust::Verified)), None);
    assert!(PublicKey::from_bytes(&thief.public()).is_some());
}

#[test]
fn by_one_who_is_verified_under_another_name() {
    for verified in [true, false] {
        let (mut s, bob) = pair(14);
        let friend = Key::new(1);
        let all =
            vec![known(&s, 1, "bob", verified, 1000), acquaintance(friend.public(), "mallory", true, 10)];
        s.leave(1);
        restart(&mut s, 2, all.clone());
        s.run(20 * SECOND);
        come(&mut s, &friend, "mallory", 1);
        assert_eq!(peer(&mut s, 0, id_of(&friend)).trust, Trust::Verified);
        come(&mut s, &friend, "bob", 2);
        let shown = peer(&mut s, 0, id_of(&friend));
        assert_eq!((shown.trust, shown.doubts.word()), (Trust::Doubtful, Some("key_changed")));
        assert!(find(&s.hosts[0].node().peers(), "bob").is_err(), "bob is away");
        let told = warnings(&s, 0);
        let whom = if verified { Trust::Verified } else { Trust::Known };
        assert_eq!((told.len(), told[0].other.id, told[0].other.trust), (1, bob, whom));
        // After a restart it is the same, and bob is himself.
        let mut all = all;
        all[1].nick = "bob".parse().unwrap();
        all[1].claims.push(lanchat::chat::Claim { nick: "bob".parse().unwrap(), since: 2000 });
        restart(&mut s, 3, all);
        s.run(20 * SECOND);
        come(&mut s, &friend, "bob", 3);
        s.start(1, "bob", 2, false);
        s.run(5 * SECOND);
        assert_eq!(peer(&mut s, 0, bob).name.as_str(), "bob");
        assert_eq!(peer(&mut s, 0, id_of(&friend)).trust, Trust::Doubtful);
        assert_eq!(warnings(&s, 0).len(), 1, "of the friend only");
        // Back to her own name, she is who was verified.
        come(&mut s, &friend, "mallory", 4);
        let shown = peer(&mut s, 0, id_of(&friend));
        assert_eq!((shown.trust, shown.name.as_str()), (Trust::Verified, "mallory"));
    }
}

#[test]
fn by_one_who_is_known_from_one_who_is_new_and_was_here_first() {
    let (mut s, zoe) = (Segment::new(15), Key::new(2));
    s.add("alice");
    let mallory = Key::new(1);
    restart(&mut s, 2, vec![acquaintance(mallory.public(), "mallory", false, 10)]);
    s.run(20 * SECOND);
    come(&mut s, &mallory, "mallory", 1);
    come(&mut s, &zoe, "zoe", 1);
    s.run(5 * SECOND);
    come(&mut s, &mallory, "zoe", 2);
    s.run(5 * SECOND);
    let (real, thief) = (peer(&mut s, 0, id_of(&zoe)), peer(&mut s, 0, id_of(&mallory)));
    assert_eq!((real.name.as_str(), real.trust), ("zoe", Trust::New));
    assert_eq!(thief.trust, Trust::Doubtful);
    let told: Vec<_> = warnings(&s, 0).into_iter().map(|w| (w.peer, w.other.trust)).collect();
    assert_eq!(told, [(id_of(&mallory), Trust::New)], "she has only what she took just now");
    assert_eq!(find(&s.hosts[0].node().peers(), "zoe").unwrap().id, id_of(&zoe));
}

#[test]
fn while_its_owner_goes_by_several_others() {
    let (mut s, bob) = pair(16);
    let real = known(&s, 1, "bob", false, 1000);
    restart(&mut s, 2, vec![real]);
    s.run(20 * SECOND);
    for nick in ["robert", "rob", "bobby"] {
        s.with(1, |node, now| node.set_nick(now, nick.parse().unwrap()));
        s.run(5 * SECOND);
    }
    let thief = Key::new(1);
    come(&mut s, &thief, "bob", 1);
    s.run(5 * SECOND);
    s.with(1, |node, now| node.set_nick(now, "bob".parse().unwrap()));
    s.run(5 * SECOND);
    assert_eq!((peer(&mut s, 0, bob).name.as_str(), peer(&mut s, 0, bob).trust), ("bob", Trust::Known));
    assert_eq!(peer(&mut s, 0, id_of(&thief)).trust, Trust::Doubtful);
}

#[test]
fn by_way_of_a_name_that_resembles_two() {
    for known_before in [true, false] {
        let mut s = Segment::new(17);
        s.add("alice");
        let (lan, ian) = (Key::new(1), Key::new(2));
        let all =
            vec![acquaintance(lan.public(), "lan", false, 10), acquaintance(ian.public(), "ian", false, 20)];
        restart(&mut s, 2, if known_before { all } else { Vec::new() });
        s.run(20 * SECOND);
        come(&mut s, &lan, "lan", 1);
        s.run(SECOND);
        come(&mut s, &ian, "ian", 1);
        s.run(SECOND);
        for (count, nick) in [(2, "Ian"), (3, "ian")] {
            come(&mut s, &lan, nick, count);
            s.run(SECOND);
            let (real, thief) = (peer(&mut s, 0, id_of(&ian)), peer(&mut s, 0, id_of(&lan)));
            assert_eq!((real.name.as_str(), real.doubts), ("ian", Doubts::default()), "{nick}");
            assert_eq!((thief.trust, thief.doubts.word()), (Trust::Doubtful, Some("key_changed")), "{nick}");
        }
    }
}

#[test]
fn by_one_who_is_known_is_not_listed_and_speaks_by_it() {
    let (mut s, bob) = pair(18);
    s.leave(1);
    let thief = Key::new(1);
    let all = vec![known(&s, 1, "bob", false, 1000), acquaintance(thief.public(), "mallory", false, 10)];
    restart(&mut s, 2, all);
    s.run(20 * SECOND);
    let hidden = Claim { nick: "bob", flags: 8, ..Claim::new(wall(&s)) };
    s.inject(eve(), Slot::Sync, &thief.beacon(&hidden));
    s.inject(eve(), Slot::Lobby, &thief.line(7, 1, wall(&s), "<bob> it is me"));
    s.run(SECOND);
    let heard = s.hosts[0].heard().pop().unwrap().clone();
    assert_eq!(heard.trust, Trust::Doubtful);
    assert_eq!(warnings(&s, 0).iter().map(|w| w.other.id).collect::<Vec<_>>(), [bob]);
}

#[test]
fn with_the_marks_of_trust_and_of_the_log_or_an_id() {
    let (mut s, bob) = pair(19);
    let friend = known(&s, 1, "bob", true, 1000);
    restart(&mut s, 2, vec![friend]);
    s.run(20 * SECOND);
    let id = bob.to_string();
    let names: [(&str, &str); 8] = [
        ("✓bob", "bob~"),
        ("!bob", "bob~"),
        ("-", "guest"),
        ("* bob", "bob~"),
        ("(unsigned)", "unsigned"),
        ("↪", "guest"),
        (&id, "guest"),
        (&id.to_uppercase(), "guest"),
    ];
    for (n, (nick, cleaned)) in (0..).zip(names) {
        let key = Key::new(n);
        come(&mut s, &key, nick, 1);
        s.run(SECOND);
        let shown = peer(&mut s, 0, id_of(&key));
        assert!(shown.name.as_str().starts_with(cleaned), "{nick}: {}", shown.name);
        assert!(shown.trust == Trust::Doubtful || cleaned != "bob~", "{nick}");
    }
    let peers = s.hosts[0].node().peers();
    assert_eq!(find(&peers, &id).unwrap().id, bob);
    s.leave(1);
    s.run(MINUTE);
    let peers = s.hosts[0].node().peers();
    assert!(find(&peers, &id).is_err(), "and nobody else");
    let met = [(id_of(&Key::new(1)), SafeText::line(&id))].into();
    assert!(find_reader(&peers, &met, &id).is_err(), "as an older version may have noted it");
}
