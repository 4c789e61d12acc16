//! Probes by connecting: made without waiting, ended without lingering.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::SockRef;

use super::{Answer, Ended, Flight};

/// Connections that are being made.
#[derive(Default)]
pub(super) struct Connections {
    /// By token. A slot is used again only once its deadline has left the queue, so that the deadline
    /// of an ended probe never meets a new one.
    slots: Vec<Option<(TcpStream, Flight)>>,
    free: Vec<usize>,
    /// Slots in the order of their deadlines: all probes are given the same time.
    deadlines: VecDeque<(Instant, usize)>,
}

impl Connections {
    /// Starts to connect.
    pub(super) fn start(
        &mut self,
        registry: &Registry,
        flight: Flight,
        address: SocketAddr,
    ) -> Option<Answer> {
        let mut stream = match TcpStream::connect(address) {
            Ok(stream) => stream,
            // What fails at once fails here, unless the machine is known to be absent.
            Err(error) => return Some(told(&error).unwrap_or(Answer::NotSent)),
        };
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        if registry.register(&mut stream, Token(slot), Interest::WRITABLE).is_err() {
            self.free.push(slot);
            return Some(Answer::NotSent);
        }
        self.deadlines.push_back((flight.deadline, slot));
        self.slots[slot] = Some((stream, flight));
        None
    }

    /// What a connection that is ready has become.
    pub(super) fn ready(&mut self, token: Token) -> Option<Ended> {
        let slot = self.slots.get_mut(token.0)?;
        let answer = match slot.as_ref()?.0.take_error() {
            Ok(Some(error)) | Err(error) => told(&error).unwrap_or(Answer::Silent),
            // Ready without being connected: a wake-up for nothing.
            Ok(None) if slot.as_ref()?.0.peer_addr().is_err() => return None,
            Ok(None) => Answer::Connected,
        };
        let (stream, flight) = slot.take()?;
        // A reset leaves neither side a closed connection to wait for: a prober that opens thousands
        // a second would use up its ports. Without it the probe is as good, so a failure is none.
        let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        Some((flight.machine, answer))
    }

    /// Ends the probes whose time is up.
    pub(super) fn expire(&mut self, now: Instant, ended: &mut Vec<Ended>) {
        while let Some(&(deadline, slot)) = self.deadlines.front() {
            if deadline > now {
                return;
            }
            self.deadlines.pop_front();
            ended.extend(
                self.slots[slot].take().map(|(_, flight)| (flight.machine, Answer::Silent)),
            );
            self.free.push(slot);
        }
    }
}

/// What an error says of the machine, if it says something.
fn told(error: &io::Error) -> Option<Answer> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => Some(Answer::Refused),
        io::ErrorKind::HostUnreachable | io::ErrorKind::TimedOut => Some(Answer::Silent),
        _ => None,
    }
}
