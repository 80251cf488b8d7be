//! Ten words over a public key, to be compared aloud (the PGP word list: Juola and Zimmermann, 1996; transcribed by
//! Warren Guy, in the form of magic-wormhole, MIT licence).
//!
//! `assets/pgp-words.txt` holds one row for each byte value: the two-syllable word for even positions, the
//! three-syllable word for odd ones, so that a word left out or two words swapped are noticed.

use std::sync::LazyLock;

const LIST: &str = include_str!("../../assets/pgp-words.txt");
/// Ten words are 80 bits: nobody can make a second key with the same words.
const WORDS: usize = 10;

/// The words of the Ed25519 key `public`: the first 10 bytes of its BLAKE3 hash, a space between words.
pub fn words(public: &[u8; 32]) -> String {
    let hash = blake3::hash(public);
    let bytes = hash.as_bytes().iter().take(WORDS).enumerate();
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
