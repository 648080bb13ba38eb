//! Host names to addresses, as the operating system knows them.

use std::io;
use std::net::ToSocketAddrs;
use std::thread;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

use super::cause::NoSuchHost;

/// Asks on a thread for each name. The HTTP library's own resolver panics where no thread is to be had,
/// and leaves the request in doubt, which never left.
#[derive(Debug)]
pub(crate) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let (found, addresses) = oneshot::channel();
            let look_up = move || {
                let host = (name.as_str(), 0);
                // There may be no receiver: the call was cancelled meanwhile.
                let _ = found.send(host.to_socket_addrs());
            };
            thread::Builder::new()
                .name("graph8-crm-names".to_owned())
                .spawn(look_up)
                .map_err(|error| no_thread(&error))?;
            let addresses = addresses.await?.map_err(NoSuchHost)?;
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

fn no_thread(error: &io::Error) -> io::Error {
    io::Error::other(format!(
        "no thread can be started to look up the host's name: {error}: raise the limit of threads \
         (ulimit -u), or stop what is not needed"
    ))
}
