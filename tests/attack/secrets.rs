//! What keeps private lines private: no nonce is used twice, whatever is restarted or restored.

use std::collections::HashSet;
use std::time::Duration;

use lanchat::chat::Slot;
use proptest::prelude::*;

use crate::segment::Segment;

const SECOND: Duration = Duration::from_secs(1);

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// The same key, again and again with the same epoch, as after a backup was restored: random nonces need no memory.
    #[test]
    fn no_nonce_is_used_twice(seed in any::<u64>(), epochs in proptest::collection::vec(1..4_u32, 2..12)) {
        let mut s = Segment::new(seed);
        let (alice, bob) = (s.add("alice"), s.add("bob"));
        s.tapped = Some(bob);
        for epoch in epochs {
            s.start(alice, "alice", epoch, false);
            s.run(5 * SECOND);
            let to = s.id(bob);
            for n in 0..20 {
                s.with(alice, |node, now| node.ping(now, to, n));
            }
            s.run(SECOND);
        }
        let sealed = s.heard.iter().filter(|(_, _, slot, data)| matches!(slot, Slot::Reply(_)) && data[3] == 32);
        let nonces: Vec<&[u8]> = sealed.map(|(_, _, _, data)| &data[20..44]).collect();
        let different: HashSet<&[u8]> = nonces.iter().copied().collect();
        prop_assert!(nonces.len() >= 20 && different.len() == nonces.len(), "{} of {}", different.len(), nonces.len());
    }
}
