//! The key agreement of Noise handshakes: X25519 (RFC 7748) by curve25519-dalek, since ring offers none for lasting keys.

use curve25519_dalek::montgomery::MontgomeryPoint;
use snow::types::{Dh, Random};
use zeroize::Zeroizing;

/// One key pair.
#[derive(Default)]
pub(crate) struct Agreement {
    secret: Zeroizing<[u8; 32]>,
    public: [u8; 32],
}

impl Dh for Agreement {
    fn name(&self) -> &'static str {
        "25519"
    }

    fn pub_len(&self) -> usize {
        32
    }

    fn priv_len(&self) -> usize {
        32
    }

    fn set(&mut self, secret: &[u8]) {
        self.secret.iter_mut().zip(secret).for_each(|(to, from)| *to = *from);
        self.public = MontgomeryPoint::mul_base_clamped(*self.secret).to_bytes();
    }

    fn generate(&mut self, rng: &mut dyn Random) -> Result<(), snow::Error> {
        let mut secret = Zeroizing::new([0; 32]);
        rng.try_fill_bytes(&mut *secret)?;
        self.set(&*secret);
        Ok(())
    }

    fn pubkey(&self) -> &[u8] {
        &self.public
    }

    fn privkey(&self) -> &[u8] {
        &*self.secret
    }

    fn dh(&self, public: &[u8], out: &mut [u8]) -> Result<(), snow::Error> {
        let public = public.first_chunk().ok_or(snow::Error::Dh)?;
        let shared = Zeroizing::new(MontgomeryPoint(*public).mul_clamped(*self.secret).to_bytes());
        if shared.iter().all(|b| *b == 0) {
            return Err(snow::Error::Dh); // a point of small order: no agreement
        }
        out.iter_mut().zip(shared.iter()).for_each(|(to, from)| *to = *from);
        Ok(())
    }
}
