//! `lanchat pipe`: named pipes on stdin and stdout.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::{self, IsTerminal};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Stdin, Stdout};
use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::failure::tell;
use super::settings::Settings;
use super::signals::Signals;
use super::{Failure, start, trust};
use crate::lan::{Lan, LanConfig};
use crate::mailslot::connect::Kind;
use crate::mailslot::{self, Mailslots};
use crate::pipe::{
    Access, Allow, Mode, Options, Pipe as Connected, PipeError, PipePath, Reader, Remote, Server, Target,
    Writer, hello,
};
use crate::text::SafeText;

/// Bytes of stdin that are sent at once in byte mode.
const CHUNK: usize = 256 << 10;
/// How long a client that has said all it has to say may take to read what is on its way to it: longer than [`PATIENCE`], for
/// which another, that reads nothing, can keep the end from it.
const GOODBYE: Duration = Duration::from_secs(25);
/// How long stdin waits for a client that reads nothing.
const PATIENCE: Duration = Duration::from_secs(10);
/// Parts of stdin that wait for a slow reader.
const QUEUE: usize = 4;

/// Serve a named pipe, or connect to one
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lanchat pipe listen //./pipe/sms\n  \
    echo hello | lanchat pipe connect //./pipe/sms\n  \
    lanchat pipe listen //./pipe/backup --byte --allow bob >backup.tar\n  \
    tar c docs | lanchat pipe connect //ORION/pipe/backup")]
pub(super) struct Pipe {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Listen(Listen),
    Connect(Connect),
}

/// Serve a pipe: print what a client writes, send it what comes on stdin
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  lanchat pipe listen //./pipe/sms\n  \
    lanchat pipe listen //./pipe/log --instances 10 --allow known >>log")]
pub(super) struct Listen {
    /// The pipe: //./pipe/NAME
    #[arg(value_name = "NAME")]
    name: String,
    /// A stream of bytes; otherwise each line is a message
    #[arg(long)]
    byte: bool,
    /// Serve up to N clients at a time, and go on when they have left
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    instances: Option<u8>,
    /// Serve other computers too, and let this peer in: nick, nick~3f9a, id, `known` or `everybody`; can be repeated
    #[arg(long, value_name = "PEER")]
    allow: Vec<String>,
}

/// Connect to a pipe: send it what comes on stdin, print what the server writes
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  echo hello | lanchat pipe connect //./pipe/sms\n  \
    lanchat pipe connect //ORION/pipe/sms --allow bob")]
pub(super) struct Connect {
    /// The pipe: //./pipe/NAME on this computer, //COMPUTER/pipe/NAME on another
    #[arg(value_name = "NAME")]
    name: String,
    /// Only talk to a server of this peer: nick, nick~3f9a, id, `known` or `everybody`; can be repeated [default: known]
    #[arg(long, value_name = "PEER")]
    allow: Vec<String>,
}

impl Pipe {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        start::block_on(async {
            let mut signals = Signals::new()?;
            let busy = Cell::new(false);
            let work = async {
                match self.action {
                    Action::Listen(listen) => listen.run(settings, &busy).await,
                    Action::Connect(connect) => connect.run(settings, &busy).await,
                }
            };
            tokio::select! {
                done = work => done,
                () = signals.next() => interrupted(busy.get()),
            }
        })
    }
}

/// A person who talks by a pipe ends it so, and so does who waits for nobody any more; a file ends by itself.
fn interrupted(busy: bool) -> Result<(), Failure> {
    if busy && !io::stdin().is_terminal() {
        return Err(Failure::Failed("interrupted before both ends had said all; connect again".to_owned()));
    }
    Ok(())
}

impl Listen {
    async fn run(self, settings: &Settings, busy: &Cell<bool>) -> Result<(), Failure> {
        let PipePath::Local(name) = self.name.parse()? else {
            return Err(Failure::Usage(
                r"a pipe is served on one's own computer only: write its name as //./pipe/NAME".to_owned(),
            ));
        };
        let remote = if self.allow.is_empty() {
            None
        } else {
            let identity = settings.profile.identity()?;
            let allow = trust::allow(settings, &identity, &self.allow)?;
            Some(Remote { identity, allow, bind: any_address(settings) })
        };
        let mode = if self.byte { Mode::Byte } else { Mode::Message };
        let options = Options { mode, instances: self.instances.unwrap_or(1), remote, ..Options::default() };
        let mut server = Server::create(&name, options)?;
        let _offer = match server.port() {
            Some(port) => {
                let mailslots = mailslots(settings)?;
                start::claim_name(&mailslots);
                Some(mailslots.offer(Kind::Pipe, name.as_str(), port))
            }
            None => None,
        };
        if self.instances.is_none() {
            let client = server.accept().await?;
            announce(settings, &client);
            busy.set(true);
            return bridge(client).await;
        }
        serve(settings, &mut server, mode).await
    }
}

impl Connect {
    async fn run(self, settings: &Settings, busy: &Cell<bool>) -> Result<(), Failure> {
        let target = match self.name.parse()? {
            PipePath::Local(name) => Target::Local(name),
            PipePath::Remote { machine, pipe } => {
                let me = settings.profile.identity()?;
                let server = match self.allow.as_slice() {
                    [] => Allow::Only(trust::known(settings, &me)?),
                    names => trust::allow(settings, &me, names)?,
                };
                let mailslots = mailslots(settings)?;
                let found = mailslots.locate(machine, Kind::Pipe, pipe.as_str()).await;
                let address = found.map_err(|e| Failure::Nobody(e.to_string()))?;
                Target::Remote { address, name: pipe, me, server }
            }
        };
        let pipe = target.connect(Access::Any).await?;
        announce(settings, &pipe);
        busy.set(true);
        bridge(pipe).await
    }
}

/// The mailslots without a chat: to be found, and to find.
fn mailslots(settings: &Settings) -> Result<Mailslots, Failure> {
    let config = LanConfig { interfaces: settings.interfaces.value.clone(), port: settings.port.value };
    let lan = Lan::bind(&config).map_err(|e| Failure::Failed(e.to_string()))?;
    let (host, workgroup) = (settings.host.value.name, settings.workgroup.value.name);
    Ok(Mailslots::start(mailslot::Config { host, workgroup, lan }))
}

/// Where to listen: everywhere, or where `--interface lo` keeps everything else.
pub(super) fn any_address(settings: &Settings) -> SocketAddr {
    let interfaces = &settings.interfaces.value;
    if !interfaces.is_empty() && interfaces.iter().all(|name| name == "lo") {
        (Ipv4Addr::LOCALHOST, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    }
}

/// Tells who is at the other end of a remote pipe.
fn announce(settings: &Settings, pipe: &Connected) {
    if let Some(peer) = pipe.peer() {
        tell(&format!("connected with {}", trust::name(settings, &peer)));
    }
}

/// Joins a pipe with stdin and stdout until both ways have ended, or until nobody is there to be waited for.
async fn bridge(pipe: Connected) -> Result<(), Failure> {
    let mode = pipe.mode();
    let (mut reader, mut writer) = pipe.split();
    let send = async {
        let mut input = Input::new(mode);
        while let Some(data) = input.next().await? {
            match writer.write(&data).await {
                // The pipe goes the other way: what comes from there says more.
                Err(PipeError::WrongWay) => return Ok(Said::All),
                Err(PipeError::NoReader) => return Ok(Said::InVain),
                written => written?,
            }
        }
        match writer.finish().await {
            Err(PipeError::NoReader) => Ok(Said::All), // but for the end, which says nothing
            finished => finished.map(|()| Said::All).map_err(Failure::from),
        }
    };
    let mut output = Output::new(mode);
    let print = async {
        loop {
            match reader.read().await {
                Ok(message) => output.print(&message).await?,
                Err(PipeError::Closed | PipeError::WrongWay) => return Ok(()),
                Err(error) => return Err(Failure::from(error)),
            }
        }
    };
    tokio::pin!(send, print);
    tokio::select! {
        printed = &mut print => {
            printed?;
            // A person who still could type need not; the rest of a file is sent.
            if io::stdin().is_terminal() { Ok(()) } else { send.await?.heard() }
        }
        said = &mut send => {
            let said = said?;
            print.await?; // it may say better why nobody listens
            said.heard()
        }
    }
}

/// What became of stdin.
enum Said {
    All,
    /// Nobody took the last part of it.
    InVain,
}

impl Said {
    /// A file that has been taken in part only is no success.
    fn heard(self) -> Result<(), Failure> {
        match self {
            Self::All => Ok(()),
            Self::InVain => Err(PipeError::NoReader.into()),
        }
    }
}

/// The clients that are served.
#[derive(Default)]
struct Clients {
    /// What is on its way to each.
    feeds: RefCell<HashMap<u64, Feed>>,
    /// Stdin has ended.
    ended: Cell<bool>,
    came: Notify,
}

struct Feed {
    data: mpsc::Sender<Arc<[u8]>>,
    task: AbortHandle,
}

impl Clients {
    /// Passes stdin on to all, while there are any. One that reads slowly holds it up for a while, and then is dropped.
    async fn feed(&self, mode: Mode) -> Result<(), Failure> {
        self.some().await;
        let mut input = Input::new(mode);
        while let Some(data) = input.next().await? {
            let data: Arc<[u8]> = data.into();
            self.some().await;
            let feeds: Vec<_> = self.feeds.borrow().iter().map(|(n, feed)| (*n, feed.data.clone())).collect();
            for (number, feed) in feeds {
                // A client's reader tells that it has left.
                if timeout(PATIENCE, feed.send(Arc::clone(&data))).await.is_err()
                    && let Some(feed) = self.feeds.borrow_mut().remove(&number)
                {
                    feed.task.abort();
                    tell("a client does not read what it is sent, and was dropped");
                }
            }
        }
        self.ended.set(true);
        self.feeds.borrow_mut().retain(|_, feed| {
            feed.data = mpsc::channel(1).0; // the end comes after what is on its way
            true
        });
        std::future::pending().await
    }

    async fn some(&self) {
        while self.feeds.borrow().is_empty() {
            self.came.notified().await;
        }
    }
}

/// Serves client after client: what any of them writes is printed, what comes on stdin goes to all.
async fn serve(settings: &Settings, server: &mut Server, mode: Mode) -> Result<(), Failure> {
    let (heard, mut messages) = mpsc::channel(QUEUE);
    let clients = Clients::default();
    let mut readers = JoinSet::new();
    let mut output = Output::new(mode);
    let mut next = 0;
    let feed = clients.feed(mode);
    tokio::pin!(feed);
    loop {
        tokio::select! {
            client = server.accept() => {
                let client = client?;
                announce(settings, &client);
                let (reader, writer) = client.split();
                let (data, waiting) = mpsc::channel(QUEUE);
                readers.spawn(pass_on(next, reader, heard.clone()));
                let task = tokio::spawn(deliver(writer, waiting)).abort_handle();
                // Without a sender the end is what it is told first.
                let data = if clients.ended.get() { mpsc::channel(1).0 } else { data };
                clients.feeds.borrow_mut().insert(next, Feed { data, task });
                clients.came.notify_one();
                next += 1;
            }
            Some(message) = messages.recv() => output.print(&message).await?,
            Some(left) = readers.join_next() => {
                if let Some(feed) = clients.feeds.borrow_mut().remove(&left.unwrap_or(u64::MAX)) {
                    tokio::spawn(async move {
                        drop(feed.data);
                        tokio::time::sleep(GOODBYE).await; // it may be gone already, or not read any more
                        feed.task.abort();
                    });
                }
            }
            failed = &mut feed => return failed,
        }
    }
}

/// Writes to a client what waits for it, and then the end.
async fn deliver(mut writer: Writer, mut waiting: mpsc::Receiver<Arc<[u8]>>) {
    while let Some(data) = waiting.recv().await {
        if writer.write(&data).await.is_err() {
            return;
        }
    }
    let _ = writer.finish().await; // a client that has left needs no end
}

async fn pass_on(client: u64, mut reader: Reader, heard: mpsc::Sender<Vec<u8>>) -> u64 {
    while let Ok(message) = reader.read().await {
        if heard.send(message).await.is_err() {
            break;
        }
    }
    client
}

/// Stdin: lines, or bytes as they come.
struct Input {
    stdin: BufReader<Stdin>,
    mode: Mode,
    /// What has been read of a line: a read that is cancelled loses nothing.
    line: Vec<u8>,
}

impl Input {
    fn new(mode: Mode) -> Self {
        Self { stdin: BufReader::with_capacity(CHUNK, tokio::io::stdin()), mode, line: Vec::new() }
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let failed = |e: io::Error| Failure::Failed(format!("cannot read stdin: {e}; start again"));
        if self.mode == Mode::Byte {
            let bytes = self.stdin.fill_buf().await.map_err(failed)?.to_vec();
            self.stdin.consume(bytes.len());
            return Ok((!bytes.is_empty()).then_some(bytes));
        }
        let most = u64::from(hello::MAX_MESSAGE) + 1;
        let left = most.saturating_sub(u64::try_from(self.line.len()).unwrap_or(most));
        (&mut self.stdin).take(left).read_until(b'\n', &mut self.line).await.map_err(failed)?;
        if self.line.is_empty() {
            return Ok(None);
        }
        let mut line = std::mem::take(&mut self.line);
        if line.last() == Some(&b'\n') {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
        }
        Ok(Some(line))
    }
}

/// Stdout: a line for each message, or bytes as they came. A terminal gets only what is safe to show.
struct Output {
    stdout: Stdout,
    mode: Mode,
    terminal: bool,
}

impl Output {
    fn new(mode: Mode) -> Self {
        Self { stdout: tokio::io::stdout(), mode, terminal: io::stdout().is_terminal() }
    }

    async fn print(&mut self, message: &[u8]) -> Result<(), Failure> {
        if self.mode == Mode::Byte {
            self.stdout.write_all(message).await?;
        } else {
            let mut line = if self.terminal {
                SafeText::clean(&String::from_utf8_lossy(message)).as_str().as_bytes().to_vec()
            } else {
                message.to_vec()
            };
            line.push(b'\n');
            self.stdout.write_all(&line).await?;
        }
        Ok(self.stdout.flush().await?)
    }
}
