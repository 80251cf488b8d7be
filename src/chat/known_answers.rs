//! Known answers for every cryptographic construction, from the documents that define them.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use curve25519_dalek::montgomery::MontgomeryPoint;

use super::identity::{Identity, PublicKey};
use crate::profile::hex;

fn bytes<const N: usize>(digits: &str) -> [u8; N] {
    std::array::from_fn(|n| u8::from_str_radix(digits.get(2 * n..2 * n + 2).unwrap(), 16).unwrap())
}

#[test]
fn ed25519_of_rfc_8032() {
    // Section 7.1, TEST 3.
    let secret = bytes("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
    let public = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
    let signature = "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
                     18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";
    let identity = Identity::from_secret(&secret);
    assert_eq!(*hex(&identity.public()), public);
    assert_eq!(*hex(&identity.sign(&[], &[0xaf, 0x82])), signature);
    // The domain stands in front of the message.
    assert_eq!(*hex(&identity.sign(&[0xaf], &[0x82])), signature);
    let key = PublicKey::from_bytes(&identity.public()).unwrap();
    let signed = [&[0x82], bytes::<64>(signature).as_slice()].concat();
    assert!(key.verify_tail(&[0xaf], &signed) && !key.verify_tail(&[0xae], &signed));
}

#[test]
fn keys_of_small_order_and_malleable_signatures_are_refused() {
    let small = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ];
    assert!(small.iter().all(|key| PublicKey::from_bytes(&bytes(key)).is_none()));
    // s + L in the place of s is the same signature to a careless reader.
    let order = bytes::<32>("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let identity = Identity::from_secret(&[7; 32]);
    let key = PublicKey::from_bytes(&identity.public()).unwrap();
    let mut signature = identity.sign(b"x", b"");
    assert!(key.verify_tail(b"x", &signature));
    let mut carry = 0;
    for (byte, l) in signature.iter_mut().skip(32).zip(order) {
        let sum = u16::from(*byte) + u16::from(l) + carry;
        (*byte, carry) = (sum.to_le_bytes()[0], sum >> 8);
    }
    assert!(!key.verify_tail(b"x", &signature));
}

#[test]
fn x25519_of_rfc_7748_and_keys_as_libsodium_converts_them() {
    // Section 5.2, first vector.
    let scalar = bytes("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4");
    let u = MontgomeryPoint(bytes("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"));
    let product = "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552";
    assert_eq!(*hex(&u.mul_clamped(scalar).to_bytes()), product);
    // libsodium, test/default/ed25519_convert.
    let identity =
        Identity::from_secret(&bytes("421151a459faeade3d247115f94aedae42318124095afabe4d1451a559faedee"));
    let public = PublicKey::from_bytes(&identity.public()).unwrap().agreement_public();
    let expected = "f1814f0e8ff1043d8a44d25babff3cedcae6c22c3edaa48f857ae70de2baae50";
    assert_eq!(*hex(&public.to_bytes()), expected);
    let secret = identity.agreement_secret();
    assert_eq!(MontgomeryPoint::mul_base_clamped(*secret).to_bytes(), public.to_bytes());
    let clamped = curve25519_dalek::scalar::clamp_integer(*secret);
    assert_eq!(*hex(&clamped), "8052030376d47112be7f73ed7a019293dd12ad910b654455798b4667d73de166");
}

#[test]
fn xchacha20_poly1305_of_draft_irtf_cfrg_xchacha() {
    // Appendix A.3.1.
    let key: [u8; 32] = std::array::from_fn(|n| 0x80 + u8::try_from(n).unwrap());
    let nonce: [u8; 24] = std::array::from_fn(|n| 0x40 + u8::try_from(n).unwrap());
    let mut text =
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
                     sunscreen would be it."
            .to_vec();
    let cipher = XChaCha20Poly1305::new(&key.into());
    let aad = bytes::<12>("50515253c0c1c2c3c4c5c6c7");
    let tag = cipher.encrypt_inout_detached(&XNonce::from(nonce), &aad, text.as_mut_slice().into()).unwrap();
    assert_eq!(*hex(&tag), "c0875924c1c7987947deafd8780acf49");
    assert_eq!(*hex(text.get(..16).unwrap()), "bd6d179d3e83d43b9576579493c0e939");
}

#[test]
fn blake3_of_its_test_vectors() {
    let hash = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
    assert_eq!(*hex(blake3::hash(b"").as_bytes()), hash);
    let context = "BLAKE3 2019-12-27 16:29:52 test vectors context";
    let derived = "2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d";
    assert_eq!(*hex(blake3::Hasher::new_derive_key(context).finalize().as_bytes()), derived);
}
