//! Machines on loopback that do not answer.
//!
//! Where nothing listens, loopback refuses a connection at once, as a live machine does. A listener
//! whose queue is full makes the system drop what comes: the same silence as that of a dead machine.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Socket, Type};

/// Connections that fill a queue of no length; Linux queues one more than asked for.
const FILL: usize = 3;

/// An address that is silent until this is dropped.
#[derive(Debug)]
pub struct Silent {
    _listener: Socket,
    _queued: Vec<Socket>,
}

impl Silent {
    /// Makes an address silent.
    ///
    /// # Errors
    /// When something listens there.
    pub fn at(address: SocketAddr) -> io::Result<Self> {
        let open = || Socket::new(Domain::for_address(address), Type::STREAM, None);
        let listener = open()?;
        listener.set_reuse_address(true)?;
        listener.bind(&address.into())?;
        listener.listen(0)?;
        let mut queued = Vec::new();
        for _ in 0..FILL {
            let socket = open()?;
            socket.set_nonblocking(true)?;
            // It is under way, as long as the socket lives.
            let _ = socket.connect(&address.into());
            queued.push(socket);
        }
        Ok(Self { _listener: listener, _queued: queued })
    }
}
