//! Probes by ICMP echo, over the unprivileged kind of socket where the system permits it.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Instant;

use anyhow::Context;
use mio::{Interest, Registry, Token};
use socket2::{Domain, Protocol, Socket, Type};

use super::{Answer, Ended, Flight};

/// Type, code, checksum, identifier and sequence number; nothing follows.
const HEADER: usize = 8;

/// The two versions of the protocol, by token.
const FAMILIES: [Family; 2] = [
    Family { domain: Domain::IPV4, protocol: Protocol::ICMPV4, request: 8, reply: 0 },
    Family { domain: Domain::IPV6, protocol: Protocol::ICMPV6, request: 128, reply: 129 },
];

struct Family {
    domain: Domain,
    protocol: Protocol,
    request: u8,
    reply: u8,
}

/// Echoes that are awaited.
pub(super) struct Echoes {
    /// By token; a system may have one family only.
    sockets: Vec<Option<mio::net::UdpSocket>>,
    /// By sequence number.
    awaited: BTreeMap<u16, (IpAddr, Flight)>,
    deadlines: VecDeque<(Instant, u16)>,
    next: u16,
    /// A raw socket sends it as it is; whose echo comes back does not matter, the machine lives.
    identifier: u16,
}

impl Echoes {
    /// Opens the sockets.
    ///
    /// # Errors
    /// When the system permits none.
    pub(super) fn open(registry: &Registry) -> anyhow::Result<Self> {
        let mut sockets = Vec::new();
        let mut refused = None;
        for (at, family) in FAMILIES.iter().enumerate() {
            match open(family) {
                Ok(socket) => {
                    let mut socket = mio::net::UdpSocket::from_std(socket);
                    registry.register(&mut socket, Token(at), Interest::READABLE)?;
                    sockets.push(Some(socket));
                }
                Err(error) => {
                    refused = refused.or(Some(error));
                    sockets.push(None);
                }
            }
        }
        if let Some(error) = refused.filter(|_| sockets.iter().all(Option::is_none)) {
            return Err(error).context(
                "ICMP is not permitted: let the group use it (`sysctl net.ipv4.ping_group_range`), \
                 give the program CAP_NET_RAW, or probe by `--probe tcp`",
            );
        }
        let identifier = std::process::id() as u16;
        Ok(Self {
            sockets,
            awaited: BTreeMap::new(),
            deadlines: VecDeque::new(),
            next: 0,
            identifier,
        })
    }

    /// Sends a request.
    pub(super) fn start(&mut self, flight: Flight, address: SocketAddr) -> Option<Answer> {
        let at = usize::from(address.is_ipv6());
        let Some(socket) = &self.sockets[at] else { return Some(Answer::NotSent) };
        let sequence = self.next;
        self.next = self.next.wrapping_add(1);
        let packet = request(FAMILIES[at].request, self.identifier, sequence);
        // The protocol has no ports.
        if socket.send_to(&packet, SocketAddr::new(address.ip(), 0)).is_err() {
            return Some(Answer::NotSent);
        }
        self.deadlines.push_back((flight.deadline, sequence));
        self.awaited.insert(sequence, (address.ip(), flight));
        None
    }

    /// Reads the replies that have come.
    pub(super) fn ready(&mut self, token: Token, ended: &mut Vec<Ended>) {
        let mut buffer = [0; 512];
        let Some(Some(socket)) = self.sockets.get(token.0) else { return };
        // An error is an empty queue, or word of an earlier request's end, which its deadline tells.
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let Some(sequence) = sequence(&FAMILIES[token.0], &buffer[..length]) else { continue };
            let ours = self.awaited.get(&sequence).is_some_and(|(ip, _)| *ip == from.ip());
            if let Some((_, flight)) = self.awaited.remove(&sequence).filter(|_| ours) {
                ended.push((flight.machine, Answer::Echo));
            }
        }
    }

    /// Ends the probes whose time is up.
    pub(super) fn expire(&mut self, now: Instant, ended: &mut Vec<Ended>) {
        while let Some(&(deadline, sequence)) = self.deadlines.front() {
            if deadline > now {
                return;
            }
            self.deadlines.pop_front();
            // The number may stand for a newer request by now.
            if self.awaited.get(&sequence).is_some_and(|(_, flight)| flight.deadline == deadline) {
                let flight = self.awaited.remove(&sequence).map(|(_, flight)| flight);
                ended.extend(flight.map(|flight| (flight.machine, Answer::Silent)));
            }
        }
    }
}

/// The unprivileged kind first, then the raw one.
fn open(family: &Family) -> std::io::Result<UdpSocket> {
    let of = |kind| Socket::new(family.domain, kind, Some(family.protocol));
    let socket = of(Type::DGRAM).or_else(|_| of(Type::RAW))?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// An echo request (RFC 792, RFC 4443; the system fills in the checksum of the newer one).
fn request(kind: u8, identifier: u16, sequence: u16) -> [u8; HEADER] {
    let mut packet = [0; HEADER];
    packet[0] = kind;
    packet[4..6].copy_from_slice(&identifier.to_be_bytes());
    packet[6..8].copy_from_slice(&sequence.to_be_bytes());
    let sum = checksum(&packet);
    packet[2..4].copy_from_slice(&sum.to_be_bytes());
    packet
}

/// The Internet checksum (RFC 1071) of an even number of bytes.
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks_exact(2).map(|two| u32::from(u16::from_be_bytes([two[0], two[1]])));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// The sequence number of an echo reply; a raw socket of the older version shows the packet around it.
fn sequence(family: &Family, packet: &[u8]) -> Option<u16> {
    let inner = match packet.first()? {
        first if family.domain == Domain::IPV4 && first >> 4 == 4 => {
            packet.get(usize::from(first & 0xf) * 4..)?
        }
        _ => packet,
    };
    (inner.len() >= HEADER && inner[0] == family.reply)
        .then(|| u16::from_be_bytes([inner[6], inner[7]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_with_its_checksum_sums_to_zero() {
        for (identifier, sequence) in [(0, 0), (1, 2), (0xffff, 0xffff), (0x1234, 0xff01)] {
            assert_eq!(checksum(&request(8, identifier, sequence)), 0);
        }
    }

    #[test]
    fn replies_are_read_with_and_without_the_packet_around_them() {
        let mut reply = request(0, 7, 0x1234).to_vec();
        assert_eq!(sequence(&FAMILIES[0], &reply), Some(0x1234));
        let mut raw = vec![0x45];
        raw.resize(20, 0);
        raw.append(&mut reply);
        assert_eq!(sequence(&FAMILIES[0], &raw), Some(0x1234));
        assert_eq!(sequence(&FAMILIES[0], &raw[..25]), None);
        assert_eq!(sequence(&FAMILIES[0], &request(8, 7, 1)), None, "a request is no reply");
        assert_eq!(sequence(&FAMILIES[1], &request(129, 7, 9)), Some(9));
        assert_eq!(sequence(&FAMILIES[0], &[]), None);
    }
}
