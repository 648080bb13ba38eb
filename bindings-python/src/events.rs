//! Events of a call, on the thread that waits for it.

use graph8_crm::border::EventRing;
use pyo3::prelude::*;

/// Tells Python of the events that wait in `ring`. None of our locks is held meanwhile, and an error is what
/// ends programs, such as Ctrl-C.
pub(crate) fn tell(py: Python<'_>, ring: Option<&EventRing>) -> PyResult<()> {
    let Some(events) = ring.and_then(EventRing::take) else {
        return Ok(());
    };
    py.import("graph8_crm._events")?
        .call_method1("tell", (events,))?;
    Ok(())
}
