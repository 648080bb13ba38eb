//! Everything that needs a socket.

mod wire;
