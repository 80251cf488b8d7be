//! People who meet, and what they say.

use super::{Chat, Lan};

/// Starts a chat on each of the first hosts and waits until everybody has met everybody.
pub fn meeting(lan: &Lan, nicks: &[&str]) -> Vec<Chat> {
    let chats: Vec<Chat> = nicks.iter().enumerate().map(|(n, nick)| lan.host(n).chat(nick)).collect();
    all_meet(&chats, nicks);
    chats
}

/// Waits until each of the chats has met all the others.
pub fn all_meet(chats: &[Chat], nicks: &[&str]) {
    for (n, chat) in chats.iter().enumerate() {
        for other in nicks.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, nick)| nick) {
            chat.meets(other);
        }
    }
}

/// `word 1`, `word 2` and so on.
pub fn numbered(count: usize, word: &str) -> Vec<String> {
    (1..=count).map(|n| format!("{word} {n}")).collect()
}
