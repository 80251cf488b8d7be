//! How the two ends of a new connection agree, on either kind: records of a length in two bytes and the bytes.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::PipeError;
use super::hello::{MAGIC, Reply, Request};
use super::noise::{BadHandshake, Handshake, MAX_HANDSHAKE, Opener, Sealer, TAG};
use crate::chat::{Identity, PublicKey};

impl From<BadHandshake> for PipeError {
    fn from(_: BadHandshake) -> Self {
        Self::Protocol
    }
}

/// What is at the other end is not what it should be, or has gone.
fn lost(error: &std::io::Error) -> PipeError {
    tracing::debug!(%error, "pipe: no agreement");
    PipeError::Protocol
}

async fn tell(to: &mut (impl AsyncWrite + Unpin), first: &[u8], record: &[u8]) -> Result<(), PipeError> {
    let length = u16::try_from(record.len()).map_err(|_| PipeError::Protocol)?;
    let bytes = [first, &length.to_le_bytes(), record].concat();
    to.write_all(&bytes).await.map_err(|e| lost(&e))
}

async fn hear(from: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, PipeError> {
    let length = usize::from(from.read_u16_le().await.map_err(|e| lost(&e))?);
    if length > MAX_HANDSHAKE {
        return Err(PipeError::Protocol);
    }
    let mut record = vec![0; length];
    from.read_exact(&mut record).await.map_err(|e| lost(&e))?;
    Ok(record)
}

/// Reads what opens every connection.
async fn magic(from: &mut (impl AsyncRead + Unpin)) -> Result<(), PipeError> {
    let mut magic = [0; MAGIC.len()];
    from.read_exact(&mut magic).await.map_err(|e| lost(&e))?;
    if magic == MAGIC { Ok(()) } else { Err(PipeError::Protocol) }
}

/// A local client asks.
pub(super) async fn ask(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    request: &Request,
) -> Result<Reply, PipeError> {
    tell(to, &MAGIC, &request.emit()).await?;
    Reply::parse(&hear(from).await?).ok_or(PipeError::Protocol)
}

/// A local server is asked.
pub(super) async fn asked(from: &mut (impl AsyncRead + Unpin)) -> Result<Request, PipeError> {
    magic(from).await?;
    Request::parse(&hear(from).await?).ok_or(PipeError::Protocol)
}

/// A local server answers.
pub(super) async fn answer(to: &mut (impl AsyncWrite + Unpin), reply: Reply) -> Result<(), PipeError> {
    tell(to, &[], &reply.emit()).await
}

/// What a handshake gives: who is there, and the keys.
pub(super) type Met = (PublicKey, Sealer, Opener);

/// A remote client asks whoever is there; `trusted` decides whether it goes on with that one.
pub(super) async fn ask_sealed(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    me: &Identity,
    request: &Request,
    trusted: impl FnOnce(&PublicKey) -> bool,
) -> Result<(Reply, Met), PipeError> {
    let mut handshake = Handshake::new(me, true)?;
    tell(to, &MAGIC, &handshake.write(false, &[])?).await?;
    handshake.read(true, &hear(from).await?)?;
    let peer = handshake.peer()?;
    if !trusted(&peer) {
        return Err(PipeError::NotProven(peer.id()));
    }
    tell(to, &[], &handshake.write(true, &request.emit())?).await?;
    let (sealer, mut opener) = handshake.keys()?;
    let mut reply = [0; MAX_HANDSHAKE];
    let length = opener.open(&hear(from).await?, &mut reply)?;
    let reply = reply.get(..length).and_then(Reply::parse);
    Ok((reply.ok_or(PipeError::Protocol)?, (peer, sealer, opener)))
}

/// A remote server is asked.
pub(super) async fn asked_sealed(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    me: &Identity,
) -> Result<(Request, Met), PipeError> {
    magic(from).await?;
    let mut handshake = Handshake::new(me, false)?;
    handshake.read(false, &hear(from).await?)?;
    tell(to, &[], &handshake.write(true, &[])?).await?;
    let request = Request::parse(&handshake.read(true, &hear(from).await?)?).ok_or(PipeError::Protocol)?;
    let peer = handshake.peer()?;
    let (sealer, opener) = handshake.keys()?;
    Ok((request, (peer, sealer, opener)))
}

/// A remote server answers.
pub(super) async fn answer_sealed(
    to: &mut (impl AsyncWrite + Unpin),
    sealer: &mut Sealer,
    reply: Reply,
) -> Result<(), PipeError> {
    let mut record = [0; 2 + Reply::LEN + TAG];
    sealer.seal(&reply.emit(), &mut record)?;
    to.write_all(&record).await.map_err(|e| lost(&e))
}
