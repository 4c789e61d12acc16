//! Whether machines answer: every socket of `promsieve targets` is in here.
//!
//! One thread waits for all connections at once (epoll, kqueue), so that thousands of machines are
//! probed every second by one process.

mod echo;
mod page;
mod tcp;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Poll};

pub(crate) use page::Page;

/// How a machine is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Method {
    /// A connection to the port of one of its targets; a refused one is an answer, too.
    Tcp,
    /// An ICMP echo request.
    Icmp,
}

/// What became of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Answer {
    /// The connection was made.
    Connected,
    /// The connection was refused: nothing listens, but the machine lives.
    Refused,
    /// The echo came back.
    Echo,
    /// Nothing came back in time, or word that the machine is not there.
    Silent,
    /// The probe could not be sent, which says nothing about the machine.
    NotSent,
}

impl Answer {
    /// Whether the machine lives; nothing where the probe says nothing.
    pub(crate) fn is_alive(self) -> Option<bool> {
        match self {
            Self::Connected | Self::Refused | Self::Echo => Some(true),
            Self::Silent => Some(false),
            Self::NotSent => None,
        }
    }

    /// The word used in metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Refused => "refused",
            Self::Echo => "echo",
            Self::Silent => "silent",
            Self::NotSent => "not_sent",
        }
    }
}

/// Probes that are under way.
pub(crate) struct Prober {
    poll: Poll,
    events: Events,
    sockets: Sockets,
    timeout: Duration,
}

enum Sockets {
    Tcp(tcp::Connections),
    Icmp(echo::Echoes),
}

impl Prober {
    /// A prober that gives up a probe after `timeout`.
    ///
    /// # Errors
    /// When the system gives no sockets; for ICMP, when neither kind of socket is permitted.
    pub(crate) fn new(method: Method, timeout: Duration) -> anyhow::Result<Self> {
        let poll = Poll::new()?;
        let sockets = match method {
            Method::Tcp => Sockets::Tcp(tcp::Connections::default()),
            Method::Icmp => Sockets::Icmp(echo::Echoes::open(poll.registry())?),
        };
        Ok(Self { poll, events: Events::with_capacity(1024), sockets, timeout })
    }

    /// Starts a probe of `machine`; its end is found by [`Self::wait`], or at once.
    pub(crate) fn start(&mut self, machine: Arc<str>, address: SocketAddr) -> Option<Answer> {
        let flight = Flight { machine, deadline: Instant::now() + self.timeout };
        match &mut self.sockets {
            Sockets::Tcp(connections) => connections.start(self.poll.registry(), flight, address),
            Sockets::Icmp(echoes) => echoes.start(flight, address),
        }
    }

    /// Waits until `until` or the first answer, and adds what has ended to `ended`.
    ///
    /// # Errors
    /// When the system cannot wait.
    pub(crate) fn wait(&mut self, until: Instant, ended: &mut Vec<Ended>) -> io::Result<()> {
        let patience = until.saturating_duration_since(Instant::now());
        match self.poll.poll(&mut self.events, Some(patience)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        for event in &self.events {
            match &mut self.sockets {
                Sockets::Tcp(connections) => ended.extend(connections.ready(event.token())),
                Sockets::Icmp(echoes) => echoes.ready(event.token(), ended),
            }
        }
        let now = Instant::now();
        match &mut self.sockets {
            Sockets::Tcp(connections) => connections.expire(now, ended),
            Sockets::Icmp(echoes) => echoes.expire(now, ended),
        }
        Ok(())
    }
}

/// A machine, and what its probe found.
pub(crate) type Ended = (Arc<str>, Answer);

/// A probe that has not ended.
struct Flight {
    machine: Arc<str>,
    deadline: Instant,
}
