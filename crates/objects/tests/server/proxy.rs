//! What stands between a client and its server, and goes wrong when it is told to.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It is passed on.
    Open,
    /// It is taken, and nothing is ever answered.
    Silent,
    /// It is cut.
    Gone,
}

pub(crate) struct Proxy {
    pub(crate) address: String,
    state: Arc<Mutex<State>>,
}

struct State {
    mode: Mode,
    connections: Vec<TcpStream>,
}

impl Proxy {
    pub(crate) fn before(server: &str) -> Self {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { mode: Mode::Open, connections: Vec::new() }));
        let own = state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let mut state = own.lock().unwrap();
                match state.mode {
                    Mode::Gone => drop(client),
                    Mode::Silent => state.connections.push(client),
                    Mode::Open => {
                        let behind = TcpStream::connect(&server).unwrap();
                        pass_on(client.try_clone().unwrap(), behind.try_clone().unwrap());
                        pass_on(behind.try_clone().unwrap(), client.try_clone().unwrap());
                        state.connections.extend([client, behind]);
                    }
                }
            }
        });
        Self { address, state }
    }

    /// From now on; what is open is cut.
    pub(crate) fn becomes(&self, mode: Mode) {
        let mut state = self.state.lock().unwrap();
        state.mode = mode;
        for connection in state.connections.drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    /// Connections that stand.
    pub(crate) fn held(&self) -> usize {
        self.state.lock().unwrap().connections.len()
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
}
