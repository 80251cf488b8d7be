//! Ten words over a public key, to be compared aloud (the PGP word list: Juola and Zimmermann, 1996; transcribed by
//! Warren Guy, in the form of magic-wormhole, MIT licence).
//!
//! `assets/pgp-words.txt` holds one row for each byte value: the two-syllable word for even positions, the
//! three-syllable word for odd ones, so that a word left out or two words swapped are noticed.

use std::sync::LazyLock;

const LIST: &str = include_str!("../../assets/pgp-words.txt");
/// Ten words are 80 bits: nobody can make a second key with the words of a given one.
const WORDS: usize = 10;

/// How often the hash for a pair is hashed again. A man in the middle needs a key for each side so that both pairs have the
/// same words: with 80 bits that is 2^40 keys on either side, each of which costs this much.
const STRETCH: u32 = 1 << 20;

/// The ten words that two peers compare, the same on both sides whoever asks. Takes about a tenth of a second, on purpose
/// (docs/PROTOCOL.md, "Identity").
pub fn pair_words(one: &[u8; 32], other: &[u8; 32]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("lanchat 2026-11 words of a pair of peers");
    hasher.update(one.min(other)).update(one.max(other));
    let mut hash = *hasher.finalize().as_bytes();
    for _ in 0..STRETCH {
        hash = *blake3::hash(&hash).as_bytes();
    }
    spoken(&hash)
}

/// The words of the Ed25519 key `public`: the first 10 bytes of its BLAKE3 hash, a space between words.
pub fn words(public: &[u8; 32]) -> String {
    spoken(blake3::hash(public).as_bytes())
}

fn spoken(hash: &[u8; 32]) -> String {
    let bytes = hash.iter().take(WORDS).enumerate();
    bytes.filter_map(|(i, byte)| word(*byte, i % 2 == 1)).collect::<Vec<_>>().join(" ")
}

fn word(byte: u8, odd: bool) -> Option<&'static str> {
    static ROWS: LazyLock<Vec<(&str, &str)>> =
        LazyLock::new(|| LIST.lines().filter_map(|l| l.split_once(' ')).collect());
    ROWS.get(usize::from(byte)).map(|(even, other)| if odd { *other } else { *even })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn list_is_whole() {
        let all: HashSet<_> =
            (0..=255).flat_map(|b| [word(b, false).unwrap(), word(b, true).unwrap()]).collect();
        assert_eq!((all.len(), LIST.lines().count()), (512, 256));
    }

    #[test]
    fn a_pair_has_the_same_words_on_both_sides_and_other_pairs_have_others() {
        let words = pair_words(&[1; 32], &[2; 32]);
        assert_eq!((words.split(' ').count(), pair_words(&[2; 32], &[1; 32])), (10, words.clone()));
        assert_ne!(pair_words(&[1; 32], &[3; 32]), words);
    }

    #[test]
    fn known_answers() {
        // E582 94F2 E9A2: the example fingerprint of the list's first publication.
        let spoken: Vec<_> = [0xe5, 0x82, 0x94, 0xf2, 0xe9, 0xa2]
            .iter()
            .enumerate()
            .map(|(i, b)| word(*b, i % 2 == 1).unwrap())
            .collect();
        assert_eq!(spoken.join(" "), "topmost Istanbul Pluto vagabond treadmill Pacific");
        assert_eq!(
            words(&[0; 32]),
            "brickyard surrender Mohawk recover minnow newsletter dwelling holiness surmount tolerance"
        );
    }
}
